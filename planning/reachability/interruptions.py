"""Whether containers that an up does not replace went on reaching each other while it changed things.

Standard library only (components/reachability/run.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from planning.reachability.probes import tried_by
from planning.reachability.watched import ContainerState, PairState

KIND = "uninterrupted"
# Between two hosts: where an up replaces one of the containers, another one may stay.
_PAIRS = 2
Expected = Literal["yes", "no"]
Observed = Literal["yes", "no", "unknown"]
# Host and network ("" for all of them) -> the sentence of the preview on what interrupts containers there.
Announced = Mapping[tuple[str, str], str]


@dataclass(frozen=True)
class End:
    """A container that runs before an up changes anything, on a network. ``id``: Docker's, in full."""

    container: str
    host: str
    network: str
    id: str

    def __str__(self) -> str:
        return f"{self.container} on {self.host}"


@dataclass(frozen=True)
class Pair:
    """Two containers of a network on two hosts; packets go from ``source`` to ``to`` and back."""

    source: End
    to: End

    def __str__(self) -> str:
        return f"{self.source} and {self.to}"

    @property
    def network(self) -> str:
        return self.source.network

    @property
    def ends(self) -> tuple[End, End]:
        return self.source, self.to

    @property
    def hosts(self) -> tuple[str, str]:
        return self.source.host, self.to.host


def pairs(ends: Iterable[End]) -> list[Pair]:
    """Up to two pairs for each network and two hosts that probes are tried between."""
    by_network: dict[str, dict[str, list[End]]] = {}
    for one in ends:
        by_network.setdefault(one.network, {}).setdefault(one.host, []).append(one)
    found: list[Pair] = []
    for hosts in by_network.values():
        names = list(hosts)
        tried: dict[frozenset[str], tuple[str, str]] = {}
        for name in names:
            for peer in tried_by(names, name):
                tried.setdefault(frozenset((name, peer)), (name, peer))
        for name, peer in tried.values():
            here, there = hosts[name], hosts[peer]
            for n in range(min(_PAIRS, max(len(here), len(there)))):
                found.append(Pair(here[n % len(here)], there[n % len(there)]))
    return found


@dataclass(frozen=True)
class Interruption:
    """How long a pair could not reach each other.

    ``expected``: "no" where the preview said what interrupts it, ``announced``. ``ms``: milliseconds in
    all, None where they are not known; ``longest`` of them without a break, from ``since`` (seconds
    since 1970) on. ``cut``: their TCP connection broke. ``why``: what was seen. ``lacking``: it is not known as
    a host has not the tools.
    """

    source: str
    source_host: str
    to: str
    to_host: str
    network: str
    observed: Observed
    ms: int | None = 0
    count: int = 0
    longest: int = 0
    since: float = 0
    cut: bool = False
    why: str = ""
    announced: str = ""
    lacking: bool = False

    @property
    def expected(self) -> Expected:
        return "no" if self.announced else "yes"

    @property
    def broken(self) -> bool:
        """Whether there was an interruption that nobody had said."""
        return self.observed == "no" and not self.announced

    @property
    def ends(self) -> tuple[str, str, str, str, str]:
        return self.source, self.source_host, self.to, self.to_host, self.network

    def worse_than(self, before: Interruption | None) -> bool:
        """Whether it is interrupted, and was not so much ``before``."""
        if self.observed != "no":
            return False
        return before is None or (self.count, self.cut) != (before.count, before.cut)

    def row(self) -> dict[str, Any]:
        """Its row in a proof."""
        return {
            "from": self.source,
            "from_host": self.source_host,
            "to": self.to,
            "to_host": self.to_host,
            "network": self.network,
            "kind": KIND,
            "expected": self.expected,
            "observed": self.observed,
            "ms": self.ms,
            "cause": "" if self.observed == "yes" else sentence(self),
        }


def interruption(
    pair: Pair,
    seen: PairState | str,
    containers: Mapping[str, ContainerState],
    announced: Announced,
    now: float,
) -> Interruption | None:
    """What came of a pair; None where the up replaced one of the two, or they did not reach each other
    before it.

    ``seen``: what its host says, or why it says nothing. ``containers``: by ID. ``now``: seconds since 1970, when the host said it.
    """
    if "gone" in (containers.get(end.id) for end in pair.ends):
        return None
    keys = [(host, network) for host in pair.hosts for network in ("", pair.network)]
    said = "; ".join(announced[key] for key in keys if key in announced)
    ends = (pair.source.container, pair.source.host, pair.to.container, pair.to.host, pair.network)
    if isinstance(seen, str):
        return Interruption(*ends, "unknown", None, why=seen, announced=said)
    if seen.state == "never":
        return None
    lacks = _lacks(pair, seen)
    if lacks:
        return Interruption(*ends, "unknown", None, why=lacks, announced=said, lacking=True)
    if seen.state == "silent" and not seen.count:
        busy = f"{pair.source.host} was too busy to send packets"
        return Interruption(*ends, "unknown", None, why=busy, announced=said)
    restarted = [end for end in pair.ends if containers.get(end.id) == "restarted"]
    why = " and ".join(f"{end} restarted" for end in restarted)
    if seen.state == "off":
        why = "; ".join(filter(None, (why, "they still do not")))
    cut = seen.connection in ("closed", "waiting")
    observed: Observed = "no" if seen.count or cut or seen.state == "off" else "yes"
    since = now - seen.ago / 1000
    return Interruption(
        *ends, observed, seen.ms, seen.count, seen.longest, since, cut, why, said
    )  # fmt: skip


def _lacks(pair: Pair, seen: PairState) -> str:
    """What keeps a host from telling, "" where nothing does."""
    if seen.state == "failed":
        return f"{pair.source.host} has not all of the commands nsenter, ping and awk"
    if seen.connection == "unknown" and not seen.count:
        return "no connection could be held: it takes bash, and perl or python3"
    return ""


def sentence(one: Interruption) -> str:
    """One of them as a sentence."""
    pair = f"{one.source} on {one.source_host} and {one.to} on {one.to_host}"
    if one.observed == "unknown":
        return (
            f"whether {pair} went on reaching each other on {one.network} is not known: {one.why}"
        )
    if one.observed == "yes":
        return f"{pair} went on reaching each other on {one.network}"
    at = datetime.fromtimestamp(one.since, UTC).strftime("%H:%M:%S UTC")
    if one.count > 1:
        lost = (
            f"did not reach each other on {one.network} for {one.ms} ms in all, {one.count} times, "
            f"the longest {one.longest} ms from {at} on"
        )
    elif one.count:
        lost = f"did not reach each other on {one.network} for {one.ms} ms from {at} on"
    else:
        lost = f"lost no packet on {one.network}"
    broke = ", and their TCP connection broke" if one.count else ", but their TCP connection broke"
    said = f": {one.announced}" if one.announced else ", and nothing was to interrupt them"
    return f"{pair} {lost}{broke if one.cut else ''}{said}{f' ({one.why})' if one.why else ''}"


def in_words(found: Sequence[Interruption]) -> Iterator[tuple[bool, str]]:
    """What is said at the end of an up: sentences, and whether each is a warning."""
    held = sum(one.observed == "yes" for one in found)
    if held:
        one = held == 1
        yield (
            False,
            (
                f"{held} pair{'' if one else 's'} of containers on different hosts that were there before "
                f"went on reaching each other while this up changed things: 0 ms lost"
            ),
        )
    for found_one in found:
        if found_one.observed != "yes":
            yield not found_one.announced, sentence(found_one)
