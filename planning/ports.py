"""What stands between hosts that must reach ports of each other: firewalls, other programs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Address

from planning import firewall_iptables, firewall_nft
from planning.facts import HostFacts
from planning.firewall import DROP, Chains, Packet, Verdict, stop, verdict, walk
from planning.sentences import listed

# Protocol and number, e.g. ("udp", 4789).
Port = tuple[str, int]
_NFT_CHAIN = re.compile(r"(ip|inet) [A-Za-z0-9_-]{1,64} [A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True)
class Peer:
    """A host that answers, and the address that its peers know it by."""

    address: str
    facts: HostFacts


def gate(facts: HostFacts, packet: Packet) -> Verdict:
    """Whether the host's own firewall lets a packet in, or an outgoing one out."""
    rules = facts.firewall
    answers = [_judged(read, text, packet) for _, read, text in _texts(facts, packet)]
    if "shut" in answers:
        return "shut"
    # Firewalld's rules are in nftables, which only its own command may be there to read.
    unread = not answers or (rules.nft is None and rules.firewalld)
    return "unknown" if unread or "unknown" in answers else "open"


def _texts(facts: HostFacts, packet: Packet) -> list[tuple[str, Callable[[str], Chains], str]]:
    """The command of each kind of rules that a host has, what reads those that a packet meets, and they."""
    rules = facts.firewall
    hook = "output" if packet.outgoing else "input"
    iptables = partial(firewall_iptables.chains, entry=hook.upper())
    texts = (
        ("iptables", iptables, rules.iptables),
        ("iptables-legacy", iptables, rules.iptables_legacy),
        ("nft", partial(firewall_nft.chains, hook=hook), rules.nft),
    )
    return [(command, read, text) for command, read, text in texts if text is not None]


def _judged(read: Callable[[str], Chains], text: str, packet: Packet) -> Verdict:
    try:
        return verdict(read(text), packet)
    except (ValueError, LookupError, TypeError, AttributeError):
        return "unknown"  # a newer tool's words


def packet(host: Peer, port: Port, source: str) -> Packet | None:
    """The first packet from ``source`` to a port of ``host``; None without IPv4 addresses."""
    try:
        address, origin = IPv4Address(host.address), IPv4Address(source)
    except ValueError:
        return None
    nic = next(
        (
            name
            for name, one in host.facts.nics.items()
            if any(address == held.ip for held in one.addresses)
        ),
        None,
    )
    return Packet(*port, source=origin, destination=address, nic=nic)


def outgoing(host: Peer, port: Port, target: str) -> Packet | None:
    """The first packet from ``host`` to a port of ``target``; None without IPv4 addresses."""
    try:
        address, other = IPv4Address(host.address), IPv4Address(target)
    except ValueError:
        return None
    return Packet(*port, source=address, destination=other, outgoing=True)


def shut(
    hosts: Mapping[str, Peer], ports: Sequence[Port], guarding: Iterable[str] | None = None
) -> dict[str, str]:
    """Host -> sentence, where its own firewall keeps peers from ports that they need, or it from theirs.

    ``guarding``: those of ``hosts`` whose ports are needed, where it is not all of them.
    """
    sentences: dict[str, str] = {}
    needed = hosts if guarding is None else {n: hosts[n] for n in guarding if n in hosts}
    for name, host in needed.items():
        closed = {
            (port, other)
            for other, peer in hosts.items()
            if other != name
            for port in ports
            if (first := packet(host, port, peer.address)) and gate(host.facts, first) == "shut"
        }
        if closed:
            wanted = [port for port in ports if any(port == p for p, _ in closed)]
            peers = [other for other in hosts if any(other == o for _, o in closed)]
            sentences[name] = (
                f"{name}'s own firewall keeps {listed(peers)} from {_ports(wanted)}: "
                + _remedy(host, packet(host, wanted[0], hosts[peers[0]].address))
            )
    for name, sentence in unsent(hosts, ports, needed).items():
        sentences[name] = "; ".join([*filter(None, [sentences.get(name)]), sentence])
    return sentences


