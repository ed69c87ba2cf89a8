"""Docker's networks on the host, ours or not."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict

from planning.answers import Printable, Word, WordOrNone
from planning.facts.base import Facts, Topic
from planning.facts.info import docker_info
from planning.facts.printed import Printed


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


class Parent(Facts):
    """The NIC that a macvlan network holds."""

    id: Word
    """The network's ID."""
    parent: WordOrNone
    """The NIC's name, "" where the network has none."""


class Joined(BaseModel):
    """A running container on a network, in Docker's words."""

    model_config = ConfigDict(frozen=True)

    Name: Printable
    """The container's name."""
    IPv4Address: IPv4Interface | Literal[""]
    """Its address with the subnet's prefix length, "" without one."""


class Range(Facts):
    """What the engine gives out of a network of the stack that it alone has."""

    name: Printable
    """The network's name."""
    range: IPv4Network | Literal[""] | None
    """The part of its subnet that automatic addresses are of; "" or None for all of it."""
    containers: dict[Word, Joined] | None = None
    """ID of a running container on it -> the container."""


class Overlay(Facts):
    """What an overlay in a cluster store is made of."""

    id: Word
    """The network's ID."""
    configs: list[dict[str, Any]]
    """Its subnets, in Docker's words: {Subnet, Gateway} each."""
    options: dict[str, str] | None
    """Its driver options."""

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
    ranges: dict[str, IPv4Network] = {}
    """Name of a network of the stack that is this engine's alone -> the part of its subnet that automatic
    addresses are of.
    """
    given: dict[str, dict[str, IPv4Address]] = {}
    """Name of such a network -> name of a running container on it -> its address."""
    overlays: dict[str, Overlay] = {}
    """ID of an overlay in a cluster store -> what it is made of."""

    @classmethod
    def read(cls, printed: Printed) -> Self:
        answers = docker_info(printed).ServerVersion
        parents = printed.rows("parents", Parent) or []
        ranges = printed.rows("ranges", Range) or []
        return cls(
            networks=printed.rows("networks", NetworkFacts) if answers else None,
            ranges={row.name: row.range for row in ranges if row.range},
            given={
                row.name: {
                    one.Name: one.IPv4Address.ip
                    for one in (row.containers or {}).values()
                    if one.IPv4Address
                }
                for row in ranges
            },
            parents={row.id: row.parent for row in parents},
            overlays={row.id: row for row in printed.rows("overlays", Overlay) or []},
        )
