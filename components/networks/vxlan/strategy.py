"""What the VXLAN networks of a stack share: subnets cut into slices, numbers."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from components.networks.base import Settled, Stack
from components.networks.network import Network, NetworkContext
from components.networks.strategy import Strategy
from components.networks.vxlan import choice, mtu, new_ports, numbers, stack_checks, strangers
from components.networks.vxlan.device import INNER_PORT, bridge_name, tunnel_name
from components.networks.vxlan.network import VxlanNetwork
from components.networks.vxlan.settings import VxlanSettings
from planning.fleet_facts import FleetFacts, Path, UdpPath
from planning.guard import AccessPlan, AccessRule, GuardedBridge
from planning.problems import Problem


class VxlanStrategy(Strategy[VxlanSettings]):
    """Networks of bridges that know each other's hosts."""

    settings = VxlanSettings

    def unknown_paths(self, stack: Stack, fleet: FleetFacts) -> Iterator[Path]:
        for name, settings in self.own(stack).items():
            yield from mtu.unknown_paths(name, settings, fleet)

    def unknown_ports(self, stack: Stack, fleet: FleetFacts) -> Iterator[UdpPath]:
        for name, settings in self.own(stack).items():
            yield from new_ports.unknown_ports(name, settings, fleet)

    def settle(self, stack: Stack, fleet: FleetFacts) -> Settled:
        return choice.settle(self.own(stack), stack, fleet)

    def problems(self, stack: Stack) -> Iterator[Problem]:
        return stack_checks.problems(self.own(stack), stack)

    def refusals(self, stack: Stack, fleet: FleetFacts) -> Iterator[str]:
        yield from super().refusals(stack, fleet)
        planes = {
            host: plane
            for network in stack.networks.values()
            if (plane := network.control_plane_joined) is not None
            for host in network.on(fleet.hosts)
        }
        for name, own in self.own(stack).items():
            if own.vni is not None:
                found = numbers.refusals(
                    name, own.vni, own.vxlan_port, own.on(fleet.hosts), planes, fleet
                )
                yield from (f"{name}: {reason}" for reason in found)
            yield from strangers.refusals(name, own, stack, fleet)

    def make(self, context: NetworkContext, stack: Stack) -> dict[str, Network]:
        return {
            name: VxlanNetwork(name, settings, context)
            for name, settings in self.own(stack).items()
        }

    def access(self, stack: Stack, fleet: FleetFacts, allow: Collection[str]) -> AccessPlan | None:
        planned = super().access(stack, fleet, allow)
        if planned is None:
            return None
        inner = tuple(
            AccessRule(
                (("udp", INNER_PORT),), tuple(peers), peers, nic=tunnel_name(fleet.stack, name)
            )
            for name, settings in self.own(stack).items()
            if settings.encrypted and (peers := self.peers(settings, fleet))
        )
        bridges = tuple(
            GuardedBridge(
                bridge_name(fleet.stack, name), settings.subnet6, tuple(settings.on(fleet.hosts))
            )
            for name, settings in self.own(stack).items()
            if settings.subnet6 is not None
        )
        return replace(planned, rules=planned.rules + inner, bridges=bridges)
