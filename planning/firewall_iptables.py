"""iptables' rules, as `iptables -S` prints them."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

from planning.firewall import ACCEPT, CONTINUE, DROP, RETURN, Chain, Packet, Rule, both, negated

Test = Callable[[Packet], bool | None]

_PROTOCOLS = {"tcp", "udp", "icmp", "igmp", "sctp", "udplite", "ipv6-icmp", "esp", "ah", "gre"}
_ENDINGS = {
    "ACCEPT": {ACCEPT},
    "DROP": {DROP},
    "REJECT": {DROP},
    "RETURN": {RETURN},
    # What a program or the kernel may do with the packet is not in the rules.
    "QUEUE": {ACCEPT, DROP},
    "NFQUEUE": {ACCEPT, DROP},
    "SYNPROXY": {ACCEPT, DROP},
}


def chains(text: str, *, entry: str = "INPUT") -> dict[str, Chain]:
    """Chain name -> chain; only ``entry`` keeps its policy."""
    found: dict[str, Chain] = {}
    lines = [(line, shlex.split(line)) for line in text.splitlines() if line.startswith("-")]
    for _, words in lines:
        if words[0] == "-P" and len(words) > 2:
            policy = ACCEPT if words[2] == "ACCEPT" else DROP
            found[words[1]] = Chain(policy=policy if words[1] == entry else None)
        elif words[0] == "-N":
            found[words[1]] = Chain()
    for line, words in lines:
        if words[0] == "-A" and words[1] in found:
            rule = _rule(words[2:], set(found))
            found[words[1]].rules.append(replace(rule, text=f"the rule `{line}`"))
    return found


def _rule(words: list[str], known: set[str]) -> Rule:
    tests: list[Test] = []
    negate = False
    i = 0
    while i < len(words):
        word = words[i]
        value = words[i + 1] if i + 1 < len(words) and words[i + 1][:1] not in "-!" else ""
        if word in ("-j", "-g"):
            return _ending(tests, value, known, comes_back=word == "-j")
        if word == "!":
            negate = True
            i += 1
            continue
        if word not in ("-m", "--comment"):
            tests.append(_test(word, value, negate))
        negate = False
        i += 2 if value else 1
    return Rule(_all(tests))


def _ending(tests: list[Test], target: str, known: set[str], *, comes_back: bool) -> Rule:
    if target in known:
        return Rule(_all(tests), target=target, comes_back=comes_back)
    return Rule(_all(tests), frozenset(_ENDINGS.get(target, {CONTINUE})))


def _all(tests: list[Test]) -> Test:
    return lambda packet: both(*(test(packet) for test in tests))


def _test(option: str, value: str, negate: bool) -> Test:
    def test(packet: Packet) -> bool | None:
        return negated(_holds(option, value, packet), negate)

    return test


def _holds(option: str, value: str, packet: Packet) -> bool | None:
    if option == "-p":
        return _protocol(value, packet)
    if option in ("-s", "-d"):
        address = packet.source if option == "-s" else packet.destination
        return _within(address, value)
    if option == "-i":
        return None if packet.nic is None else _named(packet.nic, value)
    if option in ("--dport", "--dports"):
        return _ports(value, packet.port)
    if option in ("--ctstate", "--state"):
        return "NEW" in value.split(",")
    if option == "-o" and packet.outgoing:
        return False if value == "lo" else None
    if option == "--dst-type" and not packet.outgoing:
        return value == "LOCAL"
    return None


def _protocol(value: str, packet: Packet) -> bool | None:
    if value in ("all", packet.protocol):
        return True
    return False if value in _PROTOCOLS else None


def _within(address: IPv4Address | None, network: str) -> bool | None:
    try:
        return None if address is None else address in IPv4Network(network, strict=False)
    except ValueError:
        return None


def _named(nic: str, pattern: str) -> bool:
    return nic.startswith(pattern[:-1]) if pattern.endswith("+") else nic == pattern


def _ports(text: str, port: int) -> bool | None:
    ranges = [part.partition(":") for part in text.split(",")]
    try:
        return any(
            int(low or 0) <= port <= int(high or (65535 if colon else low))
            for low, colon, high in ranges
        )
    except ValueError:
        return None
