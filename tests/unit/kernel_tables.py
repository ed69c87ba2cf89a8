"""Hosts that are as planned, as iproute2 shows them, and what is said of them where they are not."""

from __future__ import annotations

from collections.abc import Mapping

from planning.reachability.comparison import compared
from planning.reachability.fleet_tables import FleetTables
from planning.reachability.links import Ask, HostLink, asks
from planning.reachability.probes import Endpoint
from planning.reachability.tables import read

ENDS = [
    Endpoint("web01", "h0", "ol1", "172.16.1.1"),
    Endpoint("web02", "h1", "ol1", "172.16.1.2"),
]
ADDRESSES = {"h0": "10.0.0.11", "h1": "10.0.0.12"}
MACS = {"web01": "02:42:ac:10:01:01", "web02": "02:42:ac:10:01:02"}
OVERLAY = [HostLink("ol1", host, mtu=1450, overhead=50, engine="docker") for host in ADDRESSES]
VXLAN = [
    HostLink(
        "ol1", host, 1450, 50, device="vx1", vni=42, port=4789, local=address, bridge="br-vx1"
    )
    for host, address in ADDRESSES.items()
]  # fmt: skip
MACVLAN = [
    HostLink("ol1", host, parent="ens33", promiscuous="yes", shim="mv1") for host in ADDRESSES
]
IPVLAN = [HostLink("ol1", host, parent="ens33", driver="ipvlan") for host in ADDRESSES]
UP = "BROADCAST,MULTICAST,UP,LOWER_UP"


def link(index: int, name: str, words: str, mac: str = "02:00:00:00:00:01", flags: str = UP) -> str:
    return rf"{index}: {name}: <{flags}> {words} group default \    link/ether {mac} brd ff:ff:ff:ff:ff:ff"


def host(name: str) -> dict[str, list[str]]:
    other = next(address for host, address in ADDRESSES.items() if host != name)
    return {
        "link": [
            link(2, "ens33@if9", "mtu 1500 qdisc noqueue state UP", flags=f"PROMISC,{UP}"),
            link(5, "br-vx1", "mtu 1450 qdisc noqueue state UP") + r"\    bridge forward_delay 1500",
            link(6, "vx1", "mtu 1450 qdisc noqueue master br-vx1 state UNKNOWN")
            + rf"\    vxlan id 42 local {ADDRESSES[name]} srcport 0 0 dstport 4789 ttl auto \    bridge_slave",
            link(7, "mv1@ens33", "mtu 1500 qdisc noqueue state UP") + r"\    macvlan mode bridge",
        ],
        "address": [rf"2: ens33    inet {ADDRESSES[name]}/24 brd 10.0.0.255 scope global ens33\       valid_lft forever"],
        "route": [*(f"{end.address} dev mv1 scope link" for end in ENDS if end.host == name),
                  "default via 10.0.0.2 dev ens33 proto static", "172.16.1.0/24 dev br-vx1 proto kernel scope link src 172.16.1.9"],
        "forwarding": [f"00:00:00:00:00:00 dev vx1 dst {other} self permanent"],
    }  # fmt: skip


def container(end: Endpoint) -> dict[str, list[str]]:
    return {
        "link": [link(12, "eth0@if2", "mtu 1450 qdisc noqueue state UP", MACS[end.container]) + r"\    veth"],
        "address": [f"12: eth0    inet {end.address}/24 brd 172.16.1.255 scope global eth0"],
        "route": ["default via 172.18.0.1 dev eth1", "172.16.1.0/24 dev eth0 proto kernel scope link"],
    }  # fmt: skip


def on_lan(end: Endpoint) -> dict[str, list[str]]:
    one = link(12, "eth0@if2", "mtu 1500 qdisc noqueue state UP", MACS[end.container])
    return {**container(end), "link": [one + r"\    macvlan mode bridge numtxqueues 1"]}


def on_ipvlan(end: Endpoint, words: str = "ipvlan  mode l2 bridge") -> dict[str, list[str]]:
    """All have the NIC's MAC address; iproute2 puts two spaces before the mode."""
    one = link(12, "eth0@if2", "mtu 1500 qdisc noqueue state UNKNOWN")
    more = rf" link-netnsid 0 promiscuity 0 minmtu 68 maxmtu 65535 \    {words} numtxqueues 1 numrxqueues 1"
    return {**container(end), "link": [one + more]}


def namespace(name: str) -> dict[str, list[str]]:
    """Docker's of the overlay on a host."""
    other = next(end for end in ENDS if end.host != name)
    mac = MACS[other.container]
    return {
        "link": [
            link(2, "br0", "mtu 1450 qdisc noqueue state UP") + r"\    bridge forward_delay 1500",
            link(9, "vxlan0@if9", "mtu 1450 qdisc noqueue master br0 state UNKNOWN")
            + r"\    vxlan id 4097 srcport 0 0 dstport 4789 proxy l2miss l3miss ttl auto",
        ],
        "neighbour": [f"{other.address} dev vxlan0 lladdr {mac} PERMANENT"],
        "forwarding": [
            f"{mac} dev vxlan0 dst {ADDRESSES[other.host]} link-netnsid 0 self permanent"
        ],
    }


def printed(asked: list[Ask], sections: Mapping[Ask, Mapping[str, list[str]] | str]) -> str:
    lines: list[str] = []
    for number, ask in enumerate(asked):
        own = sections[ask]
        if ask.where == "overlay":
            lines.append(f"# {number} file /run/docker/netns/1-abc")
        if isinstance(own, str):
            lines.append(f"# {number} unknown {own}")
            continue
        for table, rows in own.items():
            lines += [f"# {number} {table}", *rows]
        lines.append(f"# {number} end")
    return "".join(f"{line}\n" for line in lines)


def tables(links, harm=lambda sections: None):
    """The results of two hosts that are as planned but for a harm, host -> sections of what it says."""
    return compared(fleet(links, harm))


def inside(links):
    return on_lan if links is MACVLAN else on_ipvlan if links is IPVLAN else container


def fleet(links, harm=lambda sections: None):
    said = {}
    for name in ADDRESSES:
        asked = asks(name, links, ENDS)
        sections = {}
        for ask in asked:
            end = next((end for end in ENDS if end.container == ask.name), ENDS[0])
            sections[ask] = {
                "host": lambda name=name: host(name),
                "overlay": lambda name=name: namespace(name),
                "container": lambda end=end: inside(links)(end),
            }[ask.where]()
        said[name] = (asked, sections)
    harm({name: sections for name, (_, sections) in said.items()})
    found = {
        name: read(asked, printed(asked, sections)) for name, (asked, sections) in said.items()
    }
    return FleetTables(links, ENDS, ADDRESSES, found)
