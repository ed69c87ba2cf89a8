"""What macvlan networks of a stack share: NICs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from components.networks.base import Settled, Stack
from components.networks.macvlan import choice, parents, stack_checks
from components.networks.macvlan.network import MacvlanNetwork
from components.networks.macvlan.nics import Nics, physical
from components.networks.macvlan.settings import MacvlanSettings
from components.networks.macvlan.vlans import Vlans
from components.networks.network import Network, NetworkContext
from components.networks.strategy import Strategy
from planning.fleet_facts import FleetFacts
from planning.problems import Problem


class MacvlanStrategy(Strategy[MacvlanSettings]):
    """Networks with a NIC of each host as their parent."""

    settings = MacvlanSettings

    def settle(self, stack: Stack, fleet: FleetFacts) -> Settled:
        return choice.settle(self.own(stack), stack, fleet)

    def problems(self, stack: Stack) -> Iterator[Problem]:
        for name, network in self.own(stack).items():
            yield from stack_checks.problems(name, network, stack)

    def refusals(self, stack: Stack, fleet: FleetFacts) -> Iterator[str]:
        yield from super().refusals(stack, fleet)
        for host, facts in fleet.answering.items():
            on = _on_parents(self.own(stack), host)
            yield from parents.mixed(on, host, facts, fleet.stack)
            yield from parents.crowded(
                {nic: list(drivers) for nic, drivers in on.items()}, host, facts, fleet.stack
            )

    def make(self, context: NetworkContext, stack: Stack) -> dict[str, Network]:
        own = self.own(stack)
        nics, vlans = Nics({host: _promiscuous(own, host) for host in context.hosts}), Vlans()
        return {
            name: MacvlanNetwork(name, settings, context, nics, vlans)
            for name, settings in own.items()
        }


def _on_parents(networks: Mapping[str, MacvlanSettings], host: str) -> dict[str, dict[str, str]]:
    """Parent -> the networks on it, on this host -> their driver."""
    found: dict[str, dict[str, str]] = {}
    for name, settings in networks.items():
        if settings.on([host]):
            found.setdefault(settings.parent_on(host) or "", {})[name] = settings.driver
    return found


def _promiscuous(networks: Mapping[str, MacvlanSettings], host: str) -> dict[str, dict[str, str]]:
    """NIC of a host that is to be promiscuous -> the networks that need it -> their parent."""
    found: dict[str, dict[str, str]] = {}
    for name, settings in networks.items():
        parent = settings.parent_on(host)
        if settings.promiscuous and settings.on([host]) and parent is not None:
            found.setdefault(physical(parent), {})[name] = parent
    return found
