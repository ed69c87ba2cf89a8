"""What the stack file says of a VXLAN network, and what such networks promise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from typing import ClassVar, Literal

from pydantic import Field, PrivateAttr, model_validator

from components.networks.base import Stack
from components.networks.dual_stack import DualStackSettings
from components.networks.vxlan import refusals
from components.networks.vxlan.contracts import CONTRACT, ENCRYPTED
from components.networks.vxlan.device import (
    ENCAPSULATION,
    ENCRYPTION,
    INNER_PORT,
    WIREGUARD_PORT,
    bridge_name,
    device_name,
)
from planning import slices
from planning.address_plan import AddressPlan
from planning.addresses import misfit
from planning.conflicts import Item, network_key
from planning.contract import Contract, Reach
from planning.field_types import HostName, Ipv4, Subnet
from planning.fleet_facts import FleetFacts
from planning.reachability.links import HostLink
from planning.vxlan_numbers import PORT


class VxlanSettings(DualStackSettings):
    """A VXLAN network in the stack file."""

    contracts: ClassVar[tuple[Contract, ...]] = (CONTRACT, ENCRYPTED)

    strategy: Literal["vxlan"] = Field(
        description="vxlan: containers have a subnet of their own across hosts, without a control "
        "plane; names with `crosshost:dns`"
    )
    gateway: Ipv4 | None = Field(
        default=None,
        description="Left out: each host is the gateway of its own containers, at the second address "
        "of its slice",
    )
    slice: int | None = Field(
        default=None,
        ge=1,
        le=slices.SMALLEST,
        description="Prefix length of the slice of the subnet that each host has; default: the "
        "subnet's and 4, for 16 hosts",
    )
    ip_range: dict[HostName, Subnet] | None = Field(
        default=None,
        description="Per host, its slice, where it is not to be chosen: a host keeps what it has, "
        "a new one gets a free one",
    )
    vni: int | None = Field(
        default=None,
        ge=1,
        le=(1 << 24) - 1,
        description="VXLAN number; default: one made of the stack's and the network's name",
    )
    encrypted: bool = Field(
        default=False,
        description="WireGuard between the hosts, VXLAN inside it; each host makes its own key, and "
        "keeps it",
    )
    port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description=f"UDP port between the hosts, open to them only; default: {PORT}, "
        f"{WIREGUARD_PORT} for what is encrypted",
    )
    mtu: int | None = Field(
        default=None,
        ge=576,
        le=65485,
        description="Largest packet of the containers, in bytes; default: what gets from host to host unfragmented "
        f"less VXLAN's {ENCAPSULATION} and, where it is encrypted, WireGuard's {ENCRYPTION}",
    )

    refused: ClassVar[Mapping[str, str]] = {
        **DualStackSettings.refused,
        "gateway6": "each host is the gateway of its own containers, at the second address of its slice: "
        "take it out",
    }

    _mtu_chosen: bool = PrivateAttr(default=False)
    _plan: AddressPlan | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def slices_fit(self) -> VxlanSettings:
        if self.gateway is not None:
            raise ValueError(
                "gateway: each host is the gateway of its own containers, at the second address of "
                "its slice: take it out"
            )
        if self.udp_port == INNER_PORT:
            raise ValueError(
                f"port: {INNER_PORT} is where encrypted networks have VXLAN inside WireGuard: write "
                "another one"
            )
        if self.subnet.prefixlen > slices.SMALLEST - 1:
            raise ValueError(f"subnet: {self.subnet} has no room for slices: write a larger one")
        if self.slice is not None and self.slice <= self.subnet.prefixlen:
            raise ValueError(
                f"slice: {self.slice} is no part of {self.subnet}: write more than "
                f"{self.subnet.prefixlen}"
            )
        seen: list[tuple[str, IPv4Network]] = []
        for host, block in (self.ip_range or {}).items():
            if not block.subnet_of(self.subnet) or block == self.subnet:
                raise ValueError(f"ip_range of {host}: {block} is no part of {self.subnet}")
            if block.prefixlen > slices.SMALLEST:
                raise ValueError(f"ip_range of {host}: {block} is too small: write a larger one")
            for other, taken in seen:
                if block.overlaps(taken):
                    raise ValueError(
                        f"ip_range of {host} ({block}) and of {other} ({taken}) overlap: two "
                        "engines would give the same address"
                    )
            seen.append((host, block))
        return self

    @property
    def contract(self) -> Contract:
        contract = ENCRYPTED if self.encrypted else CONTRACT
        reach = {**contract.reach, Reach.NAMES: self._plan is not None}
        return replace(contract, ports=(("udp", self.udp_port),), reach=reach)

    @property
    def ipv6_reach(self) -> Mapping[Reach, bool]:
        own = (Reach.OWN_HOST, Reach.OTHER_HOST) if self.subnet6 else ()
        return {**super().ipv6_reach, **{way: self.contract.reach[way] for way in own}}

    @property
    def named_by_dns(self) -> bool:
        return True

    @property
    def udp_port(self) -> int:
        """The UDP port between the hosts: VXLAN's, or WireGuard's where it is encrypted."""
        return self.port or (WIREGUARD_PORT if self.encrypted else PORT)

    @property
    def overhead(self) -> int:
        """What a packet of a container grows by on its way to another host, in bytes."""
        return ENCAPSULATION + (ENCRYPTION if self.encrypted else 0)

    @property
    def vxlan_port(self) -> int:
        """The UDP port of VXLAN itself."""
        return INNER_PORT if self.encrypted else self.udp_port

    @property
    def prefix(self) -> int:
        """The prefix length of slices that are cut."""
        return self.slice or slices.default_prefix(self.subnet)

    def block_on(self, host: str) -> IPv4Network | None:
        return (self.ip_range or {}).get(host)

    def address_on(self, host: str, container: str) -> IPv4Address | None:
        return self._plan.given.get((host, container)) if self._plan else None

    def address_problem(self, name: str, address: IPv4Address, stack: Stack) -> str | None:
        if reason := misfit(address, self.subnet):
            return f"{reason} ({name})"
        for host, block in (self.ip_range or {}).items():
            if address == slices.gateway(block):
                return f"{address} is the gateway of {name} on {host}: write another address"
        return None

    def refusals(self, name: str, fleet: FleetFacts) -> Iterator[str]:
        yield from super().refusals(name, fleet)
        yield from refusals.of_subnet(name, self.subnet, self.on(fleet.hosts), fleet)
        if self.subnet6 is not None:
            yield from refusals.of_subnet6(name, self.subnet6, self.on(fleet.hosts), fleet)
        for host in self.on(fleet.hosts):
            yield from refusals.of_carrier(host, self.mtu, self.overhead, fleet)
        hosts = self.on(fleet.hosts)
        if self.encrypted:
            inner = {h: slices.gateway(b) for h in hosts if (b := self.block_on(h)) is not None}
            yield from refusals.of_tunnel(name, self.udp_port, inner, fleet)

    @property
    def no_open_ports(self) -> str | None:
        if self.encrypted:
            return "what is not encrypted would be let into it"
        return "its IPv6 addresses would be reached from the LAN" if self.subnet6 else None

    @property
    def port_programs(self) -> frozenset[str]:
        return frozenset({"wireguard-go"}) if self.encrypted else super().port_programs

    def items(self, name: str, hosts: Sequence[str]) -> list[Item]:
        return [
            replace(item, key=network_key(name, item.host, None, "bridge"))
            for item in super().items(name, hosts)
        ]

    def link_on(self, name: str, host: str, *, stack: str, address: str) -> HostLink:
        block = self.block_on(host)
        if self.encrypted and block is not None:
            address = str(slices.gateway(block))
        return HostLink(
            name, host, self.mtu or 0, self.overhead, device=device_name(stack, name),
            vni=self.vni or 0, port=self.vxlan_port, local=address, bridge=bridge_name(stack, name),
        )  # fmt: skip

    def writes_units(self, host: str) -> bool:
        return bool(self.on([host]))

    def settled(
        self, blocks: Mapping[str, IPv4Network], vni: int, mtu: int, plan: AddressPlan | None
    ) -> VxlanSettings:
        """The same with everything chosen that it leaves open. ``plan``: None where Docker gives addresses."""
        chosen = self.model_copy(
            update={"ip_range": dict(blocks), "vni": vni, "mtu": mtu, "port": self.udp_port}
        )
        chosen._mtu_chosen = self.mtu is None
        chosen._plan = plan
        return chosen

    @property
    def mtu_chosen(self) -> bool:
        """Whether the stack file leaves the MTU open; of settled settings."""
        return self._mtu_chosen
