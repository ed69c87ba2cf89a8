"""The hosts of a stack, looked at before anything is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pulumi

from components.consul import ConsulSettings
from components.daemon_settings import DaemonSettings
from components.facts import read_facts
from components.host import Host, HostArgs
from components.networks import members_of_swarm, settled
from components.networks.base import NetworkSettings
from components.networks.overlay import OverlaySettings
from components.ssh import HostSettings, SshAccess, SshSettings
from components.swarm import SwarmSettings, refusals
from planning import ports, preflight
from planning.control_plane import Choice
from planning.facts import HostFacts, Unreachable
from planning.ports import Member

Facts = Mapping[str, HostFacts | Unreachable]


@dataclass(frozen=True)
class Fleet:
    """The hosts, and the networks with every choice that facts decide made.

    ``choice``: the control plane of overlays that leave it open, None if none does.
    """

    hosts: dict[str, Host]
    networks: dict[str, NetworkSettings]
    choice: Choice | None


def connect(
    ssh: SshSettings,
    hosts: Mapping[str, HostSettings],
    networks: Mapping[str, NetworkSettings],
    consul: ConsulSettings | None,
    swarm: SwarmSettings,
    daemon: DaemonSettings | None,
) -> Fleet:
    """The fleet, its hosts in order.

    What stands in the way on the hosts is a warning in a preview; in an up it is a
    pulumi.RunError, before any resource is registered.
    """
    access = SshAccess(ssh, hosts, stack=pulumi.get_stack())
    facts = read_facts(access)
    wanted, choice = settled(networks, facts, consul_given=consul is not None)
    found = problems(access, facts, wanted, choice, consul, swarm, daemon)
    if pulumi.runtime.is_dry_run():
        for problem in found:
            pulumi.log.warn(f"up would stop here: {problem}")
    elif found:
        raise pulumi.RunError("\n".join(["nothing was changed:", *(f"  {p}" for p in found)]))
    if choice is not None:
        pulumi.log.info(f"overlays are on {choice.plane.capitalize()}: {choice.why}")
    return Fleet(
        {name: Host(name, HostArgs(access, facts[name])) for name in hosts}, wanted, choice
    )


def problems(
    access: SshAccess,
    facts: Facts,
    networks: Mapping[str, NetworkSettings],
    choice: Choice | None,
    consul: ConsulSettings | None,
    swarm: SwarmSettings,
    daemon: DaemonSettings | None,
) -> list[str]:
    """What stands in the way of what a stack asks of its hosts, a sentence each.

    ``networks`` and ``choice``: as settled by facts.
    """
    members: dict[str, Member] = {}
    found: list[str] = []
    for name, endpoint in access.endpoints.items():
        seen = facts[name]
        if isinstance(seen, Unreachable):
            found.append(preflight.unreachable(name, endpoint.login, seen, access.jump))
            continue
        members[name] = Member(endpoint.address, seen)
        if daemon is None or not daemon.brings_back(seen, access.stack):
            found += preflight.docker(name, endpoint.user, seen)
        found += preflight.space(name, seen)
        if daemon is not None:
            found += daemon.refusals(name, seen, access.stack)
    refused = choice is not None and choice.refusal is not None
    if choice is not None and choice.refusal is not None:
        found.append(choice.refusal)
    found += [
        f"{name}: {reason}"
        for name, settings in networks.items()
        if not (refused and isinstance(settings, OverlaySettings))
        for reason in _of_network(settings, list(facts), members)
    ]
    found += _between(access, networks, members)
    if consul is not None and consul.host in members:
        users = _hosts_of("overlay-consul", networks, list(facts)) | {consul.host}
        found += consul.refusals(access.stack, {n: m for n, m in members.items() if n in users})
    elif consul is None and choice is not None and choice.plane == "consul" and not refused:
        found.append(
            f"the overlays are on Consul ({choice.why}): add `crosshost:consul: {{host: ...}}`"
        )
    addresses = {name: endpoint.address for name, endpoint in access.endpoints.items()}
    if wish := members_of_swarm(networks, swarm, addresses):
        seats = {name: members[name] for name in wish.hosts if name in members}
        found += refusals(swarm, wish, seats)
        if daemon is not None and daemon.settings.get("live-restore") is True:
            found.append(
                "Swarm does not go with live-restore: take it out of crosshost:daemon.settings"
            )
    # Networks of the same hosts have the same to say.
    return list(dict.fromkeys(found))


def _of_network(
    settings: NetworkSettings, hosts: list[str], members: Mapping[str, Member]
) -> Iterator[str]:
    """What stands in a network's way on each of its hosts that answer."""
    for name in settings.on(hosts):
        if name in members:
            yield from settings.contract.refusals(name, members[name].facts)
            yield from settings.refusals(name, members[name].facts)


def _between(
    access: SshAccess, networks: Mapping[str, NetworkSettings], members: Mapping[str, Member]
) -> Iterator[str]:
    """What stands between hosts that share networks."""
    sharing: dict[str, Member] = {}
    for settings in networks.values():
        wanted = settings.ports
        here = {n: members[n] for n in settings.on(list(access.endpoints)) if n in members}
        yield from ports.shut(here, wanted).values()
        for name, member in here.items():
            yield from ports.held(name, member.facts, wanted, frozenset({"dockerd"}))
        if wanted:
            sharing |= here
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
