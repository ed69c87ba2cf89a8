"""What of a fleet a picture shows one by one, and what as a number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from reports.topology.model import Container, Host, Network, Status, Topology
from reports.topology.paths import BrokenPath, Row, between_hosts, broken

T = TypeVar("T")
_Key = tuple[str, str]  # of a container: its host, and its name


@dataclass(frozen=True)
class Limits:
    """How much is shown one by one. ``containers``: in all; ``on_host``: of each host."""

    hosts: int
    containers: int
    on_host: int
    networks: int
    paths: int


@dataclass(frozen=True)
class HostView:
    """A host and those of its containers that are shown.

    ``more``: network or mode -> how many of the others are on it; ``hidden``: how many others.
    """

    host: Host
    containers: tuple[Container, ...] = ()
    more: Mapping[str, int] = field(default_factory=dict)
    hidden: int = 0


@dataclass(frozen=True)
class View:
    """What a picture shows. ``rest``: hosts of which only counts are; ``notes``: what belongs to it."""

    stack: str
    hosts: tuple[HostView, ...]
    rest: tuple[HostView, ...]
    networks: tuple[Network, ...]
    paths: tuple[BrokenPath, ...]
    notes: tuple[str, ...]


def view(fleet: Topology, rows: Sequence[Row], limits: Limits, keep: Collection[str] = ()) -> View:
    """A fleet within limits.

    ``rows``: of a reachability check. ``keep``: names of hosts, networks and containers that stay.
    After them come the ends of broken paths, then what is not up yet or on its way out.
    """
    all_paths = broken(rows, fleet)
    few = len(all_paths) <= limits.paths
    paths = all_paths if few else between_hosts(all_paths)
    drawn = paths[: limits.paths]

    first = list(_first_containers(fleet, drawn, keep))
    first_hosts = [
        *(host.name for host in fleet.hosts if host.name in keep),
        *(host for host, _ in first),
        *(end.host for path in drawn for end in path.ends),
        *(host.name for host in fleet.hosts if host.status is not Status.THERE),
    ]
    all_hosts = [host.name for host in fleet.hosts]
    known = set(all_hosts)
    others = all_hosts if len(all_hosts) <= limits.hosts else []
    hosts = _some((n for n in (*first_hosts, *others) if n in known), limits.hosts)

    by_host: dict[str, list[Container]] = {}
    for container in fleet.containers:
        by_host.setdefault(container.host, []).append(container)
    keys = [(c.host, c.name) for c in fleet.containers]
    candidates = [*first, *(keys if len(keys) <= limits.containers else ())]
    shown = _some((key for key in candidates if key[0] in hosts), limits.containers, limits.on_host)

    touched = {path.network for path in drawn}
    some = [n.name for n in fleet.networks if n.name in keep or n.name in touched]
    networks = _some([*some, *(n.name for n in fleet.networks)], limits.networks)
    views = [_host_view(host, by_host.get(host.name, ()), shown) for host in fleet.hosts]
    return View(
        fleet.stack,
        tuple(one for one in views if one.host.name in hosts),
        tuple(one for one in views if one.host.name not in hosts),
        tuple(network for network in fleet.networks if network.name in networks),
        tuple(drawn),
        (
            *fleet.notes,
            *_left_out(len(fleet.networks) - len(networks), paths[limits.paths :]),
            *_unknown(rows),
        ),
    )


def _first_containers(
    fleet: Topology, paths: Iterable[BrokenPath], keep: Collection[str]
) -> Iterator[_Key]:
    """The containers that are to be seen before all others."""
    for one in fleet.containers:
        if one.name in keep or one.docker_name in keep:
            yield one.host, one.name
    for path in paths:
        yield from ((end.host, end.container) for end in path.ends if end.container)
    for one in fleet.containers:
        if one.status is not Status.THERE:
            yield one.host, one.name


def _host_view(host: Host, here: Sequence[Container], shown: Collection[_Key]) -> HostView:
    seen = tuple(c for c in here if (c.host, c.name) in shown)
    hidden = [c for c in here if (c.host, c.name) not in shown]
    more = Counter(place for c in hidden for place in (c.addresses or (c.mode,)))
    return HostView(host, seen, more, len(hidden))


def _some(wanted: Iterable[T], most: int, on_host: int | None = None) -> dict[T, None]:
    """The first ``most`` of what is wanted, each once, and no more than ``on_host`` of a host."""
    found: dict[T, None] = {}
    count: Counter[object] = Counter()
    for one in wanted:
        if one in found or len(found) == most:
            continue
        if on_host is not None and isinstance(one, tuple):
            if count[one[0]] == on_host:
                continue
            count[one[0]] += 1
        found[one] = None
    return found


def _left_out(networks: int, paths: Sequence[BrokenPath]) -> Iterator[str]:
    if networks:
        yield f"{networks} more networks are not drawn"
    if paths:
        yield f"{len(paths)} more broken paths are not drawn"


def _unknown(rows: Sequence[Row]) -> Iterator[str]:
    count = sum("unknown" in (row.expected, row.observed) for row in rows)
    if count:
        yield f"of {count} of {len(rows)} checks the outcome is not known"
