"""Watches pairs of containers that are there before an up changes anything, until it has ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network

from components import scripts
from components.reachability.sessions import LostError, Session
from components.remote import argv
from planning.reachability.interruptions import (
    Announced,
    End,
    Interruption,
    Pair,
    interruption,
    pairs,
)
from planning.reachability.watched import ContainerState, PairState, Watched, listed, watched

_BEGIN_SECONDS = 10.0
_READY_SECONDS = 5.0
_REPORT_SECONDS = 15.0
# What was interrupted a moment ago may be mended a moment later.
_TRIES = 10


@dataclass
class _Seen:
    """What the hosts have said: host -> why it says nothing; by ID; by the pairs' numbers."""

    lost: dict[str, str] = field(default_factory=dict)
    containers: dict[str, ContainerState] = field(default_factory=dict)
    pairs: dict[int, PairState] = field(default_factory=dict)


class Watch:
    """Pairs of containers, and the sessions with their hosts.

    It begins in the background.
    """

    def __init__(
        self,
        config: str,
        targets: Mapping[str, str],
        subnets: Mapping[str, IPv4Network],
        ends: Iterable[End],
    ) -> None:
        """``config``: the path of the stack's ssh_config. ``targets``: host -> NAME, or NAME:sudo.

        ``subnets``: of the networks; what a host says is sent to others only where it is in them.
        """
        self.pairs: Sequence[Pair] = pairs(ends)
        self.announced: Announced = {}
        self._subnets = subnets
        self._lock = threading.Lock()
        self._lost: dict[str, str] = {}
        self._watched: set[int] = set()
        ids: dict[str, list[str]] = {}
        for end in dict.fromkeys(end for pair in self.pairs for end in pair.ends):
            ids.setdefault(end.host, []).append(end.id)
        text = scripts.watcher()
        self._sessions = {
            host: Session(host, argv(config, targets[host], " ".join(["sh -s", *own])), text)
            for host, own in ids.items()
        }
        self._beginning = threading.Thread(target=self._begin, daemon=True)
        self._beginning.start()

    def wait(self) -> None:
        """Until all of it is watched, or a host takes too long for that."""
        self._beginning.join(_READY_SECONDS)

    def report(self) -> list[Interruption]:
        """What came of all pairs until now."""
        with self._lock:
            seen = self._ask()
            for _ in range(_TRIES):
                if self._settled(seen):
                    break
                time.sleep(1)
                seen = self._ask()
        now = time.time()
        found = (
            interruption(pair, self._of(number, pair, seen), seen.containers, self.announced, now)
            for number, pair in enumerate(self.pairs)
        )
        return [one for one in found if one is not None]

    def close(self) -> None:
        """End it on all hosts."""
        for session in self._sessions.values():
            session.hang_up()
        for session in self._sessions.values():
            session.wait()

    def _begin(self) -> None:
        until = time.monotonic() + _BEGIN_SECONDS
        with self._lock:
            said = self._answers("listed", until)
            there = {
                (one.id, one.network): one
                for lines in said.values()
                for one in listed(lines)
                if one.network in self._subnets and one.address in self._subnets[one.network]
            }
            asked: dict[str, list[str]] = {host: [] for host in self._sessions}
            for number, pair in enumerate(self.pairs):
                target = there.get((pair.to.id, pair.network))
                if target and (pair.source.id, pair.network) in there:
                    port = str(target.port) if target.port else "-"
                    line = f"pair {number} {pair.source.id} {target.address} {port}"
                    asked[pair.source.host].append(line)
                    self._watched.add(number)
            for host, lines in asked.items():
                self._sessions[host].say([*lines, ""])
            self._answers("watching", until)

    def _ask(self) -> _Seen:
        for session in self._sessions.values():
            session.say(["report"])
        seen = _Seen()
        for host, lines in self._answers("reported", time.monotonic() + _REPORT_SECONDS).items():
            part: Watched = watched(lines)
            own = {end.id for pair in self.pairs for end in pair.ends if end.host == host}
            seen.containers |= {id_: state for id_, state in part.containers.items() if id_ in own}
            seen.pairs |= {
                number: state
                for number, state in part.pairs.items()
                if number < len(self.pairs) and self.pairs[number].source.host == host
            }
        seen.lost |= self._lost
        return seen

    def _answers(self, last: str, until: float) -> dict[str, list[str]]:
        """Host -> the lines of those that answer; one that does not is not asked again."""
        found: dict[str, list[str]] = {}
        for host, session in self._sessions.items():
            if host in self._lost:
                continue
            try:
                found[host] = session.answer(last, until)
            except LostError as error:
                self._lost[host] = str(error)
        return found

    def _settled(self, seen: _Seen) -> bool:
        """Whether asking again a moment later would say the same of all that are not replaced."""
        return all(
            state.settled
            or "gone" in (seen.containers.get(end.id) for end in self.pairs[number].ends)
            for number, state in seen.pairs.items()
        )

    def _of(self, number: int, pair: Pair, seen: _Seen) -> PairState | str:
        lost = next((seen.lost[host] for host in pair.hosts if host in seen.lost), None)
        if lost is not None:
            return lost
        if number not in self._watched:
            return "one of the two was not to be found when the up began"
        state = seen.pairs.get(number)
        return state or f"{pair.source.host} says nothing of them"
