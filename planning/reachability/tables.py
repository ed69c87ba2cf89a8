"""What a host's kernel says of links, addresses, routes, neighbours and forwarding entries.

It is taken in iproute2's form or not at all. Standard library only (components/reachability/run.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from planning.reachability.links import Ask

_HEAD = re.compile(
    r"# (\d{1,6}) (link|address|neighbour|route6?|forwarding|file|end|unknown)(?: ([ -~]{0,200}))?"
)
_FILE = re.compile(r"/[A-Za-z0-9/._-]{1,100}")
_PLAIN = re.compile(r"[ -~]*")
_LINK = re.compile(r"(\d{1,9}): ([^\s@:]{1,15})(?:@(\S{1,16}))?: <([A-Z_,0-9-]*)> (.*)")
_MAC = r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}"
_IP = r"(?:[0-9.]{7,15}|[0-9a-f:.]{2,45})"
_ADDRESS = re.compile(rf"\d{{1,9}}: +(\S{{1,15}}) +inet6? ({_IP})(?:/\d+)? ?.*")
_NEIGHBOUR = re.compile(rf"({_IP}) dev (\S{{1,15}}) lladdr ({_MAC}) .*PERMANENT.*")
_TO = rf"(default|{_IP}(?:/\d{{1,3}})?)"
_ROUTE = re.compile(rf"{_TO} (?:via {_IP} )?dev (\S{{1,15}})\b.*")
_NOWHERE = re.compile(rf"(?:blackhole|unreachable|prohibit) {_TO}(?: .*)?")
_ENTRY = re.compile(rf"({_MAC}) dev (\S{{1,15}}) dst ([0-9.]{{7,15}})\b(.*)")
_KINDS = ("macvlan", "ipvlan", "vxlan", "veth", "bridge")
# Whom a VXLAN device sends to what it knows no receiver of.
ANYBODY = "00:00:00:00:00:00"


@dataclass(frozen=True)
class Link:
    """A network interface. ``lower``: index of the one that it is on, 0 for none. ``kind``: "" for a NIC.

    ``details``: words of its kind, each followed by its value.
    """

    index: int
    name: str
    lower: int
    flags: frozenset[str]
    mtu: int
    mac: str
    bridge: str
    kind: str
    details: tuple[str, ...]

    def detail(self, name: str) -> str:
        """The word after ``name`` in what iproute2 says of its kind."""
        return _after(self.details, name)


@dataclass(frozen=True)
class Entry:
    """A forwarding entry: what is for ``mac`` goes out of ``device`` to the host with address ``to``."""

    mac: str
    device: str
    to: str
    permanent: bool


@dataclass(frozen=True)
class Tables:
    """The tables of one network namespace; ``why``: why they are not known, "" where they are.

    ``addresses``: of its interfaces, with their names. ``neighbours``: permanent ones, address -> MAC
    addresses. ``entries``: None where the host has no command that shows them. ``file``: of the namespace, where it is Docker's own.
    """

    links: Mapping[str, Link] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)
    neighbours: Mapping[str, frozenset[str]] = field(default_factory=dict)
    routes: Sequence[tuple[IPv4Network | IPv6Network, str]] = ()
    entries: Sequence[Entry] | None = None
    why: str = ""
    file: str = ""

    @cached_property
    def _by_mac(self) -> dict[str, list[Entry]]:
        found: dict[str, list[Entry]] = {}
        for one in self.entries or ():
            found.setdefault(one.mac, []).append(one)
        return found

    def entries_of(self, mac: str) -> list[Entry]:
        """The forwarding entries for a MAC address."""
        return self._by_mac.get(mac, [])

    def link_of(self, address: str) -> Link | None:
        """The interface that has an address."""
        return self.links.get(self.addresses.get(address, ""))

    @cached_property
    def routed_alone(self) -> frozenset[str]:
        """The addresses that have a route of their own."""
        return frozenset(
            str(net.network_address) for net, _ in self.routes if net.prefixlen == net.max_prefixlen
        )

    def way_to(self, address: str) -> str:
        """The interface that packets to an address leave by, "" for none."""
        to = ip_address(address)
        found = [(net.prefixlen, device) for net, device in self.routes if to in net]
        return max(found, key=lambda one: one[0])[1] if found else ""


def read(asked: Sequence[Ask], text: str, why: str = "") -> dict[Ask, Tables]:
    """The tables that a host printed for what it was asked, by number.

    ``why``: why those that it did not print are not known.
    """
    sections: dict[int, dict[str, list[str]]] = {}
    missing: dict[int, str] = {}
    lines: list[str] = []
    for line in text.splitlines():
        if match := _HEAD.fullmatch(line):
            number, table = int(match[1]), match[2]
            if table == "file" and _FILE.fullmatch(match[3] or ""):
                sections.setdefault(number, {})[table] = [match[3]]
                continue
            if table == "unknown":
                missing.setdefault(number, (match[3] or "").strip())
            lines = sections.setdefault(number, {}).setdefault(table, [])
        elif _PLAIN.fullmatch(line):
            lines.append(line)
    found = {}
    for number, ask in enumerate(asked):
        own = sections.get(number, {})
        if number in missing or "end" not in own:
            found[ask] = Tables(why=missing.get(number) or why or "no answer")
        else:
            found[ask] = _tables(own)
    return found


def _tables(own: Mapping[str, Sequence[str]]) -> Tables:
    links = list(_links(own.get("link", ())))
    neighbours: dict[str, frozenset[str]] = {}
    for one in _matches(_NEIGHBOUR, own.get("neighbour", ())):
        neighbours[one[1]] = neighbours.get(one[1], frozenset()) | {one[3]}
    return Tables(
        {link.name: link for link in links},
        {one[2]: one[1] for one in _matches(_ADDRESS, own.get("address", ()))},
        neighbours,
        [
            *_routes(own.get("route", ()), "0.0.0.0/0"),
            *_routes(own.get("route6", ()), "::/0"),
        ],
        [
            Entry(one[1], one[2], one[3], "permanent" in one[4].split())
            for one in _matches(_ENTRY, own["forwarding"])
        ]
        if "forwarding" in own
        else None,
        file=next(iter(own.get("file", ())), ""),
    )


def _links(lines: Sequence[str]) -> Iterator[Link]:
    indexes: dict[str, int] = {}
    matches = list(_matches(_LINK, (line.replace("\\", " ") for line in lines)))
    for one in matches:
        indexes[one[2]] = int(one[1])
    for one in matches:
        words = one[5].split()
        upper = one[3] or ""
        lower = int(upper[2:]) if re.fullmatch(r"if\d{1,9}", upper) else indexes.get(upper, 0)
        kind = next((word for word in words if word in _KINDS), "")
        mtu, mac = _after(words, "mtu"), _after(words, "link/ether")
        yield Link(
            int(one[1]), one[2], lower, frozenset(one[4].split(",")),
            int(mtu) if re.fullmatch(r"\d{1,6}", mtu) else 0,
            mac if re.fullmatch(_MAC, mac) else "",
            _after(words, "master"), kind, tuple(words[words.index(kind) + 1 :]) if kind else (),
        )  # fmt: skip


def _routes(lines: Sequence[str], default: str) -> Iterator[tuple[IPv4Network | IPv6Network, str]]:
    for line in lines:
        match = _ROUTE.fullmatch(line.strip()) or _NOWHERE.fullmatch(line.strip())
        if match is None:
            continue
        try:
            net = ip_network(default if match[1] == "default" else match[1])
        except ValueError:
            continue
        yield net, match[2] if match.re is _ROUTE else ""


def _matches(
    form: re.Pattern[str], lines: Iterator[str] | Sequence[str]
) -> Iterator[re.Match[str]]:
    return (match for line in lines if (match := form.fullmatch(line.strip())))


def _after(words: Sequence[str], name: str) -> str:
    """The word that follows ``name``, "" where there is none."""
    return words[words.index(name) + 1] if name in words[:-1] else ""
