"""What the stack file says of a network that can have an IPv6 subnet beside its IPv4 one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from typing import Any, ClassVar

import pulumi_docker as docker
from pydantic import Field, model_validator

from components.networks.base import NetworkSettings
from planning import second_subnet
from planning.conflicts import Claim, Item
from planning.contract import Reach
from planning.facts import HostFacts
from planning.field_types import Subnet6

ENABLE_IPV6 = "an IPv6 subnet is asked for by naming it: write e.g. `subnet6: {}`"
NO_IPV6 = (
    "Docker's overlays carry IPv4 only: take it out, or write a network with `strategy: vxlan` or "
    "`strategy: macvlan`, which carry both"
)


class DualStackSettings(NetworkSettings):
    """A network whose containers have IPv6 addresses too, if it has a `subnet6`."""

    refused: ClassVar[Mapping[str, str]] = {
        "enable_ipv6": ENABLE_IPV6.format(second_subnet.proposal())
    }

    subnet6: Subnet6 | None = Field(
        default=None,
        description="IPv6 subnet beside `subnet`, e.g. fd12:3456:789a::/64: a container that is given an "
        "IPv4 address has the one at the same place of this",
    )

    @model_validator(mode="after")
    def subnet6_fits(self) -> DualStackSettings:
        if self.subnet6 and (reason := second_subnet.problem(self.subnet, self.subnet6)):
            raise ValueError(f"subnet6: {reason}")
        return self

    @property
    def ipv6(self) -> IPv6Network | None:
        return self.subnet6

    @property
    def ipv6_reach(self) -> Mapping[Reach, bool]:
        # Addresses of hosts are IPv4 ones; what a host has on the network itself, its strategy adds.
        ways = (Reach.SAME_HOST, Reach.ACROSS, Reach.NAMES) if self.subnet6 else ()
        return {way: self.contract.reach[way] for way in ways}

    def ipv6_of(self, address: IPv4Address) -> IPv6Address | None:
        if self.subnet6 is None or address not in self.subnet:
            return None
        return second_subnet.place(address, self.subnet, self.subnet6)

    def gives_by_itself(self, address: IPv4Address) -> bool:
        """Whether a container may get an IPv4 address that the stack file does not give it."""
        return True

    def ipv6_problem(
        self, name: str, address: IPv6Address, beside: IPv4Address | None
    ) -> str | None:
        if self.subnet6 is None:
            return super().ipv6_problem(name, address, beside)
        if address not in self.subnet6:
            return f"{address} is outside of the subnet {self.subnet6}: write an address inside it ({name})"
        if address == self.subnet6.network_address:
            return f"{address} is the first address of {self.subnet6}, which all its routers have: write another one"
        place = second_subnet.counterpart(address, self.subnet, self.subnet6)
        if place is None or place == beside or not self.gives_by_itself(place):
            return None
        beyond = second_subnet.beyond(self.subnet, self.subnet6)
        return (
            f"{address} is at the place of {place}, which a container of {name} may get with it: write "
            + (
                f"one from {beyond} on"
                if beyond
                else "a larger `subnet6`, and one that is at no place of `subnet`"
            )
        )

    def ipv6_block_on(self, host: str) -> IPv6Network | None:
        block = self.block_on(host)
        if self.subnet6 is None or block is None:
            return None
        return second_subnet.part(block, self.subnet, self.subnet6)

    def ipam6(self, host: str, gateway: IPv6Address) -> docker.NetworkIpamConfigArgs:
        """Docker's configuration of the IPv6 subnet on a host."""
        block = self.ipv6_block_on(host)
        return docker.NetworkIpamConfigArgs(
            subnet=str(self.subnet6),
            gateway=str(gateway),
            ip_range=None if block is None else str(block),
        )

    def refusals_on(self, host: str, facts: HostFacts) -> Iterator[str]:
        yield from super().refusals_on(host, facts)
        if self.subnet6 is not None and facts.ipv6 is False:
            yield (
                f"IPv6 is off on {host} (net.ipv6.conf.all.disable_ipv6, or its kernel has none): turn it on, "
                "or take `subnet6` out"
            )

    def items(self, name: str, hosts: Sequence[str]) -> list[Item]:
        if self.subnet6 is None:
            return super().items(name, hosts)
        return [
            replace(item, claims=item.claims | {Claim("subnet", item.host, str(self.subnet6))})
            for item in super().items(name, hosts)
        ]

    def props(self, without: Iterable[str] = ()) -> dict[str, Any]:
        """Its component's inputs, which stay as they were where there is no IPv6. ``without``: keys to leave out."""
        unset = {name for name in ("subnet6", "gateway6") if getattr(self, name, None) is None}
        return self.model_dump(mode="json", exclude=unset | set(without))
