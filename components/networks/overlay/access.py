"""Who may reach the ports that overlays need: Consul's, Swarm's and those of the engines."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from components.networks.base import Stack
from components.networks.overlay.consul.settings import ConsulSettings
from components.networks.overlay.plane import OVERLAY_PORTS
from components.networks.overlay.settings import OverlaySettings
from components.networks.overlay.swarm import spec as specs
from components.networks.overlay.swarm.settings import CONTROL_PORT, SwarmSettings
from planning import guard
from planning.addresses import is_ipv4
from planning.facts import HostFacts, Unreachable
from planning.fleet_facts import FleetFacts
from planning.guard import AccessPlan, AccessRule
from planning.swarm import SwarmSpec
from planning.swarm import address as address_of

Overlays = Mapping[str, OverlaySettings]


def taken_ports(networks: Overlays, stack: Stack) -> set[tuple[str, int, str]]:
    """Host, number and protocol of the ports that engines themselves need for overlays."""
    swarm, hosts = SwarmSettings.of(stack), list(stack.hosts)
    needed = {
        (host, number, protocol)
        for network in networks.values()
        for protocol, number in (
            OVERLAY_PORTS if network.control_plane == "consul" else swarm.carrying(OVERLAY_PORTS)
        )
        for host in network.on(hosts)
    }
    on_swarm = [
        host
        for host in hosts
        if any(n.control_plane == "swarm" and n.on([host]) for n in networks.values())
    ]
    if on_swarm:
        protocol, number = CONTROL_PORT
        needed |= {(host, number, protocol) for host in swarm.managers or on_swarm[:1]}
    return needed


def plan(
    networks: Overlays, stack: Stack, fleet: FleetFacts, allow: Collection[str]
) -> AccessPlan | None:
    """Who may reach them; None where the stack has neither overlays nor a Consul server."""
    consul = stack.section(ConsulSettings)
    if not networks and consul is None:
        return None
    found = AccessPlan(tuple(_of_consul(networks, consul, fleet, tuple(allow))))
    spec = specs.wanted(networks, stack, fleet)
    return found if spec is None else found + _of_swarm(spec, stack, fleet, tuple(allow))


def _of_consul(
    networks: Overlays, consul: ConsulSettings | None, fleet: FleetFacts, allow: tuple[str, ...]
) -> list[AccessRule]:
    found = []
    users = {
        host: (fleet.addresses[host],)
        for network in networks.values()
        if network.control_plane == "consul"
        for host in network.on(fleet.hosts)
        if is_ipv4(fleet.addresses[host])
    }
    if users:
        found.append(AccessRule(OVERLAY_PORTS, tuple(users), users, allow))
    if consul is not None and is_ipv4(fleet.addresses[consul.host]):
        peers = {**users, consul.host: (fleet.addresses[consul.host],)}
        further = tuple(str(subnet) for subnet in consul.allow)
        found.append(AccessRule((("tcp", consul.port),), (consul.host,), peers, (*allow, *further)))
    return found


def _of_swarm(
    spec: SwarmSpec, stack: Stack, fleet: FleetFacts, allow: tuple[str, ...]
) -> AccessPlan:
    nodes = {
        host: _of_node(host, spec, fleet.addresses[host], fleet.facts[host]) for host in spec.hosts
    }
    answering = [fleet.answering[host] for host in spec.hosts if host in fleet.answering]
    strangers = frozenset(
        guard.strangers(
            {address for known in nodes.values() for address in known},
            answering,
            [seen.swarm for seen in answering],
        )
    )
    ports = (*SwarmSettings.of(stack).carrying(OVERLAY_PORTS), CONTROL_PORT)
    rule = AccessRule(ports, spec.hosts, nodes, (*allow, *sorted(strangers)))
    whole = all(is_ipv4(spec.advertise[host]) or host in fleet.answering for host in spec.hosts)
    return AccessPlan((rule,), strangers, whole)


def _of_node(
    host: str, spec: SwarmSpec, address: str, facts: HostFacts | Unreachable
) -> tuple[str, ...]:
    """The addresses of a node of the swarm: the one that it advertises, and the host's own."""
    advertised = spec.advertise[host]
    if isinstance(facts, HostFacts):
        advertised = address_of(advertised, facts) or advertised
    return tuple(dict.fromkeys(one for one in (advertised, address) if is_ipv4(one)))
