"""VXLAN devices that keep an overlay's containers from starting: they have the number that Docker gave it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from components.networks.overlay.settings import OverlaySettings
from planning.facts import HostFacts
from planning.fleet_facts import FleetFacts
from planning.vxlan_numbers import FIRST, PORT, overlays, own_devices


def refusals(networks: Mapping[str, OverlaySettings], fleet: FleetFacts) -> Iterator[str]:
    """Sentences where a host has such a device. One of the stack's own networks says it itself."""
    given = {
        network.name: (numbers, port)
        for facts in fleet.answering.values()
        for network, numbers, port in overlays(facts, fleet)
        if network.stack == fleet.stack and numbers
    }
    for name, settings in networks.items():
        numbers, port = given.get(name, (set(), 0))
        for host in settings.on(list(fleet.answering)):
            for device, vni in _devices(fleet.answering[host], numbers, port):
                yield (
                    f"{name}: Docker gave it VNI {vni}, which {device} has on {host} at the same udp port, {port}, "
                    f"so that no container of it starts there: give the network of {device} another `vni` (`ip link "
                    f"show {device}` there tells whose it is), or take {name} out once and in again, which gives it "
                    "another number"
                )
        if not numbers:
            yield from _hidden(name, settings, fleet)


def _hidden(name: str, settings: OverlaySettings, fleet: FleetFacts) -> Iterator[str]:
    """Sentences where a new overlay in a store may get a device's number: Docker never tells which it gave."""
    made = any(facts.in_store(name, fleet.stack) for facts in fleet.answering.values())
    if settings.control_plane != "consul" or made:
        return
    for host in settings.on(list(fleet.answering)):
        for device, seen in fleet.answering[host].vxlans.items():
            if seen.port == PORT and seen.vni in FIRST["consul"]:
                yield (
                    f"{name}: {device} has VNI {seen.vni} on {host} at udp {PORT}, which Docker may give this overlay "
                    f"(from {FIRST['consul'].start} on, one after another, and tells nobody), so that no container of "
                    f"it would start there: give the network of {device} another `vni`, or {name} "
                    "other `hosts`"
                )


def _devices(facts: HostFacts, numbers: set[int], port: int) -> Iterator[tuple[str, int]]:
    own = own_devices(facts)
    for device, seen in facts.vxlans.items():
        if device not in own and seen.vni in numbers and seen.port == port:
            yield device, seen.vni
