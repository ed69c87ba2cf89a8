"""`crosshost:swarm`: the swarm that overlays on Swarm are made in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import Field, model_validator

from components.networks.base import Stack
from planning import swarm
from planning.facts import HostFacts, Unreachable
from planning.field_types import Address, HostName, Interface, Subnet
from planning.ports import Port
from planning.stack_model import StackModel
from planning.vxlan_numbers import PORT

CONTROL_PORT = ("tcp", 2377)
GOSSIP_PORT = 7946
_DATA_PORT = ("udp", PORT)


class SwarmSettings(StackModel):
    """`crosshost:swarm`: the swarm that overlays on Swarm are made in. All of it has defaults."""

    managers: list[HostName] | None = Field(
        default=None,
        description="Hosts that manage the swarm, the one that begins it first: one, three or "
        "five; default: those that manage it already, else the first by name of the overlays' hosts",
    )
    advertise: Interface | dict[HostName, Interface | Address] | None = Field(
        default=None,
        description="What nodes tell each other: a NIC's name for all hosts, or a map host: "
        "address or NIC; default: the host's address",
    )
    data_path_port: int = Field(
        default=PORT, ge=1024, le=49151, description="UDP port that carries the overlays"
    )
    autolock: bool = Field(
        default=False,
        description="Managers need the key of `docker swarm unlock-key` after each restart",
    )
    address_pool: Subnet | None = Field(
        default=None,
        description="Pool of the swarm's own networks; default: the first that meets no route of "
        "the hosts",
    )

    @model_validator(mode="after")
    def managers_fit(self) -> SwarmSettings:
        if self.managers is not None and not self.managers:
            raise ValueError("managers is empty: name a host, or leave managers out")
        if self.managers and len(set(self.managers)) < len(self.managers):
            raise ValueError("managers names a host twice: name each once")
        if self.data_path_port == GOSSIP_PORT:
            raise ValueError(
                f"data_path_port {GOSSIP_PORT} is the port that nodes talk by: write another one"
            )
        if self.address_pool is not None and self.address_pool.prefixlen > 24:
            raise ValueError(
                f"address_pool {self.address_pool} is too small: write a /24 or larger"
            )
        return self

    @classmethod
    def of(cls, stack: Stack) -> SwarmSettings:
        """The section of a stack, with its defaults where the file has none."""
        return stack.section(cls) or cls()

    def carrying(self, ports: Sequence[Port]) -> list[Port]:
        """``ports`` as they really are: overlays may go by another one than Docker's own."""
        return [("udp", self.data_path_port) if port == _DATA_PORT else port for port in ports]

    def spec(
        self,
        hosts: Sequence[str],
        addresses: Mapping[str, str],
        facts: Mapping[str, HostFacts | Unreachable] | None = None,
        stack: str = "",
    ) -> swarm.SwarmSpec:
        """The swarm of ``hosts`` (those with overlays on it); ``addresses`` of all the stack's.

        ``facts`` tell who manages it where the stack file of ``stack`` does not.
        """
        managers = tuple(
            self.managers or swarm.managing(hosts, facts or {}, addresses, stack) or hosts[:1]
        )
        members = tuple(name for name in addresses if name in hosts or name in managers)
        given = self.advertise
        return swarm.SwarmSpec(
            hosts=members,
            managers=managers,
            advertise={
                name: given.get(name, addresses[name])
                if isinstance(given, dict)
                else given or addresses[name]
                for name in members
            },
            data_path_port=self.data_path_port,
            autolock=self.autolock,
            stack=stack,
        )
