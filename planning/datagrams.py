"""Whether something between hosts keeps datagrams from UDP ports: what hosts are asked, and what follows.

"No" is said only where one host saw its datagrams leave while the other looked for them and saw none come; what
a host's own firewall drops has come. All else is not known, and left to the proof.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from planning.facts import HostFacts
from planning.fleet_facts import FleetFacts, UdpPath
from planning.ports import Port
from planning.sentences import listed

SCRIPT = Path(__file__).with_suffix(".sh").read_text().removeprefix("# shellcheck shell=sh\n")
# As long as hosts look where something does not come, and how often they send (datagrams.sh), in seconds.
SECONDS, _EVERY = 2, 0.05
# As long as one has sent while the other looked, at least.
_TOGETHER = 0.5
_NUMBER = re.compile(r"[0-9]{1,9}")
_SECONDS = re.compile(r"[0-9]{1,9}\.[0-9]{1,3}|[0-9]{1,9}")


@dataclass(frozen=True)
class Answer:
    """What a host told, with its session's begin and end by our clock (seconds), ``session``.

    ``script``, ``capture``: begin and end by the host's clock. ``dropped``: packets that it could not look at.
    ``ports``: number of another host and port -> datagrams that left for it, and that came from there.
    """

    session: tuple[float, float]
    script: tuple[float, float]
    capture: tuple[float, float]
    dropped: int
    ports: Mapping[tuple[int, int], tuple[int, int]]

    @property
    def looked(self) -> tuple[float, float]:
        """From when to when it looked for certain, by our clock."""
        (begun, ended), (first, last) = self.session, self.script
        return self.capture[0] + ended - last, self.capture[1] + begun - first


def can_look(facts: HostFacts, port: int, programs: Collection[str]) -> bool:
    """Whether a host can look for datagrams, and has no other program than these at the port that would get them."""
    found = {
        one.program
        for one in facts.listeners or []
        if (one.protocol, one.port) == ("udp", port) and one.program is not None
    }
    return facts.captures and facts.uid == 0 and found <= set(programs)


def question(own: str, ports: Sequence[UdpPath], addresses: Mapping[str, str], token: str) -> str:
    """The POSIX shell script that has a host take part. ``ports``: the paths that begin there."""
    hosts = list(addresses)
    words = [token, str(hosts.index(own)), str(IPv4Address(addresses[own])), str(SECONDS)]
    for path in ports:
        words += [str(hosts.index(path.to)), str(IPv4Address(addresses[path.to])), str(path.port)]
    return f"{SCRIPT}uptime begin\n(datagrams {shlex.join(words)}) 2>/dev/null &\n"


def understood(text: str, session: tuple[float, float]) -> Answer | None:
    """What a host printed; None where it did not take part."""
    rows: dict[str, list[list[str]]] = {}
    for line in text.splitlines():
        word, *more = line.split(" ")
        rows.setdefault(word, []).append(more)
    begin, end, capture = (_row(rows, word) for word in ("begin", "end", "capture"))
    if not (_are(_SECONDS, begin, 1) and _are(_SECONDS, end, 1) and _are(_SECONDS, capture, 3)):
        return None
    return Answer(
        session,
        (float(begin[0]), float(end[0])),
        (float(capture[0]), float(capture[1])),
        int(float(capture[2])),
        {
            (int(row[0]), int(row[1])): (int(row[2]), int(row[3]))
            for row in rows.get("port", [])
            if _are(_NUMBER, row, 4)
        },
    )


def lost(
    asked: Sequence[UdpPath], hosts: Sequence[str], answers: Mapping[str, Answer]
) -> Iterator[UdpPath]:
    """The paths by which nothing gets there. ``hosts``: all, in the order that they were numbered in."""
    for path in asked:
        sender, receiver = answers.get(path.source), answers.get(path.to)
        if sender is None or receiver is None or receiver.dropped:
            continue
        left, _ = sender.ports.get((hosts.index(path.to), path.port), (0, 0))
        _, came = receiver.ports.get((hosts.index(path.source), path.port), (0, 1))
        (begun, ended), (from_, until) = sender.looked, receiver.looked
        together = min(ended, until) - max(begun, from_)
        # Nearly all that it sent has left, so some did while the other looked.
        whole = (sender.capture[1] - sender.capture[0]) / _EVERY
        if came == 0 and together >= _TOGETHER and whole - left < together / _EVERY / 2:
            yield path


def refusals(ports: Collection[Port], hosts: Collection[str], fleet: FleetFacts) -> Iterator[str]:
    """Sentences on UDP ports that hosts need of each other, and that nothing gets to."""
    found = [path for path in fleet.lost if {path.source, path.to} <= {*hosts}]
    for protocol, port in ports:
        ways = sorted((p.source, p.to) for p in found if (protocol, p.port) == ("udp", port))
        if ways:
            between = listed([f"from {source} to {to}" for source, to in ways])
            yield (
                f"udp {port} does not get {between}: datagrams leave the one and do not come to the NIC of the "
                f"other, so something between them (a security group, a router's filter) drops them: let udp {port} "
                "through there"
            )


def _row(rows: Mapping[str, list[list[str]]], word: str) -> list[str]:
    found = rows.get(word, [])
    return found[0] if len(found) == 1 else []


def _are(form: re.Pattern[str], words: Sequence[str], count: int) -> bool:
    return len(words) == count and all(form.fullmatch(word) for word in words)
