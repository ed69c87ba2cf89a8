"""Probes, and which ones prove a stack: they grow with its hosts, not with the square of its containers.

Standard library only (components/reachability/run.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

# What is asked of hosts, and what is read in their tables (comparison.py).
Kind = Literal[
    "ping", "tcp", "port", "published", "transfer", "name", "size",
    "link", "mtu", "route", "neighbour", "forwarding entry",
]  # fmt: skip
KINDS: tuple[Kind, ...] = ("ping", "tcp", "port", "published", "transfer", "name", "size")
TABLES: tuple[Kind, ...] = ("link", "mtu", "route", "neighbour", "forwarding entry")
Family = Literal["IPv4", "IPv6"]
# The ways of planning.contract, by the names of its members.
Reach = Mapping[str, bool]
# Between so many hosts every pair is tried; between more, each tries those 1, 2, 4, 8, ... after it.
ALL_PAIRS = 16
# A port that nothing listens on: an answer of the target's own stack is that it refuses.
CLOSED_PORT = 9


@dataclass(frozen=True)
class Endpoint:
    """A container on a network. ``host``: its host, ``address``: there, IPv4 or IPv6."""

    container: str
    host: str
    network: str
    address: str

    @property
    def family(self) -> Family:
        return family(self.address)


@dataclass(frozen=True)
class Published:
    """A TCP port of a container on its host. ``address``: that other hosts use (IPv4).

    ``expected``: whether it is bound to an address that they reach.
    """

    container: str
    host: str
    address: str
    port: int
    expected: bool


@dataclass(frozen=True)
class Probe:
    """One question. ``source``: a container, None for the host itself; ``to``: a container or a host.

    ``target``: IP address. ``more``: a port or a name, "" where the kind has none. ``expected``: what
    the network promises (True) or denies.
    """

    kind: Kind
    network: str
    source: str | None
    source_host: str
    to: str
    to_host: str
    target: str
    more: str
    expected: bool

    @property
    def family(self) -> Family:
        """Of the addresses that it is between."""
        return family(self.target)

    @property
    def ends(self) -> tuple[str | None, str, str, str, str, str]:
        """What it is between, on which network, and of which family."""
        return self.source, self.source_host, self.to, self.to_host, self.network, self.family

    @property
    def line(self) -> str:
        """The probe as a line of a request, words without spaces."""
        start = f"{self.source or '-'}@{self.source_host}"
        end = f"{self.to}@{self.to_host}"
        words = [
            *("probe", self.kind, self.network or "-", start, end, self.target),
            *(self.more or "-", "yes" if self.expected else "no"),
        ]
        return " ".join(words)

    @classmethod
    def read(cls, line: str) -> Probe:
        """The probe of a line. ValueError where it is none."""
        _, kind, network, start, end, target, more, expected = line.split(" ")
        if kind not in KINDS or expected not in ("yes", "no"):
            raise ValueError(f"no probe: {line}")
        source, _, source_host = start.rpartition("@")
        to, _, to_host = end.rpartition("@")
        return cls(
            kind,
            "" if network == "-" else network,
            None if source == "-" else source,
            source_host,
            to,
            to_host,
            target,
            "" if more == "-" else more,
            expected == "yes",
        )


@dataclass(frozen=True)
class Promise:
    """A user's own promise or denial: containers and a TCP port, 0 for a ping."""

    source: str
    to: str
    port: int
    expected: bool


def family(address: str) -> Family:
    """The family of an IP address."""
    return "IPv6" if ":" in address else "IPv4"


def plan(
    endpoints: Sequence[Endpoint],
    reach: Mapping[str, Reach],
    hosts: Mapping[str, str],
    published: Iterable[Published] = (),
    promises: Iterable[Promise] = (),
    *,
    every_pair: bool = False,
    reach6: Mapping[str, Reach] | None = None,
) -> list[Probe]:
    """The probes that prove a stack.

    ``reach``: network -> what it promises and denies; what is left out, routers decide. ``reach6``: the same of
    IPv6, as far as that is known of it, of networks that have a subnet of it. ``hosts``: host -> its address, of
    those that are known by an IPv4 one.
    ``every_pair``: every container tries every other one of its networks.
    """
    found: list[Probe] = []
    for network in reach:
        own = [one for one in endpoints if one.network == network]
        ways = {"IPv4": reach[network], "IPv6": (reach6 or {}).get(network, {})}
        for kind, known in ways.items():
            ends = [one for one in own if one.family == kind and known]
            found += _network(ends, known, hosts, every_pair=every_pair)
    for port in published:
        for name in tried_by(list(hosts), port.host)[:2]:
            found.append(
                Probe(
                    "published", "", None, name, port.container, port.host,
                    port.address, str(port.port), port.expected,
                )
            )  # fmt: skip
    found += _own(endpoints, promises)
    return list(dict.fromkeys(found))


