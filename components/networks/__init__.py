"""The strategies. A new one is one folder here and one line in each of the two tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

import pulumi
from pydantic import Field

from components.daemon import DaemonConfig, Firewall
from components.host import ConfiguredHost
from components.networks.base import NetworkSettings, Settled, Stack
from components.networks.macvlan.settings import MacvlanSettings
from components.networks.macvlan.strategy import MacvlanStrategy
from components.networks.network import Network, NetworkContext
from components.networks.overlay.settings import OverlaySettings
from components.networks.overlay.strategy import OverlayStrategy
from components.networks.strategy import Strategy
from components.networks.vxlan.settings import VxlanSettings
from components.networks.vxlan.strategy import VxlanStrategy
from planning.conflicts import ControlPlane
from planning.contract import Contract
from planning.fleet_facts import FleetFacts, Path, UdpPath
from planning.problems import Problem

AnyNetwork = Annotated[
    MacvlanSettings | OverlaySettings | VxlanSettings, Field(discriminator="strategy")
]
STRATEGIES: tuple[Strategy[NetworkSettings], ...] = (
    MacvlanStrategy(),
    OverlayStrategy(),
    VxlanStrategy(),
)


def contracts() -> list[Contract]:
    """Every contract that a network may be under, in the order of documentation."""
    return [contract for strategy in STRATEGIES for contract in strategy.settings.contracts]


def problems(stack: Stack) -> Iterator[Problem]:
    """What of the networks does not fit the rest of the stack file."""
    for strategy in STRATEGIES:
        yield from strategy.problems(stack)


def taken_ports(stack: Stack) -> set[tuple[str, int, str]]:
    """Host, number and protocol of the ports that hosts need themselves for the networks."""
    return {port for strategy in STRATEGIES for port in strategy.taken_ports(stack)}


def roles(stack: Stack, outputs: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Hosts, and what they do for the others, for people. ``outputs``: of the stack's last up."""
    for strategy in STRATEGIES:
        yield from strategy.roles(stack, outputs)


def unknown_paths(stack: Stack, fleet: FleetFacts) -> list[Path]:
    """Paths between hosts that must be asked what they carry, each once."""
    found = (path for strategy in STRATEGIES for path in strategy.unknown_paths(stack, fleet))
    return list(dict.fromkeys(found))


def unknown_ports(stack: Stack, fleet: FleetFacts) -> list[UdpPath]:
    """UDP ports that hosts newly need of each other, each once and both ways."""
    found = (path for strategy in STRATEGIES for path in strategy.unknown_ports(stack, fleet))
    ways = (way for one in found for way in (one, UdpPath(one.to, one.source, one.port)))
    return list(dict.fromkeys(ways))


def settle(stack: Stack, fleet: FleetFacts) -> Settled:
    """The stack with every choice made that its networks leave to facts."""
    settled = Settled(stack)
    for strategy in STRATEGIES:
        one = strategy.settle(settled.stack, fleet)
        settled = Settled(one.stack, settled.notes + one.notes, {**settled.refused, **one.refused})
    return settled


def daemon_settings(stack: Stack, fleet: FleetFacts) -> dict[str, dict[str, object]]:
    """Host -> the keys of daemon.json that its networks need together."""
    wanted: dict[str, dict[str, object]] = {name: {} for name in fleet.hosts}
    for settings in stack.networks.values():
        for host in settings.on(fleet.hosts):
            wanted[host] |= settings.daemon_settings(host, stack, fleet)
    return wanted


def control_planes(stack: Stack) -> dict[str, ControlPlane]:
    """Host -> the control plane that its networks have its engine join."""
    return {
        host: plane
        for settings in stack.networks.values()
        if (plane := settings.control_plane_joined) is not None
        for host in settings.on(list(stack.hosts))
    }


def make_networks(
    stack: Stack,
    hosts: Mapping[str, ConfiguredHost],
    container_names: Mapping[str, Sequence[str]],
    daemons: Mapping[str, DaemonConfig],
    parts: Sequence[pulumi.ComponentResource | None],
    firewall: Firewall | None,
) -> dict[str, Network]:
    """The component of every network of a settled stack, in the stack file's order.

    ``container_names``: network -> the Docker names of the containers on it. ``parts``: what strategies
    stand on, as far as the stack has it. ``firewall``: None without rules.
    """
    there = tuple(part for part in parts if part is not None)
    context = NetworkContext(
        hosts, container_names, daemons, there, tuple(firewall.before if firewall else ())
    )
    made = {
        name: network
        for strategy in STRATEGIES
        for name, network in strategy.make(context, stack).items()
    }
    return {name: made[name] for name in stack.networks}
