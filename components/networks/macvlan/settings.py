"""What the stack file says of a macvlan network, and what such networks promise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from typing import ClassVar, Literal

from pydantic import Field, PrivateAttr, model_validator

from components.networks.base import LanAddress, Stack
from components.networks.macvlan import lan, others, refusals
from components.networks.macvlan.contracts import CONTRACT, contract
from components.networks.macvlan.lan_settings import LanSettings
from components.networks.macvlan.shims import device_name
from components.networks.macvlan.vlans import vlan_of, wrong_number
from planning import adoption, second_subnet, slices
from planning.address_plan import AddressPlan
from planning.adoption import Made
from planning.conflicts import Claim, Item, network_key
from planning.contract import Contract
from planning.facts import HostFacts, NetworkFacts
from planning.field_types import HostName, Interface, Subnet
from planning.fleet_facts import FleetFacts
from planning.host_slices import SHIM
from planning.reachability.links import HostLink


class MacvlanSettings(LanSettings):
    """A macvlan network in the stack file."""

    contracts: ClassVar[tuple[Contract, ...]] = (CONTRACT,)

    strategy: Literal["macvlan"] = Field(
        description="macvlan: containers have addresses on the hosts' LAN"
    )
    parent: Interface | dict[HostName, Interface] = Field(
        description="The hosts' NIC on the LAN, or a VLAN on it (ens33.20), which is made where "
        "it is not there: one name for all, or a map host: NIC"
    )
    driver: Literal["macvlan", "ipvlan"] = Field(
        default="macvlan",
        description="ipvlan: containers have the NIC's MAC address, for a LAN that lets in no others",
    )
    promiscuous: bool = Field(
        default=False,
        description="Set the NIC promiscuous, as virtual machines' NICs need; ens33 for ens33.20",
    )
    adopt: bool = Field(
        default=False,
        description="Where a host has a network of that name which crosshost did not make, it is taken over "
        "as it is, with the containers on it",
    )
    ip_range: dict[HostName, Subnet] | None = Field(
        default=None,
        description="Per host, the block that Docker takes automatic addresses from: without "
        "addresses of hosts, and of containers on other hosts",
    )

    pool: Subnet | None = Field(
        default=None,
        description="Part of the subnet that each host gets a slice of, which its containers have "
        "addresses of; a host keeps its slice",
    )
    slice: int | None = Field(
        default=None,
        ge=1,
        le=slices.SMALLEST,
        description="Prefix length of the slices of `pool`; default: the pool's and 4, for 16 hosts",
    )
    shim: bool = Field(
        default=False,
        description="Each host reaches its own containers, by a macvlan device with an address of its slice "
        "of `pool`",
    )

    _plan: AddressPlan | None = PrivateAttr(default=None)
    _names: bool = PrivateAttr(default=False)

    @model_validator(mode="after")
    def pool_fits(self) -> MacvlanSettings:
        if self.pool is None:
            if self.shim:
                whole = self.subnet
                half = list(whole.subnets())[-1] if whole.prefixlen < 30 else whole
                raise ValueError(
                    f"shim: needs an address of `pool`, which is missing: write e.g. `pool: {half}` (an "
                    "`ip_range` in it stays as it is)"
                )
            if self.slice is not None:
                raise ValueError("slice: is of `pool`, which is missing: write one, or take it out")
            return self
        if not self.pool.subnet_of(self.subnet):
            raise ValueError(f"pool: {self.pool} is outside of {self.subnet}")
        if self.pool.prefixlen > slices.SMALLEST - 1:
            raise ValueError(f"pool: {self.pool} has no room for slices: write a larger one")
        if self.slice is not None and self.slice <= self.pool.prefixlen:
            raise ValueError(
                f"slice: {self.slice} is no part of {self.pool}: write more than {self.pool.prefixlen}"
            )
        return self

    @model_validator(mode="after")
    def ipvlan_stands_alone(self) -> MacvlanSettings:
        if self.driver == "ipvlan" and self.promiscuous:
            raise ValueError(
                "promiscuous: with `driver: ipvlan` all frames have the NIC's MAC address: take it out"
            )
        if self.driver == "ipvlan" and self.shim:
            raise ValueError(
                "shim: is there for `driver: macvlan` only: take it out, or the driver"
            )
        return self

    @model_validator(mode="after")
    def vlans_have_numbers(self) -> MacvlanSettings:
        for parent in self.parents:
            if reason := wrong_number(parent):
                raise ValueError(f"parent: {reason}")
        return self

    @model_validator(mode="after")
    def ranges_fit(self) -> MacvlanSettings:
        seen: list[tuple[str, Subnet]] = []
        for host, block in (self.ip_range or {}).items():
            if not block.subnet_of(self.subnet):
                raise ValueError(f"ip_range of {host}: {block} is outside of {self.subnet}")
            for other, taken in seen:
                if block.overlaps(taken):
                    raise ValueError(
                        f"ip_range of {host} ({block}) and of {other} ({taken}) overlap: two "
                        "engines would give the same address"
                    )
            seen.append((host, block))
        return self

    @model_validator(mode="after")
    def adopts_no_ipv6(self) -> MacvlanSettings:
        if self.adopt and self.subnet6 is not None:
            raise ValueError(
                "subnet6: is of no network that is taken over (`adopt`): write one of the two"
            )
        return self

    @property
    def parents(self) -> list[str]:
        """The parent NICs of all hosts."""
        return [self.parent] if isinstance(self.parent, str) else list(self.parent.values())

    def parent_on(self, host: str) -> str | None:
        """The parent NIC on ``host``, None if the map leaves it out."""
        return self.parent if isinstance(self.parent, str) else self.parent.get(host)

    def made_of(self, host: str) -> Made:
        """What Docker makes the network of on a host."""
        block = self.block_on(host)
        return Made(
            str(self.parent_on(host)),
            str(self.subnet),
            str(self.gateway_address),
            None if block is None else str(block),
        )

    def nic_on(self, host: str) -> str | None:
        parent = self.parent_on(host)
        return f"{parent}, promiscuous" if parent and self.promiscuous else parent

    def block_on(self, host: str) -> IPv4Network | None:
        return (self.ip_range or {}).get(host)

    @property
    def contract(self) -> Contract:
        return contract(
            self.driver,
            names=self._names,
            shim=self.shim,
            vlan=any(vlan_of(parent) for parent in self.parents),
        )

    @property
    def prefix(self) -> int:
        """The prefix length of slices that are cut from the pool."""
        assert self.pool is not None
        return self.slice or slices.default_prefix(self.pool)

    @property
    def named_by_dns(self) -> bool:
        return self.pool is not None

    @property
    def given(self) -> Mapping[tuple[str, str], IPv4Address]:
        """(host, container) -> its address, where the program gives them; of settled settings."""
        return self._plan.given if self._plan else {}

    def address_on(self, host: str, container: str) -> IPv4Address | None:
        return self.given.get((host, container))

    def shim_on(self, host: str) -> IPv4Address | None:
        """The address of the host's own device there; of settled settings."""
        return self.given.get((host, SHIM))

    def allows(self, block: IPv4Network) -> bool:
        """Whether a slice that a host has is one that the stack file still allows."""
        size = self.slice is None or block.prefixlen == self.slice
        return size and self.pool is not None and block != self.pool and block.subnet_of(self.pool)

    def settled(
        self, blocks: Mapping[str, IPv4Network], plan: AddressPlan, *, names: bool
    ) -> MacvlanSettings:
        """The same with each host's slice, and its containers' addresses. ``names``: with name servers."""
        chosen = self.model_copy(update={"ip_range": dict(blocks)})
        chosen._plan = plan
        chosen._names = names
        return chosen

    def refusals_on(self, host: str, facts: HostFacts) -> Iterator[str]:
        yield from super().refusals_on(host, facts)
        if parent := self.parent_on(host):
            yield from refusals.of_parent(host, parent, facts, self.driver)

    def refusals(self, name: str, fleet: FleetFacts) -> Iterator[str]:
        yield from super().refusals(name, fleet)
        hosts = self.on(fleet.hosts)
        key = "ip_range" if self.pool is None else "pool"
        parents = {host: str(self.parent_on(host)) for host in hosts}
        blocks = {host: block for host in hosts if (block := self.block_on(host)) is not None}
        had = {
            host: facts.ranges[name]
            for host, facts in fleet.answering.items()
            if name in facts.ranges
        }
        wanted = others.Wanted(name, self.subnet, self.gateway_address, blocks, had, parents, key)
        yield from others.refusals(wanted, fleet)
        if self.subnet6 is None or self.gateway6_address is None:
            return
        yield from others.refusals(
            others.Wanted(
                name,
                self.subnet6,
                self.gateway6_address,
                {
                    host: second_subnet.part(block, self.subnet, self.subnet6)
                    for host, block in blocks.items()
                },
                {
                    host: second_subnet.part(block, self.subnet, self.subnet6)
                    for host, block in had.items()
                    if block.subnet_of(self.subnet)
                    and others.has(name, self.subnet6, fleet.answering[host], fleet.stack)
                },
                parents,
                key,
            ),
            fleet,
        )

    def items(self, name: str, hosts: Sequence[str]) -> list[Item]:
        return [
            replace(
                item,
                key=network_key(name, item.host, None, self.driver),
                claims=item.claims
                | {Claim("parent", item.host, str(self.parent_on(item.host)))}
                | ({Claim("shim", item.host, name)} if self.shim else set()),
            )
            for item in super().items(name, hosts)
        ]

    def first_on_lan(self, name: str, stack: Stack, fleet: FleetFacts) -> Iterator[LanAddress]:
        nics = {host: str(self.parent_on(host)) for host in self.on(fleet.hosts)}
        return lan.first(name, stack, fleet, self.given, nics)

    def address_problem(self, name: str, address: IPv4Address, stack: Stack) -> str | None:
        if problem := super().address_problem(name, address, stack):
            return problem
        for host, taken in lan.of_hosts(stack).items():
            if address == taken:
                return f"{address} is the address of the Docker host {host}: write another"
        for reserved in self.reserved:
            if address in reserved:
                return f"{address} is in {reserved}, which is reserved: write another address"
        return None

    def gives_by_itself(self, address: IPv4Address) -> bool:
        blocks = [*([self.pool] if self.pool else []), *(self.ip_range or {}).values()]
        return any(address in block for block in blocks)

    def no_address_problem(self, name: str, stack: Stack) -> str | None:
        if self.ip_range is not None or self.pool is not None:
            return None
        return lan.needs_address(name, self, stack)

    @property
    def adopts(self) -> bool:
        return self.adopt

    def unlike(self, found: NetworkFacts, host: str, facts: HostFacts) -> str:
        return adoption.difference(facts, found, self.made_of(host))

    @property
    def no_published_ports(self) -> str:
        return "macvlan publishes no ports, the container has its own LAN address: remove it"

    def link_on(self, name: str, host: str, *, stack: str, address: str) -> HostLink:
        promiscuous = "yes" if self.promiscuous else ""
        return HostLink(
            name, host, parent=self.parent_on(host) or "", promiscuous=promiscuous,
            driver="" if self.driver == "macvlan" else self.driver,
            shim=device_name(stack, name) if self.shim else "",
        )  # fmt: skip

    def writes_units(self, host: str) -> bool:
        vlan = vlan_of(self.parent_on(host) or "") is not None
        return (self.promiscuous or self.shim or vlan) and bool(self.on([host]))
