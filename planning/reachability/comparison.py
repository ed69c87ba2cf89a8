"""The tables of hosts beside the plan: faults that probes do not meet, because they still sleep.

Standard library only (components/reachability/run.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from planning.reachability import entries, interfaces
from planning.reachability.fleet_tables import Finding, FleetTables
from planning.reachability.links import HostLink
from planning.reachability.probes import Endpoint, Kind, Probe
from planning.reachability.results import Result

_Check = Callable[[HostLink, FleetTables], Iterator[Finding]]
_CHECKS: Mapping[Kind, Sequence[_Check]] = {
    "link": (interfaces.device, interfaces.overlay_device, interfaces.macvlan),
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


def _results(
    kind: Kind, findings: Sequence[Finding], link: HostLink, fleet: FleetTables
) -> Iterator[Result]:
    faults: dict[tuple[str, str], list[Endpoint]] = {}
    for one in findings:
        if one.why and not one.unread:
            host = one.to.host if one.to else link.host
            faults.setdefault((host, one.why), []).extend([one.to] if one.to else [])
    own = fleet.addresses.get(link.host, link.host)
    whole = Probe(kind, link.network, None, link.host, link.host, link.host, own, "", True)
    for (_, why), ends in faults.items():
        probe = whole
        if ends:
            first = ends[0]
            probe = Probe(
                kind, link.network, None, link.host, first.container, first.host, first.address, "", True
            )  # fmt: skip
        yield Result(probe, "no", cause=_said(why, ends))
    unread = next((one.why for one in findings if one.unread), "")
    if unread:
        yield Result(whole, "unknown", why=unread)
    elif findings and not faults:
        yield Result(whole, "yes")


def _said(why: str, ends: Sequence[Endpoint]) -> str:
    """A finding's sentence with the containers, all of one host, that it is said of."""
    if not ends:
        return why
    names = list(dict.fromkeys(end.container for end in ends))
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    them = f"{names[0]}{more} on {ends[0].host}"
    return why.replace("{them}", them).replace("{names}", " ".join(names[:10]))
