"""What the stack file says of others on a macvlan network's LAN: their addresses, and the router's."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

from pydantic import Field, model_validator

from components.networks.dual_stack import DualStackSettings
from planning.field_types import AnySubnet, Ipv6


class LanSettings(DualStackSettings):
    """A network on a LAN where others have addresses too."""

    reserved: list[AnySubnet] = Field(
        default=[],
        description="Addresses and subnets of the LAN that no container gets, IPv4 and IPv6 ones: others have them",
    )

    gateway6: Ipv6 | None = Field(
        default=None, description="Default: the first address of `subnet6`"
    )

    @model_validator(mode="after")
    def gateway6_fits(self) -> LanSettings:
        if self.gateway6 is None:
            return self
        if self.subnet6 is None:
            raise ValueError(
                "gateway6: is of `subnet6`, which is missing: write one, or take it out"
            )
        if self.gateway6 not in self.subnet6 or self.gateway6 == self.subnet6.network_address:
            raise ValueError(
                f"gateway6: {self.gateway6} is no address of {self.subnet6}: write one inside it"
            )
        return self

    @property
    def gateway6_address(self) -> IPv6Address | None:
        """The gateway given, or the first address of the IPv6 subnet; None without one."""
        return None if self.subnet6 is None else self.gateway6 or self.subnet6[1]

    def ipv6_problem(
        self, name: str, address: IPv6Address, beside: IPv4Address | None
    ) -> str | None:
        if problem := super().ipv6_problem(name, address, beside):
            return problem
        what, instead = str(address), "write another address"
        if beside is not None and address == self.ipv6_of(beside):
            what = f"{beside} has {address} at its place of {self.subnet6}, which"
            instead += ", or an IPv6 address of its own"
        if address == self.gateway6_address:
            return f"{what} is the gateway of {name} there: {instead}"
        for reserved in self.reserved:
            if address in reserved:
                return f"{what} is in {reserved}, which is reserved: {instead}"
        return None
