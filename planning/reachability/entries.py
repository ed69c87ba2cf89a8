"""Entries for the containers of other hosts: where Docker's overlays, VXLAN devices and containers send.

A permanent entry that is gone may be hidden by one that was learned, until the network falls idle.
Standard library only (components/reachability/run.py).
"""

from __future__ import annotations

from collections.abc import Iterator

from planning.reachability.fleet_tables import Finding, FleetTables
from planning.reachability.links import Ask, HostLink
from planning.reachability.probes import Endpoint
from planning.reachability.tables import ANYBODY, Tables

_NO_BRIDGE = "the host has no command bridge"


def overlay_forwarding(link: HostLink, fleet: FleetTables) -> Iterator[Finding]:
    """Docker has a permanent entry for each container of another host, which leads to that host."""
    for tables, end, mac in _ends(link, fleet):
        if isinstance(mac, Finding):
            yield mac
        elif tables.entries is None:
            yield Finding(_NO_BRIDGE, unread=True)
        else:
            own = tables.entries_of(mac)
            permanent = [one for one in own if one.permanent]
            right = fleet.addresses_of(end.host)
            if any(one.to in right for one in permanent):
                yield Finding()
                continue
            if permanent:
                why = f"a permanent entry leads to {permanent[0].to}, and {{them}} is not there"
            elif own:
                why = (
                    "the permanent entry for {them} is gone, which a learned one hides until the network falls "
                    "idle"
                )
            else:
                why = "there is no entry for {them}"
            to = fleet.addresses[end.host]
            put = f"bridge fdb replace {mac} dev {_device(tables)} dst {to} self permanent"
            yield Finding(why, end, remedy=_remedy(tables, put))


def overlay_neighbours(link: HostLink, fleet: FleetTables) -> Iterator[Finding]:
    """Docker answers for the address of each container of another host with its MAC address."""
    for tables, end, mac in _ends(link, fleet):
        if isinstance(mac, Finding):
            yield mac
            continue
        seen = tables.neighbours.get(end.address, frozenset())
        if mac in seen:
            yield Finding()
            continue
        if seen:
            others = ", ".join(sorted(seen))
            why = f"Docker takes {{them}} ({end.address}) for {others}, and it is {mac}"
        else:
            why = "Docker does not know the address of {them}"
        put = f"ip neigh replace {end.address} lladdr {mac} dev {_device(tables)} nud permanent"
        yield Finding(why, end, remedy=_remedy(tables, put))


def flood_entries(link: HostLink, fleet: FleetTables) -> Iterator[Finding]:
    """A VXLAN device sends to every other host of the network what it knows no receiver of."""
    if not link.device:
        return
    tables = fleet.of(link.host, Ask("host"))
    if tables.why or tables.entries is None:
        yield Finding(tables.why or _NO_BRIDGE, unread=True)
        return
    seen = {
        one.to
        for one in tables.entries
        if (one.device, one.mac, one.permanent) == (link.device, ANYBODY, True)
    }
    wanted = {one.local: one.host for one in fleet.others(link)}
    for address, host in wanted.items():
        if address in seen:
            yield Finding()
        else:
            yield Finding(
                f"{link.device} does not send to {host} ({address}) what it knows no receiver of: run "
                "`pulumi up`"
            )
    for address in sorted(seen - wanted.keys()):
        yield Finding(
            f"{link.device} sends to {address}, which is no host of the network: run `pulumi up`"
        )


def device_entries(link: HostLink, fleet: FleetTables) -> Iterator[Finding]:
    """What a VXLAN device keeps for a container leads to the container's host; what it learned, it mends."""
    tables = fleet.of(link.host, Ask("host"))
    if not link.device:
        return
    for end in fleet.elsewhere(link):
        found = fleet.interface(end)
        for one in tables.entries_of(found.mac) if found else ():
            kept = one.permanent and one.device == link.device
            if kept and one.to not in fleet.addresses_of(end.host):
                yield Finding(
                    f"a permanent entry leads to {one.to}, and {{them}} is not there: `bridge fdb del "
                    f"{one.mac} dev {one.device} dst {one.to}`",
                    end,
                )


def container_neighbours(link: HostLink, fleet: FleetTables) -> Iterator[Finding]:
    """A container has no permanent entry for another one that leads astray; the kernel mends all others."""
    ends = {one.address: one for one in (*fleet.here(link), *fleet.elsewhere(link))}
    for own in fleet.here(link):
        tables = fleet.container(own)
        if tables.why:
            yield Finding(f"{own.container}: {tables.why}", unread=True)
            continue
        yield Finding()
        for address, seen in tables.neighbours.items():
            end = ends.get(address)
            found = fleet.interface(end) if end else None
            if end and found and found.mac not in seen:
                yield Finding(
                    f"a permanent entry of {own.container} takes {{them}} ({end.address}) for "
                    f"{', '.join(sorted(seen))}, and it is {found.mac}: `docker restart {own.container}` there",
                    end,
                )


def _ends(link: HostLink, fleet: FleetTables) -> Iterator[tuple[Tables, Endpoint, str | Finding]]:
    """The tables of Docker's namespace, a container of another host, and its MAC address."""
    if not link.engine:
        return
    tables = fleet.overlay(link)
    for end in fleet.elsewhere(link):
        interface = fleet.interface(end)
        if tables.why:
            yield tables, end, Finding(tables.why, unread=True)
        elif interface is None:
            why = fleet.container(end).why or f"{end.container} does not have {end.address}"
            yield tables, end, Finding(f"the MAC address of {end.container}: {why}", unread=True)
        else:
            yield tables, end, interface.mac


def _device(tables: Tables) -> str:
    return next((one.name for one in tables.links.values() if one.kind == "vxlan"), "vxlan0")


def _remedy(tables: Tables, command: str) -> str:
    return f"`nsenter --net={tables.file} {command}` puts it in place"
