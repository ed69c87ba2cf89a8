"""The hosts of a stack as they were looked at, all of them together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from planning.facts import HostFacts, Unreachable
from planning.ports import Peer


@dataclass(frozen=True)
class Path:
    """The way between two hosts. ``most``: the largest packet that both ends carry, in bytes."""

    one: str
    other: str
    most: int


@dataclass(frozen=True)
class UdpPath:
    """The way from one host to a UDP port of another."""

    source: str
    to: str
    port: int


@dataclass(frozen=True)
class FleetFacts:
    """What is known of a stack's hosts.

    ``stack``: its name. ``addresses``: host -> what its peers reach it by, an IP address or a DNS
    name, of all hosts in the stack file's order. ``facts``: of all hosts. ``paths``: the largest packet
    that gets there and back unfragmented, in bytes, of the paths that were asked and answered. ``lost``: those of the asked UDP ports that nothing gets to.
    """

    stack: str
    addresses: Mapping[str, str]
    facts: Mapping[str, HostFacts | Unreachable]
    paths: Mapping[Path, int] = field(default_factory=dict)
    lost: frozenset[UdpPath] = frozenset()

    @property
    def hosts(self) -> list[str]:
        """All hosts, in the stack file's order."""
        return list(self.addresses)

    @cached_property
    def peers(self) -> dict[str, Peer]:
        """The hosts that answer."""
        return {
            name: Peer(address, seen)
            for name, address in self.addresses.items()
            if isinstance(seen := self.facts[name], HostFacts)
        }

    @property
    def answering(self) -> dict[str, HostFacts]:
        """The facts of the hosts that answer."""
        return {name: peer.facts for name, peer in self.peers.items()}
