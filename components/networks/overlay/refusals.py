"""What stands in the way of a stack's overlays together: control planes, and what they stand on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from components.daemon_settings import DaemonSettings
from components.networks.base import Stack
from components.networks.overlay import numbers
from components.networks.overlay.consul import refusals as consul_refusals
from components.networks.overlay.consul.settings import ConsulSettings
from components.networks.overlay.mtu import too_large
from components.networks.overlay.planes import PLANES
from components.networks.overlay.settings import OverlaySettings
from components.networks.overlay.swarm import excluded
from components.networks.overlay.swarm import refusals as swarm_refusals
from components.networks.overlay.swarm import spec as specs
from components.networks.overlay.swarm.settings import SwarmSettings
from planning import daemon_held, datagrams, swarm_held
from planning.fleet_facts import FleetFacts
from planning.swarm import SwarmSpec

Overlays = Mapping[str, OverlaySettings]


def refusals(networks: Overlays, stack: Stack, fleet: FleetFacts) -> Iterator[str]:
    """Sentences why hosts cannot have these overlays, beside what each of them says for itself."""
    spec = specs.wanted(networks, stack, fleet)
    on_consul = _hosts_on("consul", networks, fleet.hosts)
    yield from _planes_of_others(spec, on_consul, fleet)
    yield from numbers.refusals(networks, fleet)
    consul = stack.section(ConsulSettings)
    kept = consul.host if consul is not None and consul.stack is None else None
    yield from consul_refusals.of_others(fleet, kept)
    if consul is not None and consul.host in fleet.peers:
        users = {n: m for n, m in fleet.peers.items() if n in on_consul | {consul.host}}
        yield from consul_refusals.refusals(consul, fleet.stack, users)
    if spec is not None:
        yield from _of_swarm(spec, networks, stack, fleet)
    daemon = stack.section(DaemonSettings)
    for host, facts in fleet.answering.items():
        if daemon is not None and (facts.swarm.member or (spec is not None and host in spec.hosts)):
            yield from excluded.asked_for(host, daemon.settings)


def _planes_of_others(
    spec: SwarmSpec | None, on_consul: set[str], fleet: FleetFacts
) -> Iterator[str]:
    """Other stacks that keep a host's engine on another control plane than this one wants."""
    for name, facts in fleet.answering.items():
        if spec is not None and name in spec.hosts:
            for other, keys in daemon_held.of_others(facts, fleet.stack).items():
                if "cluster-store" in keys:
                    yield (
                        f"stack {other} has its overlays in a cluster store on {name}, which an engine "
                        "cannot combine with Swarm: use `control_plane: consul`, or other `hosts`"
                    )
        elif name in on_consul:
            for other in swarm_held.of_others(facts, fleet.stack):
                yield (
                    f"stack {other} has its overlays in the swarm of {name}, which an engine cannot "
                    "combine with a cluster store: use `control_plane: swarm`, or other `hosts`"
                )


def _of_swarm(
    spec: SwarmSpec, networks: Overlays, stack: Stack, fleet: FleetFacts
) -> Iterator[str]:
    """What stands in the way of the swarm, and of what its networks ask of it."""
    contract = PLANES["swarm"].contract
    nodes = {name: fleet.peers[name] for name in spec.hosts if name in fleet.peers}
    with_networks = _hosts_on("swarm", networks, list(nodes))
    for host, member in nodes.items():
        if host not in with_networks:  # a manager, for which no network speaks
            yield from contract.refusals(host, member.facts)
    taken = [network.subnet for network in stack.networks.values()]
    settings = SwarmSettings.of(stack)
    yield from swarm_refusals.refusals(settings, spec, nodes, contract.ports, taken)
    yield from datagrams.refusals(settings.carrying(contract.ports), nodes, fleet)
    for name, network in networks.items():
        if network.mtu is None or network.control_plane != "swarm":
            continue
        for host in network.on(list(nodes)):
            carrier, facts = spec.advertise[host], nodes[host].facts
            yield from (f"{name}: {why}" for why in too_large(network.mtu, host, carrier, facts))


def _hosts_on(plane: str, networks: Overlays, hosts: list[str]) -> set[str]:
    """The hosts that have networks on a control plane."""
    return {
        host
        for settings in networks.values()
        if settings.control_plane == plane
        for host in settings.on(hosts)
    }
