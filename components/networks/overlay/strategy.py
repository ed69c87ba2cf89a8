"""What the overlays of a stack share: control planes, the Consul server, the swarm."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from components.networks.base import Settled, Stack
from components.networks.network import Network, NetworkContext
from components.networks.overlay import (
    access,
    choice,
    new_ports,
    refusals,
    roles,
    stack_checks,
    state,
    traces,
)
from components.networks.overlay.consul.settings import ConsulSettings
from components.networks.overlay.network import OverlayNetwork
from components.networks.overlay.settings import OverlaySettings
from components.networks.overlay.swarm import spec as specs
from components.networks.strategy import Strategy
from planning.conflicts import Item
from planning.fleet_facts import FleetFacts, UdpPath
from planning.guard import AccessPlan
from planning.problems import Problem
from planning.state import Deployment
from planning.state_without_host import PeerCommand, SharedNetwork


class OverlayStrategy(Strategy[OverlaySettings]):
    """Networks that engines make together, by a control plane."""

    settings = OverlaySettings

    def unknown_ports(self, stack: Stack, fleet: FleetFacts) -> Iterator[UdpPath]:
        for settings in self.own(stack).values():
            yield from new_ports.unknown_ports(settings, stack, fleet)

    def settle(self, stack: Stack, fleet: FleetFacts) -> Settled:
        return choice.settle(self.own(stack), stack, fleet)

    def problems(self, stack: Stack) -> Iterator[Problem]:
        return stack_checks.problems(self.own(stack), stack)

    def taken_ports(self, stack: Stack) -> set[tuple[str, int, str]]:
        return access.taken_ports(self.own(stack), stack)

    def items(self, stack: Stack) -> list[Item]:
        consul = stack.section(ConsulSettings)
        found = super().items(stack)
        return [*found, consul.item()] if consul and consul.stack is None else found

    def refusals(self, stack: Stack, fleet: FleetFacts) -> Iterator[str]:
        yield from super().refusals(stack, fleet)
        yield from refusals.refusals(self.own(stack), stack, fleet)

    def together(self, stack: Stack, fleet: FleetFacts) -> set[str]:
        spec = specs.wanted(self.own(stack), stack, fleet)
        return super().together(stack, fleet) | set(spec.hosts if spec else ())

    def access(self, stack: Stack, fleet: FleetFacts, allow: Collection[str]) -> AccessPlan | None:
        return access.plan(self.own(stack), stack, fleet, allow)

    def make(self, context: NetworkContext, stack: Stack) -> dict[str, Network]:
        return {
            name: OverlayNetwork(name, settings, context)
            for name, settings in self.own(stack).items()
        }

    def roles(self, stack: Stack, outputs: Mapping[str, object]) -> Iterator[tuple[str, str]]:
        return roles.roles(self.own(stack), stack, outputs)

    def shared(self, deployment: Deployment) -> Mapping[str, SharedNetwork]:
        return state.overlays(deployment)

    def traces(self, deployment: Deployment, host: str, address: str) -> Iterator[PeerCommand]:
        yield from traces.consul(deployment, host, address)
        yield from traces.swarm(deployment, host)

    def consequences(self, deployment: Deployment, host: str, anew: list[str]) -> Iterator[str]:
        return traces.consequences(deployment, host, anew)
