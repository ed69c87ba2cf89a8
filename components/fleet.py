"""The hosts of a stack, looked at before anything is made."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pulumi

from components import adopted, connected_host, lan_check, paths, scripts
from components.connected_host import ScriptedHost
from components.facts import read_facts
from components.networks import settle, unknown_paths, unknown_ports
from components.networks.base import Stack
from components.preflight import check, engine
from components.ssh import SshAccess
from components.ssh_settings import SshSettings
from planning import kept_units, renames, stray_threads
from planning.facts import HostFacts
from planning.fleet_facts import FleetFacts
from planning.preview_notes import NOT_LOOKED_AT, UP_STOPS


@dataclass(frozen=True)
class Fleet:
    """The hosts in order, what is known of them, and the stack with every choice made by that."""

    hosts: dict[str, ScriptedHost]
    facts: FleetFacts
    stack: Stack


def connect(ssh: SshSettings, stack: Stack) -> Fleet:
    """The fleet of a stack.

    What stands in the way on the hosts is a warning in a preview; in an up it is a
    pulumi.RunError, before any resource is registered.
    """
    access = SshAccess(ssh, stack.hosts, stack=pulumi.get_stack())
    fleet = look(access, stack)
    for name, seen in fleet.answering.items():
        for sentence in engine.lost_records(name, seen, access.stack):
            pulumi.log.warn(sentence)
        for sentence in kept_units.sentences(name, seen):
            pulumi.log.warn(sentence)
        for sentence in stray_threads.sentences(name, seen):
            pulumi.log.info(sentence)
    settled = settle(stack, fleet)
    for note in settled.notes:
        pulumi.log.info(note)
    for sentence in adopted.sentences(fleet):
        pulumi.log.info(sentence)
    found = check.refusals(settled, access, fleet)
    found += lan_check.refusals(access, settled.possible, fleet)
    if pulumi.runtime.is_dry_run():
        for problem in found:
            pulumi.log.warn(f"{UP_STOPS}{problem}")
        if unseen := [name for name in fleet.hosts if name not in fleet.answering]:
            pulumi.log.info(f"{NOT_LOOKED_AT}{', '.join(unseen)}")
    elif found:
        raise pulumi.RunError("\n".join(["nothing was changed:", *(f"  {p}" for p in found)]))
    updated = [name for name, seen in fleet.answering.items() if _has_other_scripts(seen)]
    if updated:
        pulumi.log.info(
            f"{', '.join(updated)}: the scripts there are not those of this version of crosshost: up "
            "installs them, and touches nothing else for that"
        )
    olds = renames.renamed(fleet.answering, access.stack)
    for name, old in olds.items():
        pulumi.log.info(f"{name} was called {old} until now: what is on it is taken over")
    made = {
        name: connected_host.connect(name, access, fleet.facts[name], olds.get(name))
        for name in fleet.hosts
    }
    return Fleet(made, fleet, settled.stack)


def look(access: SshAccess, stack: Stack) -> FleetFacts:
    """What is known of the hosts, and of those paths between them that the stack asks for."""
    pulumi.log.info(f"looking at the hosts ({len(access.addresses)}) ...", ephemeral=True)
    facts = adopted.taken_over(read_facts(access), stack, access.stack)
    fleet = FleetFacts(access.stack, access.addresses, facts)
    sizes, lost = paths.ask(access, unknown_paths(stack, fleet), unknown_ports(stack, fleet))
    return replace(fleet, paths=sizes, lost=lost)


def _has_other_scripts(facts: HostFacts) -> bool:
    return "scripts" in facts.records and facts.scripts_hash != scripts.bundle_hash()
