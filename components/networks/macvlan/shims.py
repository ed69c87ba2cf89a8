"""The host's own macvlan device on a network's parent, by which it reaches its own containers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, collapse_addresses

import pulumi
import pulumi_command as command

from components.host import Host
from planning import records
from planning.facts import HostFacts
from planning.host_slices import shim_change


def device_name(stack: str, network: str) -> str:
    """What a network's device is called on every host."""
    return f"mv{sha256(f'shim/{stack}/{network}'.encode()).hexdigest()[:8]}"


def reached(
    block: IPv4Network, containers: Iterable[IPv4Address], others: Collection[IPv4Network]
) -> list[IPv4Network]:
    """What a host reaches by its device: its slice, and addresses of its containers outside of it.

    ``others``: what is somebody else's, and is left out.
    """
    found = [block]
    for other in others:
        found = [
            part
            for one in found
            for part in (
                one.address_exclude(other)
                if other.subnet_of(one)
                else ([] if one.subnet_of(other) else [one])
            )
        ]
    return sorted(collapse_addresses([*found, *map(IPv4Network, containers)]))


@dataclass(frozen=True)
class Shim:
    """The device of a network on one host, with its address and what is reached by it."""

    network: str
    name: str
    parent: str
    address: IPv4Address
    routes: list[IPv4Network]

    def intact(self, facts: HostFacts) -> bool:
        """Whether a host has it as it is to be. What could not be read is not taken for drift."""
        if facts.hides("links", "addresses", "routes"):
            return True
        seen = facts.nics.get(self.name)
        here = {route.subnet for route in facts.routes if route.nic == self.name}
        return (
            seen is not None
            and "shim" not in facts.unkept
            and "UP" in seen.flags
            and seen.addresses == [IPv4Interface(f"{self.address}/32")]
            # Routes to a single address are not told.
            and here == {route for route in self.routes if route.prefixlen < 32}
        )

    def make(
        self, host: Host, *, parent: pulumi.Resource, depends_on: Sequence[pulumi.Resource]
    ) -> command.remote.Command:
        """The change that makes it."""
        facts, change = host.facts, shim_change(self.network)
        # As `ip route` tells them.
        lines = (str(route).removesuffix("/32") for route in self.routes)
        stdin = records.text(
            "".join(f"{line}\n" for line in lines),
            record=host.record(change),
            intact=isinstance(facts, HostFacts) and self.intact(facts),
            header={
                "network": self.network,
                "device": self.name,
                "parent": self.parent,
                "address": str(self.address),
            },
        )
        return host.change(
            f"{self.network}-shim", "shim.sh", stdin, parent=parent, depends_on=depends_on
        )
