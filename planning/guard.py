"""Who may reach the ports that engines need of each other: their peers, and nobody else.

The content of a host's change is a line "PROTOCOL PORT DESTINATIONS SOURCES" for each port; DESTINATIONS and
SOURCES are IPv4 addresses or subnets by comma, and "local" is any address of the host itself. A source
"%NIC" is all that comes in by a NIC. Its firewall.sh drops what goes to one of DESTINATIONS and comes
from none of SOURCES. A line "bridge NIC SUBNET -" is for a bridge with an IPv6 subnet: what goes to that comes
in by the bridge or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Network

from planning import records
from planning.facts import HostFacts
from planning.facts.swarm import SwarmFacts
from planning.ports import Port

# The change's name on a host (HostFacts.records), and what its rules are called there.
CHANGE = "firewall"
LOCAL = "local"


@dataclass(frozen=True)
class AccessRule:
    """Ports of the hosts ``at``, open to ``peers`` and to ``allow`` only.

    ``peers``: host -> the addresses that its engine may speak from and be spoken to at. Those of
    ``at`` are among them. ``allow``: further addresses and subnets. ``nic``: where it is given, the ports
    are open to all that comes in by this NIC of a host instead, and to nothing else.
    """

    ports: tuple[Port, ...]
    at: tuple[str, ...]
    peers: Mapping[str, tuple[str, ...]]
    allow: tuple[str, ...] = ()
    nic: str = ""


@dataclass(frozen=True)
class GuardedBridge:
    """A bridge on the hosts ``at`` with an IPv6 subnet, which is not reached from outside of it.

    Engines before 27 keep nobody out of it, and have the host forward IPv6.
    """

    nic: str
    subnet: IPv6Network
    at: tuple[str, ...]


@dataclass(frozen=True)
class AccessPlan:
    """All that is guarded. ``strangers``: addresses of nodes of a swarm that are no hosts of the stack.

    ``whole``: all addresses are known.
    """

    rules: tuple[AccessRule, ...] = ()
    strangers: frozenset[str] = frozenset()
    whole: bool = True
    bridges: tuple[GuardedBridge, ...] = ()

    def __add__(self, other: AccessPlan) -> AccessPlan:
        return AccessPlan(
            self.rules + other.rules,
            self.strangers | other.strangers,
            self.whole and other.whole,
            self.bridges + other.bridges,
        )

    @property
    def names(self) -> dict[str, str]:
        """Address -> the host that has it."""
        return {
            address: host
            for one in self.rules
            for host, known in one.peers.items()
            for address in known
        }


def lines(host: str, rules: Sequence[AccessRule], bridges: Sequence[GuardedBridge] = ()) -> str:
    """The content of the host's change, "" where it has no part in any of them.

    A peer also keeps its own containers from the ports of the others: they leave the host with its
    address, which the others let in.
    """
    destinations: dict[Port, set[str]] = {}
    sources: dict[Port, set[str]] = {}
    for one in rules:
        if host not in one.peers:
            continue
        there = {a for name in one.at if name != host for a in one.peers[name]}
        for port in one.ports:
            destinations.setdefault(port, set()).update(there, {LOCAL} if host in one.at else ())
            let_in = [f"%{one.nic}"] if one.nic else {*one.allow}.union(*one.peers.values())
            sources.setdefault(port, set()).update(let_in)
    of_ports = (
        f"{port[0]} {port[1]} {_listed(destinations[port])} {_listed(sources[port])}\n"
        for port in sorted(destinations, key=lambda port: (port[1], port[0]))
        if destinations[port]
    )
    of_bridges = sorted(f"bridge {b.nic} {b.subnet} -\n" for b in bridges if host in b.at)
    return "".join([*of_ports, *of_bridges])


def _listed(addresses: Iterable[str]) -> str:
    def place(address: str) -> tuple[int, int]:
        if address == LOCAL:
            return (-1, 0)
        if address.startswith("%"):
            return (1 << 32, 0)
        network = IPv4Network(address)
        return (int(network.network_address), network.prefixlen)

    return ",".join(sorted(sorted(addresses), key=place))


def stdin(
    content: str,
    nodes: Iterable[str],
    *,
    record: str | None,
    intact: bool,
    now: datetime | None = None,
) -> tuple[str, str]:
    """The change's stdin, and the field ``since`` of its header: when somebody was last left out.

    Another ``since`` is another generation: the host holds both, and lets in what either lets in,
    until the one before is undone, after all that left with it. ``nodes``: see strangers.
    """
    now = now or datetime.now(UTC)
    since = records.header_fields(record).get("since", "") if record is not None else ""
    if record is None or not since or _leaves_out(records.body(record), content):
        since = now.strftime("%Y%m%dT%H%M%SZ")
    header = {"since": since, "nodes": ",".join(sorted(nodes)) or "none"}
    return records.text(content, record=record, intact=intact, header=header, now=now), since


def _leaves_out(before: str, now: str) -> bool:
    """Whether somebody was let in before and is not now."""
    was, is_ = _sources(before), _sources(now)
    return any(not was[port] <= is_[port] for port in was.keys() & is_.keys())


def _sources(content: str) -> dict[str, set[str]]:
    """Protocol and port -> who is let in."""
    rows = (line.rsplit(" ", 2) for line in content.splitlines())
    return {row[0]: set(row[2].split(",")) for row in rows if len(row) == 3}


def strangers(
    peers: Iterable[str], facts: Iterable[HostFacts], seen: Iterable[SwarmFacts]
) -> set[str]:
    """The addresses of a swarm's nodes that are no hosts of the stack: peers all the same.

    ``peers``: the addresses of the stack's hosts. ``facts``: of these. ``seen``: the swarm as its
    managers among them know it. An address that was let in as a host's own is one that leaves.
    """
    before = [facts_.records[CHANGE] for facts_ in facts if CHANGE in facts_.records]
    known = {
        a for record in before for a in records.header_fields(record).get("nodes", "").split(",")
    }
    known -= {"", "none"}
    listed = {a for swarm in seen for a in _listed_by(swarm)}
    if not listed:
        return known - set(peers)  # no manager tells
    let_in = (_sources(records.body(record)).values() for record in before)
    leaving = {a for of_record in let_in for sources in of_record for a in sources} - known
    return listed - set(peers) - leaving


def _listed_by(swarm: SwarmFacts) -> Iterator[str]:
    for node in swarm.node_addresses:
        for at in (node.address, node.manager.rpartition(":")[0]):
            try:
                address = IPv4Address(at)
            except ValueError:
                continue
            # What a manager has for itself on older engines.
            if not (address.is_unspecified or address.is_loopback):
                yield str(address)


def describe(contents: Mapping[str, str], names: Mapping[str, str]) -> list[str]:
    """What the lines of hosts mean, for people. ``names``: address -> host."""
    ports: dict[tuple[str, str], list[str]] = {}
    for host, content in contents.items():
        for line in content.splitlines():
            protocol, port, destinations, sources = line.split(" ")
            if protocol == "bridge":
                continue
            if LOCAL in destinations.split(",") and not sources.startswith("%"):
                ports.setdefault((host, sources), []).append(f"{protocol} {port}")
    hosts: dict[tuple[str, str], list[str]] = {}
    for (host, sources), given in ports.items():
        hosts.setdefault((", ".join(given), sources), []).append(host)
    sentences = []
    for (given_, sources), at in hosts.items():
        peers = list(dict.fromkeys(names.get(a, a) for a in sources.split(",")))
        if len(at) > 1 and sorted(peers) == sorted(at):
            by = "only each other"
        else:
            others = [peer for peer in peers if at != [peer]]
            by = f"only {', '.join(others)}" if others else "no other machine"
        sentences.append(f"{', '.join(at)} will let {by} reach {given_}")
    return sentences
