"""What all networks of one strategy say together; all but `settings` and `make` has defaults."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping
from typing import Generic, TypeVar

from components.networks.base import NetworkSettings, Settled, Stack
from components.networks.network import Network, NetworkContext
from planning.addresses import is_ipv4
from planning.conflicts import Item
from planning.fleet_facts import FleetFacts, Path, UdpPath
from planning.guard import AccessPlan, AccessRule
from planning.problems import Problem
from planning.state import Deployment
from planning.state_without_host import PeerCommand, SharedNetwork

Own = TypeVar("Own", bound=NetworkSettings, covariant=True)


class Strategy(ABC, Generic[Own]):
    """All networks of one strategy in a stack: what concerns them together, or other sections.

    What one of them says for itself is in its settings.
    """

    @property
    @abstractmethod
    def settings(self) -> type[Own]:
        """What the stack file says of one of its networks."""

    @abstractmethod
    def make(self, context: NetworkContext, stack: Stack) -> Mapping[str, Network]:
        """The component of each of its networks, by name."""

    def own(self, stack: Stack) -> dict[str, Own]:
        """The networks of this strategy by name, in the stack file's order."""
        return {n: s for n, s in stack.networks.items() if isinstance(s, self.settings)}

    def unknown_paths(self, stack: Stack, fleet: FleetFacts) -> Iterator[Path]:
        """Paths between hosts that must be asked what they carry before anything is chosen."""
        yield from ()

    def unknown_ports(self, stack: Stack, fleet: FleetFacts) -> Iterator[UdpPath]:
        """UDP ports that two hosts newly need of each other, one of the two ways."""
        yield from ()

    def settle(self, stack: Stack, fleet: FleetFacts) -> Settled:
        """The stack with every choice made that its networks leave to facts."""
        return Settled(stack)

    def problems(self, stack: Stack) -> Iterator[Problem]:
        """What of its networks does not fit the rest of the stack file.

        Also said of a settled stack, where a choice brings what the file alone did not show.
        """
        yield from ()

    def taken_ports(self, stack: Stack) -> set[tuple[str, int, str]]:
        """Host, number and protocol of the ports that no container there can publish."""
        return {
            (host, number, protocol)
            for network in self.own(stack).values()
            for protocol, number in network.contract.ports
            for host in network.on(list(stack.hosts))
        }

    def items(self, stack: Stack) -> list[Item]:
        """What its networks are on hosts, and what they stand on there, with what that holds."""
        return [
            item
            for name, network in self.own(stack).items()
            for item in network.items(name, list(stack.hosts))
        ]

    def refusals(self, stack: Stack, fleet: FleetFacts) -> Iterator[str]:
        """Sentences why hosts cannot have the networks of a settled stack."""
        for name, network in self.own(stack).items():
            yield from (f"{name}: {reason}" for reason in network.refusals(name, fleet))
        for network in self.own(stack).values():
            yield from network.refusals_between(fleet)

    def together(self, stack: Stack, fleet: FleetFacts) -> set[str]:
        """The hosts that keep something together: their clocks and names must not be at odds."""
        return {
            host
            for network in self.own(stack).values()
            if network.contract.ports
            for host in network.on(fleet.hosts)
        }

    def access(self, stack: Stack, fleet: FleetFacts, allow: Collection[str]) -> AccessPlan | None:
        """Who may reach the ports that its networks need; None where they need none.

        ``allow``: addresses and subnets (as text) that count as hosts.
        """
        own = [network for network in self.own(stack).values() if network.contract.ports]
        if not own:
            return None
        rules = []
        for network in own:
            if peers := self.peers(network, fleet):
                rules.append(AccessRule(network.contract.ports, tuple(peers), peers, tuple(allow)))
        return AccessPlan(tuple(rules))

    def peers(self, network: NetworkSettings, fleet: FleetFacts) -> dict[str, tuple[str, ...]]:
        """The hosts of a network whose addresses rules can name, with these."""
        return {
            host: (fleet.addresses[host],)
            for host in network.on(fleet.hosts)
            if is_ipv4(fleet.addresses[host])
        }

    def roles(self, stack: Stack, outputs: Mapping[str, object]) -> Iterator[tuple[str, str]]:
        """Hosts, and what they do for the others, for people. ``outputs``: of the stack's last up."""
        yield from ()

    def shared(self, deployment: Deployment) -> Mapping[str, SharedNetwork]:
        """URN -> network, of those in a stack's state that several engines share."""
        return {}

    def traces(self, deployment: Deployment, host: str, address: str) -> Iterator[PeerCommand]:
        """What takes a host that is gone for good, and its address, off its peers."""
        yield from ()

    def consequences(self, deployment: Deployment, host: str, anew: list[str]) -> Iterator[str]:
        """Sentences on what is lost with a host. ``anew``: containers that up makes anew for that."""
        yield from ()
