"""The hosts of a stack, looked at before anything is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from components import scripts
from components.consul import ConsulSettings
from components.daemon_settings import DaemonSettings
from components.facts import read_facts
from components.firewall import FirewallSettings
from components.host import Host, HostArgs
from components.networks import daemon_settings, settled
from components.networks.base import NetworkSettings
from components.obstacles import problems
from components.ssh import HostSettings, SshAccess, SshSettings
from components.swarm import SwarmSettings
from planning import preflight, renames
from planning.facts import HostFacts


@dataclass(frozen=True)
class Fleet:
    """The hosts, and the networks with every choice that facts decide made."""

    hosts: dict[str, Host]
    networks: dict[str, NetworkSettings]

    def daemon_settings(self, consul: ConsulSettings | None) -> dict[str, dict[str, Any]]:
        """Host -> the keys of daemon.json that its networks need together."""
        addresses = {name: host.endpoint.address for name, host in self.hosts.items()}
        facts = {name: host.facts for name, host in self.hosts.items()}
        return daemon_settings(self.networks, addresses, facts, consul, pulumi.get_stack())


def connect(
    ssh: SshSettings,
    hosts: Mapping[str, HostSettings],
    networks: Mapping[str, NetworkSettings],
    consul: ConsulSettings | None,
    swarm: SwarmSettings,
    daemon: DaemonSettings | None,
    firewall: FirewallSettings,
) -> Fleet:
    """The fleet, its hosts in order.

    What stands in the way on the hosts is a warning in a preview; in an up it is a
    pulumi.RunError, before any resource is registered.
    """
    access = SshAccess(ssh, hosts, stack=pulumi.get_stack())
    facts = read_facts(access)
    for name, seen in facts.items():
        if isinstance(seen, HostFacts):
            for sentence in preflight.lost_records(name, seen, access.stack):
                pulumi.log.warn(sentence)
    wanted, choice = settled(networks, facts, consul_given=consul is not None)
    found = problems(access, facts, wanted, choice, consul, swarm, daemon, firewall)
    answering = {name: seen for name, seen in facts.items() if isinstance(seen, HostFacts)}
    if pulumi.runtime.is_dry_run():
        for problem in found:
            pulumi.log.warn(f"up would stop here: {problem}")
    elif found:
        raise pulumi.RunError("\n".join(["nothing was changed:", *(f"  {p}" for p in found)]))
    if choice is not None:
        pulumi.log.info(f"overlays are on {choice.plane.capitalize()}: {choice.why}")
    updated = [name for name, seen in answering.items() if _has_other_scripts(seen)]
    if updated:
        pulumi.log.info(
            f"{', '.join(updated)}: the scripts there are not those of this version of crosshost: up "
            "installs them, and touches nothing else for that"
        )
    olds = renames.renamed(answering, access.stack)
    for name, old in olds.items():
        pulumi.log.info(f"{name} was called {old} until now: what is on it is taken over")
    made = {name: Host(name, HostArgs(access, facts[name], olds.get(name))) for name in hosts}
    return Fleet(made, wanted)


def _has_other_scripts(facts: HostFacts) -> bool:
    return "scripts" in facts.records and facts.scripts_hash != scripts.bundle_hash()
