"""What a report on an up is made from: plain data, in which nothing is secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum


class Weight(IntEnum):
    """How much an effect matters to who reads of it; the heaviest comes first."""

    LOST = 5  # cannot be undone
    AWAY = 4  # something that runs goes away for a time
    OPEN = 3  # somebody reaches what was shut
    ENDS = 2  # something that runs ends, as was asked for
    CHANGES = 1
    QUIET = 0  # touches nothing that runs


class Gate(Enum):
    """What --fail-on and `Expected:` name."""

    RESTART = "restart"
    REPLACE = "replace"
    EXPOSED_PORT = "exposed-port"
    UNSEEN_HOST = "unseen-host"


@dataclass(frozen=True)
class Effect:
    """One thing that happens. ``host``: where, "" for no host of its own.

    ``names``: by which of them a reader may have declared it, under ``gate``. ``bounced``: containers
    that are away, and ``more`` that nobody knows by name; ``seconds``: about how long.
    """

    host: str
    sentence: str
    weight: Weight
    gate: Gate | None = None
    names: tuple[str, ...] = ()
    bounced: tuple[str, ...] = ()
    more: int = 0
    seconds: int = 0


@dataclass(frozen=True)
class Member:
    """A container. ``addresses``: network -> IPv4 address, None where it is not known yet.

    ``is_host``: it has its host's own network, and reaches what that reaches.
    """

    host: str
    addresses: Mapping[str, str | None] = field(default_factory=dict)
    is_host: bool = False


@dataclass(frozen=True)
class Fleet:
    """Who is on which network. ``reach``: network -> name of a planning.contract.Reach -> promised."""

    members: Mapping[str, Member] = field(default_factory=dict)
    reach: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Impact:
    """What an up would do.

    ``gained``, ``lost``: sentences on who reaches whom. ``unseen``: hosts that could not be looked at.
    ``stops``: why an up would stop before it changes anything. ``errors``: why there is no whole
    preview. ``said``: what the program says beyond that. ``changed``: names for the picture.
    """

    stack: str
    effects: tuple[Effect, ...] = ()
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    changed: frozenset[str] = frozenset()
    changes: int = 0
    diff: str = ""
