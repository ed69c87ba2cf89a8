"""The tables of hosts beside the plan: faults that probes do not meet, because they still sleep.

Standard library only (components/reachability/run.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from planning.reachability import entries, interfaces
from planning.reachability.fleet_tables import Finding, FleetTables
from planning.reachability.links import HostLink
from planning.reachability.probes import Endpoint, Kind, Probe
from planning.reachability.results import Result

_Check = Callable[[HostLink, FleetTables], Iterator[Finding]]
_CHECKS: Mapping[Kind, Sequence[_Check]] = {
    "link": (interfaces.device, interfaces.overlay_device, interfaces.macvlan, interfaces.shim),
    "mtu": (interfaces.container_mtu, interfaces.carrier_mtu),
    "route": (interfaces.routes, interfaces.host_routes),
    "neighbour": (entries.overlay_neighbours, entries.container_neighbours),
    "forwarding entry": (entries.overlay_forwarding, entries.flood_entries, entries.device_entries),
}


def compared(fleet: FleetTables) -> list[Result]:
    """For each network, host and kind: a result for what is wrong on each other host, or one for all.

    What could not be read is not known, beside what is wrong in the rest.
    """
    found: list[Result] = []
    for link in fleet.links:
        if any((one.host, one.network) == (link.host, link.network) for one in fleet.endpoints):
            for kind, checks in _CHECKS.items():
                found += _results(
                    kind, [one for check in checks for one in check(link, fleet)], link, fleet
                )
    return found


def with_moved(results: Iterable[Result], fleet: FleetTables) -> Iterator[Result]:
    """The results, with the cause where what is asked for has another address now."""
    ends = {(one.container, one.host, one.address): one for one in fleet.endpoints}
    for one in results:
        probe = one.probe
        end = ends.get((probe.to, probe.to_host, probe.target))
        moved = end is not None and not fleet.container(end).why and fleet.interface(end) is None
        if moved and one.broken and probe.expected:
            yield replace(
                one,
                cause=f"{probe.to} does not have {probe.target} any more, as Docker gave it another address "
                "when it started: `pulumi up --refresh` takes the new one",
            )
        else:
            yield one


def _results(
    kind: Kind, findings: Sequence[Finding], link: HostLink, fleet: FleetTables
) -> Iterator[Result]:
    faults: dict[tuple[str, str], list[Finding]] = {}
    for one in findings:
        if one.why and not one.unread:
            host = one.to.host if one.to else link.host
            faults.setdefault((host, one.why), []).append(one)
    own = fleet.addresses.get(link.host, link.host)
    whole = Probe(kind, link.network, None, link.host, link.host, link.host, own, "", True)
    for several in faults.values():
        probe = whole
        ends = [one.to for one in several if one.to]
        if ends:
            first = ends[0]
            probe = Probe(
                kind, link.network, None, link.host, first.container, first.host, first.address, "", True
            )  # fmt: skip
        yield Result(probe, "no", cause=_said(several[0], ends))
    unread = next((one.why for one in findings if one.unread), "")
    if unread:
        yield Result(whole, "unknown", why=unread)
    elif findings and not faults:
        yield Result(whole, "yes")


def _said(finding: Finding, ends: Sequence[Endpoint]) -> str:
    """A finding's sentence with the containers, all of one host, that it is said of."""
    remedy = f": {finding.remedy}" if finding.remedy else ""
    if not ends:
        return finding.why + remedy
    names = list(dict.fromkeys(end.container for end in ends))
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    them = f"{names[0]}{more} on {ends[0].host}"
    if remedy and more:
        remedy += " for the first"
    return finding.why.replace("{them}", them).replace("{names}", " ".join(names[:10])) + remedy
