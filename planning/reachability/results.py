"""What came of probes: rows of a proof, and what hosts answer, in its form or not at all.

Standard library only (components/reachability/run.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from planning.reachability.probes import TABLES, Probe

# As probe.sh says it.
AWAY = "its container does not run"
NO_NAME_SERVER = "no name server answers"
Observed = Literal["yes", "no", "unknown"]
_ANSWER = re.compile(r"(\d{1,6}) (yes|no|unknown) (-|\d{1,9}(?:\.\d{1,6})?) ?([ -~]{0,200})")
_PORT = re.compile(r"(\d{1,6}) port (\d{1,5})")
_NO_SERVER = re.compile(r"(\d{1,6}) unknown ([ -~]{0,200})")
_NEIGHBOUR = re.compile(r"(\d{1,6}) neighbour ([A-Z]{0,12}) (-|[0-9a-f:]{17})")
_CHECKSUMS = re.compile(r"(\d{1,6}) checksums (\d{1,12})")
_SIZE = re.compile(r"(\d{1,6}) size (\d{1,5})")


@dataclass(frozen=True)
class Result:
    """A probe and its outcome. ``ms``: milliseconds, None where there was no answer.

    ``why``: what was seen. ``cause``: what explains a broken promise, and the remedy.
    """

    probe: Probe
    observed: Observed
    ms: float | None = None
    why: str = ""
    cause: str = ""

    @property
    def holds(self) -> bool:
        """Whether it is as it is to be; what is not known does not hold, and is not broken."""
        return self.observed == ("yes" if self.probe.expected else "no")

    @property
    def broken(self) -> bool:
        return not self.holds and self.observed != "unknown"

    def row(self) -> dict[str, Any]:
        """Its row in a proof."""
        probe = self.probe
        return {
            "from": probe.source or probe.source_host,
            "from_host": probe.source_host,
            "to": probe.to,
            "to_host": probe.to_host,
            "network": probe.network,
            "kind": probe.kind,
            "family": probe.family,
            "expected": "yes" if probe.expected else "no",
            "observed": self.observed,
            "ms": self.ms,
            "cause": "" if self.holds else self.cause or self.why,
        }


def answered(probes: Mapping[int, Probe], text: str) -> dict[int, Result]:
    """The results of the probes (by number) that a host's answer has in their form."""
    found: dict[int, Result] = {}
    for line in text.splitlines():
        match = _ANSWER.fullmatch(line)
        if match and int(match[1]) in probes:
            number = int(match[1])
            ms = None if match[3] == "-" else float(match[3])
            observed: Any = match[2]
            found[number] = Result(probes[number], observed, ms, match[4].strip())
    return found


def ports(text: str) -> dict[int, int | str]:
    """Number of a server -> its port, or why there is none."""
    found: dict[int, int | str] = {}
    for line in text.splitlines():
        if (match := _PORT.fullmatch(line)) and 0 < int(match[2]) < 65536:
            found[int(match[1])] = int(match[2])
        elif match := _NO_SERVER.fullmatch(line):
            found[int(match[1])] = match[2]
    return found


@dataclass(frozen=True)
class Looked:
    """What the namespaces of a probe's source and target know.

    ``state``, ``mac``: of its entry among the neighbours, "" where there is none. ``size``: bytes of the
    largest packet that arrives, None where none does. ``checksums``: how many TCP packets came to one
    of the two with wrong ones.
    """

    state: str = ""
    mac: str = ""
    size: int | None = None
    checksums: int = 0


def looked(text: str) -> dict[int, Looked]:
    """Number of a probe -> what `probe.sh look` says of it."""
    found: dict[int, Looked] = {}
    for line in text.splitlines():
        if match := _NEIGHBOUR.fullmatch(line):
            mac = "" if match[3] == "-" else match[3]
            had = found.get(int(match[1]), Looked())
            found[int(match[1])] = replace(had, state=match[2], mac=mac)
        elif match := _CHECKSUMS.fullmatch(line):
            had = found.get(number := int(match[1]), Looked())
            found[number] = replace(had, checksums=had.checksums + int(match[2]))
        elif (match := _SIZE.fullmatch(line)) and (number := int(match[1])) in found:
            found[number] = replace(found[number], size=int(match[2]))
    return found


