"""What the stack file says of a network, common to all strategies, and what a network may ask.

A strategy is one folder (or file) here: a NetworkSettings (what the stack file says, and under which
planning.contract.Contract), a component (network.py) and a Strategy that binds the two (strategy.py).
All methods below have defaults that do for a network of which Docker on each host knows by itself.
docs/adr/0018-a-strategy-is-one-folder.md lists what a new one touches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import ClassVar, TypeVar

from pydantic import Field, model_validator

from components.container.settings import ContainerSettings
from components.ssh_settings import HostSettings
from planning import datagrams, ports
from planning.addresses import misfit
from planning.conflicts import Claim, ControlPlane, Item, network_key
from planning.contract import Contract, Reach
from planning.facts import HostFacts, NetworkFacts
from planning.field_types import HostName, Ipv4, Subnet
from planning.fleet_facts import FleetFacts
from planning.reachability.links import HostLink
from planning.stack_model import StackModel

Section = TypeVar("Section", bound=StackModel)


@dataclass(frozen=True)
class Stack:
    """What a stack file says, as far as networks may ask.

    ``hosts``, ``networks``, ``containers``: by name. ``sections``: the other sections that the file
    has, asked for by their type. ``named_hosts``: the hosts given, those of wrong entries too.
    """

    hosts: Mapping[str, HostSettings]
    networks: Mapping[str, NetworkSettings] = field(default_factory=dict)
    containers: Mapping[str, ContainerSettings] = field(default_factory=dict)
    sections: tuple[StackModel, ...] = ()
    named_hosts: frozenset[str] = frozenset()

    def section(self, kind: type[Section]) -> Section | None:
        """The section whose settings are ``kind``, None where the file has none."""
        return next((one for one in self.sections if isinstance(one, kind)), None)


@dataclass(frozen=True)
class LanAddress:
    """An address of the LAN, and which container is to have it on which network.

    ``instead``: what to write where somebody else has it. ``nics``: of an IPv6 address, host -> the NIC by
    which it can ask for it.
    """

    address: IPv4Address | IPv6Address
    container: str
    network: str
    instead: str
    nics: Mapping[str, str] = field(default_factory=dict)


class NetworkSettings(StackModel):
    """What the stack file says of a network, common to all strategies.

    ``contracts``: every contract that networks of the strategy may be under.
    """

    contracts: ClassVar[tuple[Contract, ...]] = ()

    subnet: Subnet = Field(description="IPv4 subnet, e.g. 172.16.1.0/24")
    gateway: Ipv4 | None = Field(default=None, description="Default: the subnet's first address")
    hosts: list[HostName] | None = Field(
        default=None, description="Hosts that have the network; default: all of the stack"
    )

    @model_validator(mode="after")
    def gateway_fits(self) -> NetworkSettings:
        if self.gateway is not None and (reason := misfit(self.gateway, self.subnet)):
            raise ValueError(f"gateway {reason}")
        return self

    @property
    def contract(self) -> Contract:
        """What this network needs, changes, promises and undoes."""
        return self.contracts[0]

    @property
    def gateway_address(self) -> IPv4Address:
        """The gateway given, or the subnet's first address."""
        return self.gateway or self.subnet.network_address + 1

    @property
    def control_plane_joined(self) -> ControlPlane | None:
        """The control plane that its hosts' engines join for it; None where they join none."""
        return None

    @property
    def adopts(self) -> bool:
        """Whether a network of its name that crosshost did not make is taken over."""
        return False

    def unlike(self, found: NetworkFacts, host: str, facts: HostFacts) -> str:
        """In what a network of its name on a host is made of something else, for people; "" for nothing."""
        return ""

    @property
    def no_published_ports(self) -> str | None:
        """Why its containers cannot publish ports, for people; None where they can."""
        return None

    @property
    def no_open_ports(self) -> str | None:
        """Why its ports must be guarded, for people; None where they need not."""
        return None

    @property
    def named_by_dns(self) -> bool:
        """Whether its containers get names from the servers of `crosshost:dns`."""
        return False

    def describe(self, last: Mapping[str, object]) -> str:
        """Its strategy, for people. ``last``: its row in the outputs of the stack's last up."""
        return self.contract.title

    def nic_on(self, host: str) -> str | None:
        """The host's NIC that it is on, with the NIC's mode, for people; None where none is named."""
        return None

    def block_on(self, host: str) -> IPv4Network | None:
        """The part of the subnet that automatic addresses on a host are of; None for all of it."""
        return None

    def address_on(self, host: str, container: str) -> IPv4Address | None:
        """The address that is planned for a container (its Docker name) there; None where Docker chooses."""
        return None

    @property
    def ipv6(self) -> IPv6Network | None:
        """Its IPv6 subnet, None where it has none."""
        return None

    @property
    def ipv6_reach(self) -> Mapping[Reach, bool]:
        """What its contract says of IPv6, as far as that is known of it."""
        return {}

    def ipv6_of(self, address: IPv4Address) -> IPv6Address | None:
        """The IPv6 address of a container that is given this IPv4 one; None where it has none."""
        return None

    def ipv6_block_on(self, host: str) -> IPv6Network | None:
        """The part of the IPv6 subnet that automatic addresses on a host are of; None where there is none."""
        return None

    def first_on_lan(self, name: str, stack: Stack, fleet: FleetFacts) -> Iterator[LanAddress]:
        """Addresses of the LAN that no container of the stack has yet, and one is to have."""
        yield from ()

    def on(self, hosts: Sequence[str]) -> list[str]:
        """Those of ``hosts`` (all of the stack) that have the network."""
        return [name for name in hosts if self.hosts is None or name in self.hosts]

    def address_problem(self, name: str, address: IPv4Address, stack: Stack) -> str | None:
        """Why no container on it can have ``address``, for people; None where one can.

        ``name``: the network's own. ``stack``: for addresses that others have.
        """
        if reason := misfit(address, self.subnet):
            return f"{reason} ({name})"
        if address == self.gateway_address:
            return f"{address} is the gateway of {name}: write another address"
        return None

    def ipv6_problem(
        self, name: str, address: IPv6Address, beside: IPv4Address | None
    ) -> str | None:
        """Why no container on it can have an IPv6 address, for people; None where one can.

        ``beside``: the IPv4 address that the stack file gives the container.
        """
        return f"{name} has no IPv6 subnet: write a `subnet6` there, or take it out"

    def no_address_problem(self, name: str, stack: Stack) -> str | None:
        """Why a container on it must be given an address, for people; None where it need not."""
        return None

    def refusals(self, name: str, fleet: FleetFacts) -> Iterator[str]:
        """Sentences why its hosts cannot have it, each for itself."""
        for host in self.on(list(fleet.answering)):
            facts = fleet.answering[host]
            yield from self.contract.refusals(host, facts)
            yield from self.refusals_on(host, facts)

    def refusals_on(self, host: str, facts: HostFacts) -> Iterator[str]:
        """Sentences why this host cannot have this very network, beside those of its contract."""
        yield from ()

    @property
    def port_programs(self) -> frozenset[str]:
        """The programs that may hold the ports between its hosts."""
        return frozenset({"dockerd"})

    def refusals_between(self, fleet: FleetFacts) -> Iterator[str]:
        """Sentences on what stands between its hosts: firewalls, programs on its ports."""
        here = {name: fleet.peers[name] for name in self.on(list(fleet.peers))}
        yield from ports.shut(here, self.contract.ports).values()
        for name, member in here.items():
            yield from ports.held(name, member.facts, self.contract.ports, self.port_programs)
        yield from datagrams.refusals(self.contract.ports, here, fleet)

    def items(self, name: str, hosts: Sequence[str]) -> list[Item]:
        """What the network is on its hosts (those of ``hosts``), and what it holds there."""
        return [
            Item(
                "network", host, name, network_key(name, host, None),
                frozenset({
                    Claim("name", host, f"network {name}"), Claim("subnet", host, str(self.subnet)),
                }),
            )
            for host in self.on(hosts)
        ]  # fmt: skip

    def daemon_settings(self, host: str, stack: Stack, fleet: FleetFacts) -> dict[str, object]:
        """The keys of daemon.json that it needs on a host, with their values."""
        return {}

    def link_on(self, name: str, host: str, *, stack: str, address: str) -> HostLink:
        """What carries it on a host, which a proof compares with the tables there.

        ``name``: the network's own. ``stack``: the stack's name. ``address``: the host's.
        """
        return HostLink(name, host)

    def writes_units(self, host: str) -> bool:
        """Whether it makes systemd units on a host, beside those of the guard of ports."""
        return False


@dataclass(frozen=True)
class Settled:
    """A stack whose networks leave nothing open, and how that was decided from facts.

    ``notes``: what was chosen and why, for people. ``refused``: network -> why nothing can be chosen.
    """

    stack: Stack
    notes: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)

    @property
    def possible(self) -> Stack:
        """The stack without the networks that are refused: what more can be said is of these."""
        kept = {n: s for n, s in self.stack.networks.items() if n not in self.refused}
        return replace(self.stack, networks=kept)
