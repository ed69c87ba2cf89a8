"""Docker's networks on the host, ours or not."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Literal, Self

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


class Range(Facts):
    """What a bridge network of the stack takes automatic addresses from."""

    name: Printable
    """The network's name."""
    range: IPv4Network | Literal[""] | None
    """The part of its subnet; "" or None for all of it."""


class NetworksTopic(Topic):
    """Docker's networks on the host."""

    networks: list[NetworkFacts] | None = []
    """All networks; None where they could not be read."""
    parents: dict[str, str] = {}
    """ID of a macvlan network -> its NIC, "" where it has none."""
    ranges: dict[str, IPv4Network] = {}
    """Name of a bridge network of the stack -> the part of its subnet that automatic addresses are of."""

    @classmethod
    def read(cls, printed: Printed) -> Self:
        answers = docker_info(printed).ServerVersion
        parents = printed.rows("parents", Parent) or []
        ranges = printed.rows("ranges", Range) or []
        return cls(
            networks=printed.rows("networks", NetworkFacts) if answers else None,
            ranges={row.name: row.range for row in ranges if row.range},
            parents={row.id: row.parent for row in parents},
        )
