"""Interfaces, MTUs and routes of hosts and containers beside the plan.

Standard library only (components/reachability/run.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from planning.reachability.fleet_tables import Finding, FleetTables
from planning.reachability.links import Ask, HostLink
from planning.reachability.probes import Endpoint
from planning.reachability.tables import Tables

_AGAIN = "`docker restart {names}` there has Docker make it anew"


def device(link: HostLink, fleet: FleetTables) -> Iterator[Finding]:
    """A host's own VXLAN device, on its bridge."""
    if not link.device:
        return
    tables = fleet.of(link.host, Ask("host"))
    if tables.why:
        yield Finding(tables.why, unread=True)
        return
    found = tables.links.get(link.device)
    if found is None:
        yield Finding(f"the device {link.device} is gone: run `pulumi up`")
        return
    pairs = {
        "VNI": (found.detail("id"), str(link.vni)),
        "port": (found.detail("dstport"), str(link.port)),
        "address": (found.detail("local"), link.local),
        "bridge": (found.bridge, link.bridge),
        "MTU": (str(found.mtu), str(link.mtu)),
        "state": ("up" if "UP" in found.flags else "down", "up"),
    }
    for what, (seen, wanted) in pairs.items():
        if seen != wanted:
            yield Finding(
                f"{what} of {link.device} is {seen or 'none'}, not {wanted}: run `pulumi up`"
            )
        else:
            yield Finding()


def overlay_device(link: HostLink, fleet: FleetTables) -> Iterator[Finding]:
    """The VXLAN device that Docker keeps for an overlay, on a bridge."""
    if not link.engine:
        return
    tables = fleet.overlay(link)
    devices = [one for one in tables.links.values() if one.kind == "vxlan"]
    if tables.why:
        yield Finding(tables.why, unread=True)
    elif any("UP" in one.flags and one.bridge in tables.links for one in devices):
        yield Finding()
    else:
        state = "is on no bridge, or down" if devices else "is gone"
        yield Finding(f"Docker's VXLAN device {state}: `systemctl restart docker` makes it anew")


def macvlan(link: HostLink, fleet: FleetTables) -> Iterator[Finding]:
    """Containers' interfaces on their parent, in their mode; the parent up, and promiscuous if asked for."""
    if not link.parent:
        return
    host = fleet.of(link.host, Ask("host"))
    if host.why:
        yield Finding(host.why, unread=True)
        return
    parent = host.links.get(link.parent)
    if parent is None or "UP" not in parent.flags:
        yield Finding(
            f"{link.parent} is {'down' if parent else 'gone'}: `ip link set {link.parent} up`"
        )
        return
    if link.promiscuous and not any(
        "PROMISC" in host.links[name].flags for name in _below(link.parent, host)
    ):
        yield Finding(f"{link.parent} is not promiscuous any more: run `pulumi up`")
    kind, wanted = (link.driver, "l2") if link.driver else ("macvlan", "bridge")
    for end, tables in _containers(link, fleet):
        found = tables.link_of(end.address)
        if tables.why:
            yield Finding(f"{end.container}: {tables.why}", unread=True)
        elif found is None:
            yield Finding(f"{{them}} has no interface with its address: {_AGAIN}", end)
        elif found.kind != kind or found.lower != parent.index or "UP" not in found.flags:
            yield Finding(
                f"the interface of {{them}} is not up, or not on {link.parent}: {_AGAIN}", end
            )
        elif (mode := found.detail("mode")) != wanted:
            yield Finding(
                f"the interface of {{them}} is in mode {mode or 'unknown'}, not {wanted}: {_AGAIN}",
                end,
            )
        else:
            yield Finding()


def shim(link: HostLink, fleet: FleetTables) -> Iterator[Finding]:
    """The device by which a host reaches its own containers on a macvlan network, with its routes."""
    if not link.shim:
        return
    host = fleet.of(link.host, Ask("host"))
    if host.why:
        yield Finding(host.why, unread=True)
        return
    found = host.links.get(link.shim)
    if found is None or "UP" not in found.flags:
        state = "down" if found else "gone"
        yield Finding(f"the host's own device {link.shim} is {state}: run `pulumi up`")
        return
    for end in fleet.here(link):
        way = host.way_to(end.address)
        if way == link.shim:
            yield Finding()
        else:
            yield Finding(
                f"what is for {{them}} goes {f'out of {way}' if way else 'nowhere'}, not out of {link.shim}: "
                "run `pulumi up`",
                end,
            )