def _network(
    own: Sequence[Endpoint], reach: Reach, hosts: Mapping[str, str], *, every_pair: bool
) -> Iterator[Probe]:
    first: dict[str, Endpoint] = {}
    for one in own:
        first.setdefault(one.host, one)
    for one in own:
        if (mate := first[one.host]) is not one:
            yield _ping(one, mate, expected=reach["SAME_HOST"])
        for host in tried_by(list(first), one.host):
            other = first[host]
            yield _ping(one, other, expected=reach["ACROSS"])
            # It takes seconds until nobody answers for a name: one container of each host waits for it.
            if reach["NAMES"] or (one is mate and one.family == "IPv4"):
                yield _between(one, other, "name", other.container, expected=reach["NAMES"])
    if every_pair:
        for one in own:
            for other in own:
                if one is not other:
                    way = "SAME_HOST" if one.host == other.host else "ACROSS"
                    yield _ping(one, other, expected=reach[way])
    for host, one in first.items():
        if "OWN_HOST" in reach:
            yield _from_host(one, host, expected=reach["OWN_HOST"])
        peers = tried_by(list(first), host)
        for name in peers:
            other = first[name]
            if reach["ACROSS"]:
                for kind, more in (("tcp", str(CLOSED_PORT)), ("transfer", ""), ("size", "")):
                    yield _between(one, other, kind, more, expected=True)  # type: ignore[arg-type]
            if "OTHER_HOST" in reach:
                yield _from_host(other, host, expected=reach["OTHER_HOST"])
        # A host stands for the LAN that it is on.
        lan = [name for name in (*peers, *hosts) if name in hosts and name != host][:1]
        for name in lan if "TO_LAN" in reach else ():
            yield Probe(
                "ping", one.network, one.container, host, name, name, hosts[name], "",
                reach["TO_LAN"],
            )  # fmt: skip


def tried_by(hosts: Sequence[str], own: str) -> list[str]:
    """The hosts that one tries, those next to it first."""
    if own not in hosts:
        return list(hosts)
    at = hosts.index(own)
    ring = [*hosts[at + 1 :], *hosts[:at]]
    if len(hosts) <= ALL_PAIRS:
        return ring
    steps = [1 << n for n in range(len(ring).bit_length()) if 1 << n <= len(ring)]
    return [ring[step - 1] for step in steps]


def _ping(one: Endpoint, other: Endpoint, *, expected: bool) -> Probe:
    return _between(one, other, "ping", "", expected=expected)


def _between(one: Endpoint, other: Endpoint, kind: Kind, more: str, *, expected: bool) -> Probe:
    return Probe(
        kind, one.network, one.container, one.host, other.container, other.host,
        other.address, more, expected,
    )  # fmt: skip


def _from_host(one: Endpoint, host: str, *, expected: bool) -> Probe:
    return Probe(
        "ping", one.network, None, host, one.container, one.host, one.address, "", expected
    )


def _own(endpoints: Sequence[Endpoint], promises: Iterable[Promise]) -> Iterator[Probe]:
    """On the network that the two share, else on the target's first."""
    for promise in promises:
        known = [one for one in endpoints if one.family == "IPv4"]
        starts = [one for one in known if one.container == promise.source]
        ends = [one for one in known if one.container == promise.to]
        shared = [(one, other) for one in starts for other in ends if one.network == other.network]
        for one, other in (shared or [(a, b) for a in starts for b in ends])[:1]:
            kind: Kind = "port" if promise.port else "ping"
            yield _between(one, other, kind, str(promise.port or ""), expected=promise.expected)
