"""Why a VXLAN network cannot have its number (VNI) on its hosts, from what facts show of others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from components.networks.vxlan.device import device_name
from planning import records
from planning.conflicts import ControlPlane
from planning.facts import HostFacts
from planning.fleet_facts import FleetFacts
from planning.vxlan_numbers import FIRST, PORT, data_path_port, overlays, own_devices, plane_of


def refusals(
    name: str,
    vni: int,
    port: int,
    hosts: Sequence[str],
    planes: Mapping[str, ControlPlane],
    fleet: FleetFacts,
) -> Iterator[str]:
    """Sentences where somebody else has the number at the same port, or Docker is about to give it to an overlay.

    ``planes``: host -> the control plane of the overlays that the stack has there.
    """
    for host in hosts:
        facts = fleet.answering.get(host)
        if facts is None:
            continue
        taken = list(_taken(name, vni, port, facts, fleet))
        for whom in taken:
            yield f"VNI {vni} at udp {port} is taken on {host} by {whom}: write another `vni` or `port`"
        plane = plane_of(facts) or planes.get(host)
        if taken or plane is None or vni not in FIRST[plane]:
            continue
        if facts.hides("vxlan") or _has(name, vni, port, facts, fleet.stack):
            continue
        if port == (data_path_port(facts, fleet) if facts.swarm.member else PORT):
            yield (
                f"VNI {vni} at udp {port} is one that Docker on {host} may give an overlay at any time (from "
                f"{FIRST[plane].start} on, one after another), whose containers would then not start: write a "
                f"`vni` from {FIRST['swarm'].stop} on or below {FIRST['consul'].start}, or another `port`"
            )


def _has(name: str, vni: int, port: int, facts: HostFacts, stack: str) -> bool:
    """Whether the network has the number there, or had it until its device went."""
    own = facts.vxlans.get(device_name(stack, name))
    kept = records.header_fields(facts.records.get(f"vxlan/{name}", ""))
    return (own is not None and (own.vni, own.port) == (vni, port)) or (
        (kept.get("vni"), kept.get("port")) == (str(vni), str(port))
    )


def _taken(name: str, vni: int, port: int, facts: HostFacts, fleet: FleetFacts) -> Iterator[str]:
    # Its record may be lost.
    own = own_devices(facts) | {device_name(fleet.stack, name)}
    for device, seen in facts.vxlans.items():
        if device not in own and (seen.vni, seen.port) == (vni, port):
            yield device
    for overlay, numbers, at in overlays(facts, fleet):
        if vni in numbers and port == at:
            yield f"{overlay.name}, an overlay of Docker's"
