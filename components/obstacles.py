"""What stands in the way on the hosts of what a stack asks of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from components import firewall as guard
from components.consul import ConsulSettings
from components.control_planes import PLANES
from components.daemon_settings import DaemonSettings
from components.firewall import FirewallSettings
from components.networks import daemon_settings, members_of_swarm
from components.networks.base import NetworkSettings
from components.networks.macvlan import on_parents, promiscuous_on
from components.networks.overlay import OverlaySettings, advertisable
from components.ssh import SshAccess
from components.swarm import SwarmSettings, refusals
from planning import (
    daemon_held,
    daemon_preflight,
    folders,
    macvlan_parents,
    ports,
    preflight,
    records,
    renames,
    routes,
    swarm_held,
)
from planning.control_plane import Choice
from planning.facts import HostFacts, Unreachable
from planning.mtu import too_large
from planning.ports import Member
from planning.swarm import Wish

_ON_CONSUL = PLANES["consul"].contract.key
Facts = Mapping[str, HostFacts | Unreachable]


def problems(
    access: SshAccess,
    facts: Facts,
    networks: Mapping[str, NetworkSettings],
    choice: Choice | None,
    consul: ConsulSettings | None,
    swarm: SwarmSettings,
    daemon: DaemonSettings | None,
    firewall: FirewallSettings,
) -> list[str]:
    """What stands in the way of what a stack asks of its hosts, a sentence each.

    ``networks`` and ``choice``: as settled by facts.
    """
    members: dict[str, Member] = {}
    addresses = {name: endpoint.address for name, endpoint in access.endpoints.items()}
    # What is still open by then is refused for that.
    needed = daemon_settings(networks, addresses, facts, consul, access.stack)
    found: list[str] = []
    for name, endpoint in access.endpoints.items():
        seen = facts[name]
        if isinstance(seen, Unreachable):
            found.append(preflight.unreachable(name, endpoint.login, seen, access.jump))
            continue
        members[name] = Member(endpoint.address, seen)
        if daemon is None or not daemon.brings_back(seen, access.stack):
            found += preflight.docker(name, endpoint.user, seen)
        found += preflight.unread(name, seen)
        found += preflight.space(name, seen)
        if daemon is not None:
            found += daemon.refusals(name, seen, access.stack)
        keys = {**(daemon.settings if daemon else {}), **needed[name]}
        api = daemon.wanted_api if daemon else None
        found += daemon_preflight.other_stacks(name, seen, keys, api, access.stack)
    answering = {name: member.facts for name, member in members.items()}
    found += renames.refusals(answering, facts, access.stack)
    refused = choice is not None and choice.refusal is not None
    if choice is not None and choice.refusal is not None:
        found.append(choice.refusal)
    found += [
        f"{name}: {reason}"
        for name, settings in networks.items()
        if not (refused and isinstance(settings, OverlaySettings))
        for reason in _of_network(name, settings, access, members)
    ]
    for name, member in members.items():
        wanted = on_parents(networks, name)
        found += macvlan_parents.crowded(wanted, name, member.facts, access.stack)
    wish = members_of_swarm(networks, swarm, addresses, facts, access.stack)
    found += _planes_of_others(networks, wish, members, access.stack)
    found += _between(access, networks, wish, members)
    kept = consul.host if consul is not None and consul.stack is None else None
    found += _lost_to_others(members, access.stack, kept)
    if consul is not None and consul.host in members:
        users = _hosts_of(_ON_CONSUL, networks, list(facts)) | {consul.host}
        found += consul.refusals(access.stack, {n: m for n, m in members.items() if n in users})
    elif consul is None and choice is not None and choice.plane == "consul" and not refused:
        found.append(
            f"the overlays are on Consul ({choice.why}): add `crosshost:consul: {{host: ...}}`"
        )
    if wish is not None:
        found += _of_swarm(swarm, wish, networks, members)
        if daemon is not None and daemon.settings.get("live-restore") is True:
            found.append(
                "Swarm does not go with live-restore: take it out of crosshost:daemon.settings"
            )
        if daemon is not None and daemon_preflight.has_nftables(daemon.settings):
            found.append(
                "Swarm does not go with the firewall back end nftables yet: take firewall-backend out "
                "of crosshost:daemon.settings, or use another strategy, e.g. macvlan"
            )
    planned = guard.plan(firewall, networks, addresses, facts, consul, swarm, wish)
    for name, member in members.items():
        guarded = any(name in one.peers for one in planned.guarded)
        if guarded:
            found += guard.refusals(firewall, name, member.facts)
        changes = {"daemon_json"} if needed[name] or daemon is not None else set()
        if changes or guarded or promiscuous_on(networks, name):
            changes.add("units")
        found += folders.refusals(name, member.facts, changes)
    # Networks of the same hosts have the same to say.
    return list(dict.fromkeys(found))


def _of_network(
    network: str, settings: NetworkSettings, access: SshAccess, members: Mapping[str, Member]
) -> Iterator[str]:
    """What stands in a network's way on each of its hosts that answer."""
    there = any(
        (one.name, one.stack) == (network, access.stack)
        for member in members.values()
        for one in member.facts.networks or []
    )
    for name in settings.on(list(access.endpoints)):
        if name in members:
            facts = members[name].facts
            yield from settings.contract.refusals(name, facts)
            yield from settings.refusals(name, routes.without_bridges(facts) if there else facts)
            if settings.contract.key == _ON_CONSUL and not advertisable(members[name].address):
                yield (
                    f"{members[name].address} is a name, but engines on Consul tell each other this "
                    f"address: write the IP address of {name}"
                )