def unsent(
    hosts: Mapping[str, Peer], ports: Sequence[Port], needed: Mapping[str, Peer]
) -> dict[str, str]:
    """Host -> sentence, where its own firewall keeps it from ports of the hosts that are ``needed``."""
    sentences: dict[str, str] = {}
    for name, host in hosts.items():
        closed = [
            (port, other, first)
            for port in ports
            for other, peer in needed.items()
            if other != name
            and (first := outgoing(host, port, peer.address))
            and gate(host.facts, first) == "shut"
        ]
        if closed:
            wanted = list(dict.fromkeys(port for port, _, _ in closed))
            peers = list(dict.fromkeys(other for _, other, _ in closed))
            sentences[name] = (
                f"{name}'s own firewall keeps it from {_ports(wanted)} of {listed(peers)}: "
                + _remedy(host, closed[0][2])
            )
    return sentences


def published_shut(name: str, host: Peer, port: Port, peers: Mapping[str, Peer]) -> list[str]:
    """The same for a port that a container publishes: only the chain DOCKER-USER meets it."""
    chains = firewall_iptables.chains(host.facts.firewall.iptables or "")
    closed = [
        other
        for other, peer in peers.items()
        if other != name
        and "DOCKER-USER" in chains
        and (first := packet(host, port, peer.address))
        and walk(chains, "DOCKER-USER", first) == {DROP}
    ]
    if not closed:
        return []
    allow = f"iptables -I DOCKER-USER -p tcp --dport {port[1]} -s {peers[closed[0]].address}"
    return [
        f"{name}'s chain DOCKER-USER keeps {listed(closed)} from {_ports([port])}: allow that "
        f"there, e.g. `{allow} -j RETURN`"
    ]


def held(name: str, facts: HostFacts, ports: Iterable[Port], by: frozenset[str]) -> list[str]:
    """Sentences about ports of a host that another program than those of ``by`` listens on."""
    return [
        f"{_ports([(one.protocol, one.port)])} of {name} is held by {one.program}: stop that "
        "program there, or give it another port"
        for one in facts.listeners or []
        if (one.protocol, one.port) in set(ports)
        and one.program is not None
        and one.program not in by
    ]


def _remedy(host: Peer, first: Packet | None) -> str:
    """What lets a packet through that is kept back, and what does that now."""
    if first is None:
        return "allow that there"
    command, chain, rule = _stop(host, first)
    allow = f"allow that there, e.g. `{_allow(host.facts, first, command, chain)}`"
    return f"{allow}, as {rule} drops it" if _plain(rule) else allow


def _stop(host: Peer, first: Packet) -> tuple[str, str, str]:
    """The command of the rules that keep a packet back, the chain, and the rule, "" where it is not one."""
    for command, read, text in _texts(host.facts, first):
        if _judged(read, text, first) == "shut":
            return command, *(stop(read(text), first) or ("", ""))
    return "iptables", "", ""


def _plain(text: str) -> bool:
    """Whether a host's text may be shown as it is."""
    return 0 < len(text) < 300 and text.isprintable()


def _allow(facts: HostFacts, first: Packet, command: str, chain: str) -> str:
    protocol, number = first.protocol, first.port
    if command == "nft" and _NFT_CHAIN.fullmatch(chain) and " firewalld " not in chain:
        # Accepted in another table, it would still be dropped in this one.
        where = f"daddr {first.destination}" if first.outgoing else f"saddr {first.source}"
        return f"nft insert rule {chain} ip {where} {protocol} dport {number} accept"
    if facts.firewall.ufw and first.outgoing:
        return f"ufw allow out proto {protocol} to {first.destination} port {number}"
    if facts.firewall.ufw:
        return f"ufw allow proto {protocol} from {first.source} to any port {number}"
    if facts.firewall.firewalld and not first.outgoing:
        return f"firewall-cmd --permanent --add-port={number}/{protocol}"
    command = "iptables" if command == "nft" else command
    if first.outgoing:
        return (
            f"{command} -I OUTPUT -p {protocol} --dport {number} -d {first.destination} -j ACCEPT"
        )
    return f"{command} -I INPUT -p {protocol} --dport {number} -s {first.source} -j ACCEPT"


def _ports(ports: Sequence[Port]) -> str:
    return listed([f"{protocol} {number}" for protocol, number in ports])
