"""The hosts of a stack, looked at before anything is made."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from components.facts import read_facts
from components.host import Host, HostArgs
from components.networks.base import NetworkSettings
from components.ssh import HostSettings, SshAccess, SshSettings
from planning import preflight
from planning.facts import HostFacts, Unreachable


def connect(
    ssh: SshSettings, hosts: Mapping[str, HostSettings], networks: Mapping[str, NetworkSettings]
) -> dict[str, Host]:
    """A Host for each entry, in order.

    What stands in the way on the hosts is a warning in a preview; in an up it is a
    pulumi.RunError, before any resource is registered.
    """
    access = SshAccess(ssh, hosts, stack=pulumi.get_stack())
    facts = read_facts(access)
    problems = _problems(access, facts, networks)
    if pulumi.runtime.is_dry_run():
        for problem in problems:
            pulumi.log.warn(f"up would stop here: {problem}")
    elif problems:
        raise pulumi.RunError("\n".join(["nothing was changed:", *(f"  {p}" for p in problems)]))
    return {name: Host(name, HostArgs(access, facts[name])) for name in hosts}


def _problems(
    access: SshAccess,
    facts: Mapping[str, HostFacts | Unreachable],
    networks: Mapping[str, NetworkSettings],
) -> list[str]:
    problems: list[str] = []
    for name, endpoint in access.endpoints.items():
        seen = facts[name]
        if isinstance(seen, Unreachable):
            problems.append(preflight.unreachable(name, endpoint.login, seen, access.jump))
            continue
        problems += preflight.docker(name, endpoint.user, seen)
        for network, settings in networks.items():
            if name in settings.on(list(facts)):
                problems += [f"{network}: {reason}" for reason in settings.refusals(name, seen)]
    sharing = {
        name: seen
        for name, seen in facts.items()
        if isinstance(seen, HostFacts)
        and any(s.needs_consul and name in s.on(list(facts)) for s in networks.values())
    }
    return problems + preflight.same_hostnames(sharing)
