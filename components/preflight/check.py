"""What stands in the way on the hosts of what a stack asks of them.

A preview warns of it, up stops for it before anything is made, the doctor lists it.
"""

from __future__ import annotations

from collections.abc import Iterator

from components import adopted, firewall
from components.daemon_settings import DaemonSettings
from components.firewall import FirewallSettings
from components.networks import STRATEGIES, daemon_settings, problems
from components.networks.base import Settled, Stack
from components.preflight import (
    daemon,
    engine,
    folders,
    gateways,
    names,
    platforms,
    reach,
    taken,
    together,
)
from components.ssh import SshAccess
from planning.facts import HostFacts, Unreachable
from planning.fleet_facts import FleetFacts


def refusals(settled: Settled, access: SshAccess, fleet: FleetFacts) -> list[str]:
    """What stands in the way, a sentence each."""
    stack = settled.possible
    needed = daemon_settings(stack, fleet)
    wanted = stack.section(DaemonSettings)
    found: list[str] = []
    for name, endpoint in access.endpoints.items():
        seen = fleet.facts[name]
        if isinstance(seen, Unreachable):
            found.append(reach.unreachable(name, endpoint.login, seen, access.jump))
            continue
        if wanted is None or not wanted.brings_back(seen, fleet.stack):
            found += engine.docker(name, endpoint.user, seen)
        found += engine.unread(name, seen)
        found += daemon.refusals(name, seen, wanted, needed[name], fleet.stack)
    found += names.refusals(fleet.answering, fleet.hosts, fleet.stack)
    found += platforms.refusals(stack.containers, fleet.answering)
    found += gateways.refusals(stack.containers, fleet.answering)
    found += taken.refusals(stack, fleet)
    found += adopted.refusals(stack, fleet)
    found += settled.refused.values()
    # What the file alone did not show, as it left it open.
    found += [f"{problem.where}: {problem.sentence}" for problem in problems(stack)]
    for strategy in STRATEGIES:
        found += strategy.refusals(stack, fleet)
    found += _of_peers(stack, fleet)
    found += _of_folders(stack, fleet, {name for name, keys in needed.items() if keys})
    # Networks of the same hosts have the same to say.
    return list(dict.fromkeys(found))


def _of_peers(stack: Stack, fleet: FleetFacts) -> Iterator[str]:
    """What hosts that share a network have against each other."""
    peers = {host for strategy in STRATEGIES for host in strategy.together(stack, fleet)}
    seen: dict[str, HostFacts] = {h: f for h, f in fleet.answering.items() if h in peers}
    yield from together.same_hostnames(seen)
    yield from together.clocks(seen)


def _of_folders(stack: Stack, fleet: FleetFacts, with_keys: set[str]) -> Iterator[str]:
    """Where a host cannot be written to. ``with_keys``: hosts whose daemon.json networks change."""
    settings = FirewallSettings.of(stack)
    planned = firewall.plan(stack, fleet)
    for host, facts in fleet.answering.items():
        guarded = planned is not None and any(host in rule.peers for rule in planned.rules)
        if guarded:
            yield from firewall.refusals(settings, host, facts)
        configured = host in with_keys or stack.section(DaemonSettings) is not None
        changes = {"daemon_json"} if configured else set()
        units = any(
            network.writes_units(host) for network in stack.networks.values() if network.on([host])
        )
        if configured or guarded or units:
            changes.add("units")
        yield from folders.refusals(host, facts, changes)
