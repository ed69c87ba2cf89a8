"""Docker's networks on the host, ours or not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict

from planning.answers import At, Printable, Word, WordOrNone
from planning.facts.base import Facts, Topic
from planning.facts.info import docker_info
from planning.facts.printed import Printed

# Docker's option of an overlay that lists the numbers of its VXLANs.
VXLAN_NUMBERS = "com.docker.network.driver.overlay.vxlanid_list"


class NetworkFacts(Facts):
    """A row of `docker network ls`."""

    id: Word
    """Its ID, in full."""
    name: Printable
    """Its name."""
    driver: Printable
    """"bridge", "macvlan", "overlay", ..."""
    scope: Word
    """"local", "global" (a cluster store's) or "swarm"."""
    stack: Printable
    """Its label crosshost.stack, "" where crosshost did not make it."""
    made: Printable = ""
    """Its label crosshost.made."""


class Joined(BaseModel):
    """A running container on a network, in Docker's words."""

    model_config = ConfigDict(frozen=True)

    Name: Printable
    """The container's name."""
    IPv4Address: IPv4Interface | Literal[""]
    """Its address with the subnet's prefix length, "" without one."""
    IPv6Address: IPv6Interface | Literal[""] = ""
    """The same of its IPv6 address."""


class Macvlan(Facts):
    """What a macvlan network is made of."""

    id: Word
    """The network's ID."""
    parent: WordOrNone
    """Its NIC's name, "" where it has none."""
    options: dict[str, str] | None = None
    """Its driver options, the parent among them."""
    configs: list[dict[str, Any]] | None = None
    """Its subnets, in Docker's words: {Subnet, Gateway, IPRange} each."""
    containers: dict[Word, Joined] | None = None
    """ID of a running container on it -> the container."""

    @property
    def given(self) -> dict[str, IPv4Address]:
        """Name of a running container on it -> its address."""
        return _given(self.containers)


class Range(Facts):
    """What the engine gives out of a network of the stack that it alone has."""

    name: Printable
    """The network's name."""
    range: IPv4Network | Literal[""] | None
    """The part of its subnet that automatic addresses are of; "" or None for all of it."""
    containers: dict[Word, Joined] | None = None
    """ID of a running container on it -> the container."""


def _given(containers: Mapping[str, Joined] | None) -> dict[str, IPv4Address]:
    return {one.Name: one.IPv4Address.ip for one in (containers or {}).values() if one.IPv4Address}


def _given6(containers: Mapping[str, Joined] | None) -> dict[str, IPv6Address]:
    return {one.Name: one.IPv6Address.ip for one in (containers or {}).values() if one.IPv6Address}


class OverlayPeer(BaseModel):
    """A host that an overlay's containers are on, in Docker's words."""

    model_config = ConfigDict(frozen=True)

    IP: At
    """Its address."""


class Overlay(Facts):
    """What an overlay that the engine knows is made of."""

    id: Word
    """The network's ID."""
    configs: list[dict[str, Any]] | None
    """Its subnets, in Docker's words: {Subnet, Gateway} each."""
    options: dict[str, str] | None
    """Its driver options."""
    attachable: bool = False
    """Whether containers may join it, not only services of a swarm."""
    internal: bool = False
    """Whether it leads nowhere else."""
    peers: list[OverlayPeer] | None = None
    """Hosts with containers on it, as far as the engine knows."""
    containers: dict[Word, Joined] | None = None
    """ID of a running container of the host on it -> the container; where a store has the network, of each of its
    endpoints, on whichever host."""

    @property
    def given(self) -> dict[str, IPv4Address]:
        """Name of each of ``containers`` -> its address."""
        return _given(self.containers)

    @property
    def vnis(self) -> set[int]:
        """The numbers of its VXLANs, one a subnet, which Docker lists among the options."""
        listed = (self.options or {}).get(VXLAN_NUMBERS, "")
        return {int(text) for text in listed.split(",") if re.fullmatch("[0-9]{1,8}", text)}

    def is_made_of(self, subnet: str, gateway: str, options: Mapping[str, str]) -> bool:
        """Whether it has this one subnet with this gateway, and these driver options."""
        same = [{"Subnet": subnet, "Gateway": gateway}] == self.configs
        return same and (self.options or {}) == dict(options)


class NetworksTopic(Topic):
    """Docker's networks on the host."""

    networks: list[NetworkFacts] | None = []
    """All networks; None where they could not be read."""
    parents: dict[str, str] = {}
    """ID of a macvlan network -> its NIC, "" where it has none."""
    macvlans: dict[str, Macvlan] = {}
    """ID of a macvlan network -> what it is made of."""
    ranges: dict[str, IPv4Network] = {}
    """Name of a network of the stack that is this engine's alone -> the part of its subnet that automatic
    addresses are of.
    """
    given: dict[str, dict[str, IPv4Address]] = {}
    """Name of such a network -> name of a running container on it -> its address."""
    given6: dict[str, dict[str, IPv6Address]] = {}
    """The same with IPv6 addresses; a container without one is left out."""
    overlays: dict[str, Overlay] = {}
    """ID of an overlay, in a cluster store or a swarm -> what it is made of."""

    def in_store(self, name: str, stack: str) -> str | None:
        """The ID of the overlay of this name that a stack made in a cluster store; None without one."""
        same = (name, stack, "overlay", "global")
        found = (n.id for n in self.networks or [] if (n.name, n.stack, n.driver, n.scope) == same)
        return next(found, None)

    @classmethod
    def read(cls, printed: Printed) -> Self:
        answers = docker_info(printed).ServerVersion
        parents = printed.rows("parents", Macvlan) or []
        ranges = printed.rows("ranges", Range) or []
        return cls(
            networks=printed.rows("networks", NetworkFacts) if answers else None,
            ranges={row.name: row.range for row in ranges if row.range},
            given={row.name: _given(row.containers) for row in ranges},
            given6={row.name: _given6(row.containers) for row in ranges},
            parents={row.id: row.parent for row in parents},
            macvlans={row.id: row for row in parents},
            overlays={row.id: row for row in printed.rows("overlays", Overlay) or []},
        )