def _planes_of_others(
    networks: Mapping[str, NetworkSettings],
    wish: Wish | None,
    members: Mapping[str, Member],
    stack: str,
) -> Iterator[str]:
    """Other stacks that keep a host's engine on another control plane than this one wants."""
    in_store = _hosts_of(_ON_CONSUL, networks, list(members))
    for name, member in members.items():
        if wish is not None and name in wish.hosts:
            for other, keys in daemon_held.of_others(member.facts, stack).items():
                if "cluster-store" in keys:
                    yield (
                        f"stack {other} has its overlays in a cluster store on {name}, which an engine "
                        "cannot combine with Swarm: use `control_plane: consul`, or other `hosts`"
                    )
        elif name in in_store:
            for other in swarm_held.of_others(member.facts, stack):
                yield (
                    f"stack {other} has its overlays in the swarm of {name}, which an engine cannot "
                    "combine with a cluster store: use `control_plane: swarm`, or other `hosts`"
                )


def _lost_to_others(members: Mapping[str, Member], stack: str, kept: str | None) -> Iterator[str]:
    """What stands in the way of a Consul of this stack going from a host, all but ``kept``."""
    for name, member in members.items():
        record = member.facts.records.get("consul")
        ours = {c.id for c in member.facts.containers or [] if c.stack == stack}
        if name == kept or record is None or records.words(record).get("container") not in ours:
            continue
        for user, other in members.items():
            for of, keys in daemon_held.of_others(other.facts, stack).items():
                if str(keys.get("cluster-store")).startswith(f"consul://{member.address}:"):
                    yield (
                        f"stack {of} keeps its overlays on {user} in the Consul of this stack on "
                        f"{name}: leave crosshost:consul as it is, or destroy {of} first"
                    )


def _of_swarm(
    settings: SwarmSettings,
    wish: Wish,
    networks: Mapping[str, NetworkSettings],
    members: Mapping[str, Member],
) -> Iterator[str]:
    """What stands in the way of the swarm, and of what its networks ask of it."""
    contract = PLANES["swarm"].contract
    seats = {name: members[name] for name in wish.hosts if name in members}
    with_networks = _hosts_of(contract.key, networks, list(seats))
    for host, member in seats.items():
        if host not in with_networks:
            yield from contract.refusals(host, member.facts)
    taken = [network.subnet for network in networks.values()]
    yield from refusals(settings, wish, seats, contract.ports, taken)
    for name, network in networks.items():
        if not isinstance(network, OverlaySettings) or network.mtu is None:
            continue
        for host in network.on(list(seats)):
            carrier, facts = wish.advertise[host], seats[host].facts
            yield from (f"{name}: {why}" for why in too_large(network.mtu, host, carrier, facts))


def _between(
    access: SshAccess,
    networks: Mapping[str, NetworkSettings],
    wish: Wish | None,
    members: Mapping[str, Member],
) -> Iterator[str]:
    """What stands between hosts that share networks; the ports of a swarm are its own matter."""
    sharing = {name: members[name] for name in (wish.hosts if wish else ()) if name in members}
    for settings in networks.values():
        wanted = settings.ports
        here = {n: members[n] for n in settings.on(list(access.endpoints)) if n in members}
        if wanted:
            sharing |= here
        if settings.contract.key == PLANES["swarm"].contract.key:
            continue
        yield from ports.shut(here, wanted).values()
        for name, member in here.items():
            yield from ports.held(name, member.facts, wanted, frozenset({"dockerd"}))
    seen = {name: member.facts for name, member in sharing.items()}
    yield from preflight.same_hostnames(seen)
    yield from preflight.clocks(seen)


def _hosts_of(key: str, networks: Mapping[str, NetworkSettings], hosts: list[str]) -> set[str]:
    """The hosts that have networks under the contract ``key``."""
    return {
        host
        for settings in networks.values()
        if settings.contract.key == key
        for host in settings.on(hosts)
    }
