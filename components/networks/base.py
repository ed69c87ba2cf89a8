"""The contract of a network strategy.

A strategy is two classes in one file of this folder: its settings (what the stack file says, and
under which planning.contract.Contract) and its component (what it makes). One line in
components/networks/__init__.py adds it to the union.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Address
from typing import Any, ClassVar

import pulumi
import pulumi_docker as docker
from pydantic import Field, model_validator

from components.control_planes import ControlPlane, PlaneName
from components.host import Host
from components.nics import Nics
from planning.addresses import misfit
from planning.compose import Words
from planning.conflicts import Claim, Item, network_key
from planning.contract import Contract
from planning.facts import HostFacts
from planning.ports import Port
from planning.presence import Mark
from planning.words import HostName, Ipv4, Subnet


class NetworkSettings(Words):
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
    def in_store(self) -> bool:
        """Whether its engines see it only while a cluster store runs."""
        return False

    @property
    def ports(self) -> Sequence[Port]:
        """Ports that its hosts must reach on each other."""
        return self.contract.ports

    def on(self, hosts: Sequence[str]) -> list[str]:
        """Those of ``hosts`` (all of the stack) that have the network."""
        return [name for name in hosts if self.hosts is None or name in self.hosts]

    def refusals(self, host: str, facts: HostFacts) -> Iterator[str]:
        """Sentences why this host cannot have this very network, beside those of its contract."""
        yield from ()

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

    def needs_address(self) -> bool:
        """Whether each container must be given an address in the stack file."""
        return False

    def daemon_settings(self, address: str, store: str | None) -> dict[str, Any]:
        """The keys of daemon.json that the network needs on the host of an address.

        ``store``: the cluster store of the stack, None where it has none.
        """
        return {}


def network_labels(mark: Mark) -> list[docker.NetworkLabelArgs]:
    """The labels of a network that crosshost makes."""
    labels = {"crosshost.stack": pulumi.get_stack()}
    if mark.value:
        labels["crosshost.made"] = mark.value
    return [docker.NetworkLabelArgs(label=key, value=labels[key]) for key in sorted(labels)]


class Network(pulumi.ComponentResource):
    """A network that containers on its hosts can join.

    ``in_store``: its engines see it only while Consul runs.
    """

    in_store: bool = False

    def name_on(self, host: str) -> pulumi.Input[str]:
        """The Docker network's name for a container on ``host``, from the network's output."""
        raise NotImplementedError

    def identity_on(self, host: str) -> pulumi.Output[str]:
        """What a container on ``host`` is bound to and replaced with: the network's ID, and more."""
        raise NotImplementedError

    def resources_on(self, host: str) -> Sequence[pulumi.Resource]:
        """What must exist before a container on ``host`` can join."""
        raise NotImplementedError

    def made_on(self, host: str) -> docker.Network | None:
        """The network's resource on ``host``, None where another host's engine holds it."""
        raise NotImplementedError

    def shown(self) -> dict[str, Any]:
        """The network's row in the stack's outputs."""
        raise NotImplementedError


class NetworkContext:
    """What a network component is given beside its settings."""

    def __init__(
        self,
        hosts: Mapping[str, Host],
        planes: Mapping[PlaneName, ControlPlane],
        members: Mapping[str, Sequence[str]],
        settings: Mapping[str, NetworkSettings],
    ) -> None:
        """``members``: the Docker names of the stack's containers on each network.

        ``settings``: those of all networks of the stack.
        """
        self.hosts = hosts
        self.planes = planes
        self.members = members
        self.settings = settings
        self.nics = Nics()