def container_mtu(link: HostLink, fleet: FleetTables) -> Iterator[Finding]:
    """Containers' interfaces let out packets of the size that the network is planned with."""
    for end, tables in _containers(link, fleet):
        found = tables.link_of(end.address)
        if tables.why:
            yield Finding(f"{end.container}: {tables.why}", unread=True)
        elif found and link.mtu and found.mtu != link.mtu:
            yield Finding(
                f"the interface of {{them}} has MTU {found.mtu}, not {link.mtu}: {_AGAIN}", end
            )
        elif found:
            yield Finding()


def carrier_mtu(link: HostLink, fleet: FleetTables) -> Iterator[Finding]:
    """No other host sends a packet that the host's NIC does not take."""
    own = _nic_mtu(link, fleet)
    if own is None:
        yield Finding(f"the MTU of the NIC of {link.host} cannot be read", unread=True)
        return
    for other in fleet.others(link):
        theirs = _nic_mtu(other, fleet)
        if theirs is None:
            continue
        sizes = [one.mtu for end in fleet.here(other) if (one := fleet.interface(end))]
        largest = min(theirs, max(sizes, default=0) + other.overhead)
        if largest > own:
            yield Finding(
                f"its NIC takes packets of {own} bytes, and {other.host} sends ones of {largest}: give the "
                f"NIC of {link.host} that MTU, or {link.network} a smaller one"
            )
        else:
            yield Finding()


def routes(link: HostLink, fleet: FleetTables) -> Iterator[Finding]:
    """Containers reach each other by the interface that they have on the network."""
    ends = fleet.elsewhere(link)
    for own, tables in _containers(link, fleet):
        mine = tables.addresses.get(own.address, "")
        if tables.why:
            yield Finding(f"{own.container}: {tables.why}", unread=True)
            continue
        for end in [one for one in _tried(ends, tables) if mine and one.family == own.family]:
            way = tables.way_to(end.address)
            if way == mine:
                yield Finding()
            else:
                yield Finding(
                    f"{own.container} sends what is for {{them}} {f'out of {way}' if way else 'nowhere'}, "
                    f"not out of {mine}: `docker restart {own.container}` gives it its routes again",
                    end,
                )


def host_routes(link: HostLink, fleet: FleetTables) -> Iterator[Finding]:
    """A host reaches the containers of a VXLAN network by its bridge."""
    tables = fleet.of(link.host, Ask("host"))
    if not link.bridge or tables.why:
        return
    for end in _tried(fleet.elsewhere(link), tables):
        way = tables.way_to(end.address)
        if way == link.bridge:
            yield Finding()
        else:
            yield Finding(
                f"what is for {{them}} goes {f'out of {way}' if way else 'nowhere'}, not out of {link.bridge}: "
                f"`ip route get {end.address}` there shows the route that is in the way",
                end,
            )


def _tried(ends: Sequence[Endpoint], tables: Tables) -> list[Endpoint]:
    """One container of each host and family, and those that ``tables`` have a route to alone."""
    one_a_host = {(end.host, end.family): end for end in ends}.values()
    alone = [end for end in ends if end.address in tables.routed_alone]
    return list(dict.fromkeys([*one_a_host, *alone]))


def _containers(link: HostLink, fleet: FleetTables) -> Iterator[tuple[Endpoint, Tables]]:
    for end in fleet.here(link):
        yield end, fleet.container(end)


def _below(name: str, host: Tables) -> Iterator[str]:
    """An interface, and those that it is on: a VLAN's NIC is the one that is made promiscuous."""
    by_index = {one.index: one for one in host.links.values()}
    found = host.links.get(name)
    for _ in range(3):
        if found is None:
            return
        yield found.name
        found = by_index.get(found.lower)


def _nic_mtu(link: HostLink, fleet: FleetTables) -> int | None:
    if link.parent:
        found = fleet.of(link.host, Ask("host")).links.get(link.parent)
    else:
        found = fleet.carrier(link.host)
    return found.mtu if found else None
