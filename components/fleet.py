"""The hosts of a stack, looked at before anything is made."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from components.consul import ConsulSettings
from components.daemon_settings import DaemonSettings
from components.facts import read_facts
from components.host import Host, HostArgs
from components.networks.base import NetworkSettings
from components.ssh import HostSettings, SshAccess, SshSettings
from planning import ports, preflight
from planning.facts import HostFacts, Unreachable
from planning.ports import Member


def connect(
    ssh: SshSettings,
    hosts: Mapping[str, HostSettings],
    networks: Mapping[str, NetworkSettings],
    consul: ConsulSettings | None,
    daemon: DaemonSettings | None,
) -> dict[str, Host]:
    """A Host for each entry, in order.

    What stands in the way on the hosts is a warning in a preview; in an up it is a
    pulumi.RunError, before any resource is registered.
    """
    access = SshAccess(ssh, hosts, stack=pulumi.get_stack())
    facts = read_facts(access)
    found = problems(access, facts, networks, consul, daemon)
    if pulumi.runtime.is_dry_run():
        for problem in found:
            pulumi.log.warn(f"up would stop here: {problem}")
    elif found:
        raise pulumi.RunError("\n".join(["nothing was changed:", *(f"  {p}" for p in found)]))
    return {name: Host(name, HostArgs(access, facts[name])) for name in hosts}


def problems(
    access: SshAccess,
    facts: Mapping[str, HostFacts | Unreachable],
    networks: Mapping[str, NetworkSettings],
    consul: ConsulSettings | None,
    daemon: DaemonSettings | None = None,
) -> list[str]:
    """What stands in the way of what a stack asks of its hosts, a sentence each."""
    found: list[str] = []
    for name, endpoint in access.endpoints.items():
        seen = facts[name]
        if isinstance(seen, Unreachable):
            found.append(preflight.unreachable(name, endpoint.login, seen, access.jump))
            continue
        if daemon is None or not daemon.brings_back(seen, access.stack):
            found += preflight.docker(name, endpoint.user, seen)
        found += preflight.space(name, seen)
        if daemon is not None:
            found += daemon.refusals(name, seen, access.stack)
        for network, settings in networks.items():
            if name in settings.on(list(facts)):
                found += [f"{network}: {reason}" for reason in settings.refusals(name, seen)]
    return found + _between(access, facts, networks, consul)


def _between(
    access: SshAccess,
    facts: Mapping[str, HostFacts | Unreachable],
    networks: Mapping[str, NetworkSettings],
    consul: ConsulSettings | None,
) -> list[str]:
    """What stands between hosts that share networks."""
    members = {
        name: Member(access.endpoints[name].address, seen)
        for name, seen in facts.items()
        if isinstance(seen, HostFacts)
    }
    found: dict[str, None] = {}  # two networks of the same hosts have the same to say
    sharing: dict[str, Member] = {}
    for settings in networks.values():
        here = {name: members[name] for name in settings.on(list(facts)) if name in members}
        found |= dict.fromkeys(ports.shut(here, settings.ports).values())
        for name, member in here.items():
            held = ports.held(name, member.facts, settings.ports, frozenset({"dockerd"}))
            found |= dict.fromkeys(held)
        if settings.needs_consul:
            sharing |= here
    seen = {name: member.facts for name, member in sharing.items()}
    found |= dict.fromkeys([*preflight.same_hostnames(seen), *preflight.clocks(seen)])
    if consul is not None and consul.host in members:
        with_server = sharing | {consul.host: members[consul.host]}
        found |= dict.fromkeys(consul.refusals(access.stack, with_server))
    return list(found)
