"""What the VXLAN networks of a stack share: subnets cut into slices, numbers."""

from __future__ import annotations

from collections.abc import Iterator

from components.networks.base import Settled, Stack
from components.networks.network import Network, NetworkContext
from components.networks.strategy import Strategy
from components.networks.vxlan import choice, stack_checks
from components.networks.vxlan.network import VxlanNetwork
from components.networks.vxlan.settings import VxlanSettings
from planning.fleet_facts import FleetFacts
from planning.problems import Problem


class VxlanStrategy(Strategy[VxlanSettings]):
    """Networks of bridges that know each other's hosts."""

    settings = VxlanSettings

    def settle(self, stack: Stack, fleet: FleetFacts) -> Settled:
        return choice.settle(self.own(stack), stack, fleet)

    def problems(self, stack: Stack) -> Iterator[Problem]:
        return stack_checks.problems(self.own(stack), stack)

    def make(self, context: NetworkContext, stack: Stack) -> dict[str, Network]:
        return {
            name: VxlanNetwork(name, settings, context)
            for name, settings in self.own(stack).items()
        }
