"""What stands between hosts that must reach ports of each other: firewalls, other programs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
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
    """Whether the host's own firewall lets a packet to a port of the host in."""
    rules = facts.firewall
    answers = [_judged(read, text, packet) for _, read, text in _texts(facts)]
    if "shut" in answers:
        return "shut"
    # Firewalld's rules are in nftables, which only its own command may be there to read.
    unread = not answers or (rules.nft is None and rules.firewalld)
    return "unknown" if unread or "unknown" in answers else "open"


def _texts(facts: HostFacts) -> list[tuple[str, Callable[[str], Chains], str]]:
    """The command of each kind of rules that a host has, what reads them, and they."""
    rules = facts.firewall
    texts = (
        ("iptables", firewall_iptables.chains, rules.iptables),
        ("iptables-legacy", firewall_iptables.chains, rules.iptables_legacy),
        ("nft", firewall_nft.chains, rules.nft),
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


def shut(
    hosts: Mapping[str, Peer], ports: Sequence[Port], guarding: Iterable[str] | None = None
) -> dict[str, str]:
    """Host -> sentence, where its own firewall keeps peers from ports that they need.

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
                + _remedy(host, wanted[0], hosts[peers[0]].address)
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


def _remedy(host: Peer, port: Port, source: str) -> str:
    """What lets a packet in that is kept out, and what does that now."""
    command, chain, rule = _stop(host, port, source)
    allow = f"allow that there, e.g. `{_allow(host.facts, port, source, command, chain)}`"
    return f"{allow}, as {rule} drops it" if _plain(rule) else allow


def _stop(host: Peer, port: Port, source: str) -> tuple[str, str, str]:
    """The command of the rules that keep a packet out, the chain, and the rule, "" where it is not one."""
    first = packet(host, port, source)
    for command, read, text in _texts(host.facts):
        if first and _judged(read, text, first) == "shut":
            return command, *(stop(read(text), first) or ("", ""))
    return "iptables", "", ""


def _plain(text: str) -> bool:
    """Whether a host's text may be shown as it is."""
    return 0 < len(text) < 300 and text.isprintable()


def _allow(facts: HostFacts, port: Port, source: str, command: str, chain: str) -> str:
    protocol, number = port
    if command == "nft" and _NFT_CHAIN.fullmatch(chain) and " firewalld " not in chain:
        # Accepted in another table, it would still be dropped in this one.
        return f"nft insert rule {chain} ip saddr {source} {protocol} dport {number} accept"
    if facts.firewall.ufw:
        return f"ufw allow proto {protocol} from {source} to any port {number}"
    if facts.firewall.firewalld:
        return f"firewall-cmd --permanent --add-port={number}/{protocol}"
    command = "iptables" if command == "nft" else command
    return f"{command} -I INPUT -p {protocol} --dport {number} -s {source} -j ACCEPT"


def _ports(ports: Sequence[Port]) -> str:
    return listed([f"{protocol} {number}" for protocol, number in ports])
