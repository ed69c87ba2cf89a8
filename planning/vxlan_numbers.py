"""Numbers (VNI) of Docker's overlays, which the kernel gives out once a UDP port, in whatever network namespace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from planning import records
from planning.conflicts import ControlPlane
from planning.facts import HostFacts
from planning.facts.networks import NetworkFacts
from planning.fleet_facts import FleetFacts

# IANA's for VXLAN; of Docker's overlays, where no swarm has another one.
PORT = 4789
# Docker gives them one after another, from the first of these on, and asks nobody.
FIRST: Mapping[ControlPlane, range] = {"swarm": range(4096, 8192), "consul": range(256, 4352)}


def own_devices(facts: HostFacts) -> frozenset[str]:
    """The VXLAN devices that this stack's networks have on a host by its records, also those that are about to go."""
    headers = (
        records.header_fields(text)
        for name, text in facts.records.items()
        if name.startswith("vxlan/")
    )
    return frozenset(fields["device"] for fields in headers if "device" in fields)


def overlays(facts: HostFacts, fleet: FleetFacts) -> Iterator[tuple[NetworkFacts, set[int], int]]:
    """The overlays that an engine knows, each with its numbers and its UDP port."""
    for network in facts.networks or []:
        found = facts.overlays.get(network.id)
        if found is not None:
            port = data_path_port(facts, fleet) if network.scope == "swarm" else PORT
            yield network, found.vnis, port


def data_path_port(facts: HostFacts, fleet: FleetFacts) -> int:
    """The UDP port of the overlays of a host's swarm, which only managers know."""
    for manager in (facts, *fleet.answering.values()):
        if any(node.id == facts.swarm.node for node in manager.swarm.nodes):
            return manager.swarm.data_path_port
    return facts.swarm.data_path_port


def plane_of(facts: HostFacts) -> ControlPlane | None:
    """The control plane that a host's engine is on, None for none."""
    if facts.swarm.member:
        return "swarm"
    return "consul" if facts.engine is not None and facts.engine.cluster_store else None
