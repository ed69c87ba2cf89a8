"""What watch.sh says on a host, in its form or not at all. Standard library only."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import Any, Literal

ContainerState = Literal["same", "restarted", "gone"]
_LISTED = re.compile(r"container ([0-9a-f]{64}) (\S{1,200}) ([0-9.]{7,15}) (-|\d{1,5})")
_CONTAINER = re.compile(r"container ([0-9a-f]{64}) (same|restarted|gone)")
_NUMBER = r"(\d{1,9})"
_PAIR = re.compile(
    rf"pair (\d{{1,6}}) (on|off|never|failed|silent) {_NUMBER} {_NUMBER} {_NUMBER} {_NUMBER} "
    r"(none|open|waiting|closed|unknown)"
)


@dataclass(frozen=True)
class Listed:
    """A container on a network. ``port``: of a server in it for one connection that is held, 0 where
    the host has nothing to make one with.
    """

    id: str
    network: str
    address: IPv4Address
    port: int


@dataclass(frozen=True)
class PairState:
    """What became of a pair's packets and its connection.

    ``state``: "on" (it is reached now), "off", "never" (it was at no time), "failed" (no packets could be
    sent), "silent" (none were sent for seconds). ``count`` of interruptions, ``ms`` of them in all, ``longest``, which began ``ago``: milliseconds.
    ``connection``: "none" where there was none at the beginning, "unknown" where it could not be made.
    """

    state: Literal["on", "off", "never", "failed", "silent"]
    count: int = 0
    ms: int = 0
    longest: int = 0
    ago: int = 0
    connection: Literal["none", "open", "waiting", "closed", "unknown"] = "none"

    @property
    def settled(self) -> bool:
        """Whether asking again a moment later would say the same."""
        return self.state not in ("off", "silent") and self.connection != "waiting"


@dataclass(frozen=True)
class Watched:
    """What one host says: of containers by ID, of pairs by number."""

    containers: dict[str, ContainerState] = field(default_factory=dict)
    pairs: dict[int, PairState] = field(default_factory=dict)


def listed(lines: list[str]) -> list[Listed]:
    """The containers that run."""
    found: list[Listed] = []
    for line in lines:
        match = _LISTED.fullmatch(line)
        if match is None:
            continue
        try:
            address = IPv4Address(match[3])
        except ValueError:
            continue
        port = 0 if match[4] == "-" else int(match[4])
        if port < 65536:
            found.append(Listed(match[1], match[2], address, port))
    return found


def watched(lines: list[str]) -> Watched:
    """What became of containers and pairs."""
    found = Watched()
    for line in lines:
        if match := _CONTAINER.fullmatch(line):
            container: Any = match[2]
            found.containers[match[1]] = container
        elif match := _PAIR.fullmatch(line):
            state: Any = match[2]
            count, ms, longest, ago = (int(match[n]) for n in range(3, 7))
            connection: Any = match[7]
            found.pairs[int(match[1])] = PairState(state, count, ms, longest, ago, connection)
    return found
