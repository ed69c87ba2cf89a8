"""What a picture of a fleet is drawn from: plain data, of which any text may be hostile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Status(Enum):
    """Where something stands beside the stack's last up; the value is said of what is not THERE."""

    THERE = ""
    NEW = "not up yet"
    GONE = "no longer in the stack file"


@dataclass(frozen=True)
class HostLink:
    """How a host is on a network. ``nic``: with its mode; ``block``: its part of the subnet."""

    nic: str | None = None
    block: str | None = None


@dataclass(frozen=True)
class Network:
    """A network. ``strategy``: in words, with its control plane; ``links``: host -> HostLink."""

    name: str
    strategy: str
    subnet: str
    links: Mapping[str, HostLink] = field(default_factory=dict)
    status: Status = Status.THERE


@dataclass(frozen=True)
class Container:
    """A container. ``docker_name``: what Docker calls it.

    ``addresses``: network -> IPv4 address, None where nobody knows it before an up. ``mode``: what it
    has instead of networks: none, host, bridge, container:NAME. ``ports``: those published, in words.
    ``addresses6``: network -> IPv6 address, as far as they are known.
    """

    name: str
    host: str
    docker_name: str = ""
    addresses: Mapping[str, str | None] = field(default_factory=dict)
    mode: str = ""
    ports: tuple[str, ...] = ()
    status: Status = Status.THERE
    addresses6: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Host:
    """A Docker host. ``engine``: its version, None where nobody knows it; ``roles``: e.g. manager."""

    name: str
    address: str
    engine: str | None = None
    roles: tuple[str, ...] = ()
    status: Status = Status.THERE


@dataclass(frozen=True)
class Topology:
    """A stack's fleet. ``notes``: sentences that belong to the picture."""

    stack: str
    hosts: tuple[Host, ...]
    networks: tuple[Network, ...] = ()
    containers: tuple[Container, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> set[str]:
        """All names that somebody may call something of it by."""
        of_containers = {name for one in self.containers for name in (one.name, one.docker_name)}
        return {one.name for one in self.hosts} | {n.name for n in self.networks} | of_containers