@dataclass(frozen=True)
class Report:
    """All results of a proof. ``macs``: address -> MAC address that the container with it has now."""

    results: Sequence[Result] = field(default=())
    macs: Mapping[str, str] = field(default_factory=dict)

    @property
    def broken(self) -> list[Result]:
        return [one for one in self.results if one.broken]

    @property
    def unknown(self) -> list[Result]:
        return [one for one in self.results if one.observed == "unknown"]

    def sentences(self) -> Iterator[str]:
        """What is broken, a sentence for each pair; a ping that fails speaks for what else does."""
        silent = {one.probe.ends for one in self.broken if one.probe.kind == "ping"}
        told: set[tuple[str, ...]] = set()
        for one in self.broken:
            probe = one.probe
            told_by_ping = probe.kind != "ping" and probe.kind not in TABLES and probe.expected
            if told_by_ping and probe.ends in silent:
                continue
            pair = (probe.network, probe.source_host, probe.to_host, one.cause or probe.kind)
            if pair not in told:
                told.add(pair)
                yield sentence(one)

    def doubts(self) -> Iterator[str]:
        """What is not known, a sentence for each container and reason."""
        found: dict[tuple[str, str], list[Result]] = {}
        for one in self.unknown:
            source = one.probe.source
            who = f"{source} on {one.probe.source_host}" if source else one.probe.source_host
            found.setdefault((who, one.why or "no answer"), []).append(one)
        for (who, why), results in found.items():
            if len(results) == 1:
                yield sentence(results[0])
            else:
                yield f"{len(results)} probes from {who} are not known: {why}"

    def explained_by_ends(self) -> Report:
        """The report where a container that does not run is the cause of what does not reach it."""
        away = {
            (one.probe.source, one.probe.source_host) for one in self.unknown if one.why == AWAY
        }

        def with_reason(one: Result) -> Result:
            if (one.probe.to, one.probe.to_host) not in away or one.holds or one.why == AWAY:
                return one
            reason = f"{one.probe.to} does not run"
            return replace(one, cause=reason) if one.broken else replace(one, why=reason)

        return replace(self, results=[with_reason(one) for one in self.results])

    def explained_by_devices(self) -> Report:
        """The report where a device that is not as planned is why large packets do not arrive."""
        faults = {
            (one.probe.network, one.probe.source_host): f"on {one.probe.source_host} {one.cause}"
            for one in self.broken
            if one.probe.kind in ("mtu", "link")
        }

        def with_cause(one: Result) -> Result:
            probe = one.probe
            ends = [(probe.network, probe.source_host), (probe.network, probe.to_host)]
            found = [faults[end] for end in ends if end in faults]
            if not found or not one.broken or one.cause or probe.kind not in ("size", "transfer"):
                return one
            return replace(one, cause=found[0])

        return replace(self, results=[with_cause(one) for one in self.results])

    def explained_by_tables(self) -> Report:
        """The report where a table that is not as planned is the cause of what else has none."""
        causes = {
            (one.probe.network, one.probe.source_host, one.probe.to_host): one.cause
            for one in reversed(self.broken)
            if one.probe.kind in TABLES
        }

        def with_cause(one: Result) -> Result:
            pair = one.probe.network, one.probe.source_host, one.probe.to_host
            if one.broken and one.probe.expected and not one.cause and pair in causes:
                return replace(one, cause=causes[pair])
            return one

        return replace(self, results=[with_cause(one) for one in self.results])

    def rows(self) -> list[dict[str, Any]]:
        return [one.row() for one in self.results]


_DONE = {
    "ping": "reach",
    "tcp": "reach by TCP",
    "port": "reach port {more} of",
    "published": "reach the published port {more} of",
    "transfer": "exchange large TCP packets with",
    "name": "find by name",
    "size": "send a packet of full size to",
}


def sentence(result: Result) -> str:
    """One result as a sentence, with its cause where it is broken."""
    probe = result.probe
    if probe.kind in TABLES:
        return _of_tables(result)
    source = f"{probe.source} on {probe.source_host}" if probe.source else probe.source_host
    to = f"{probe.to} on {probe.to_host}" if probe.to != probe.to_host else probe.to
    by = " by IPv6" if probe.family == "IPv6" else ""
    on = (f" on {probe.network}" if probe.network else "") + by
    done = _DONE[probe.kind].format(more=probe.more)
    if result.observed == "unknown":
        return f"whether {source} can {done} {to}{on} is not known: {result.why or 'no answer'}"
    does = "does not" if probe.expected else "does"
    should = "" if probe.expected else ", which must not be"
    why = result.cause or result.why
    return f"{source} {does} {done} {to} ({probe.target}){on}{should}{f': {why}' if why else ''}"


def _of_tables(result: Result) -> str:
    probe = result.probe
    where = f"{probe.network} on {probe.source_host}"
    if result.observed == "unknown":
        return f"whether {where} is as planned ({probe.kind}) is not known: {result.why}"
    return f"{where} is not as planned ({probe.kind}): {result.cause}"
