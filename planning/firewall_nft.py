"""nftables' rules, as `nft -j list ruleset` prints them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from planning.firewall import ACCEPT, CONTINUE, DROP, RETURN, Chain, Packet, Rule, both, negated

_ENDINGS = {"accept": {ACCEPT}, "drop": {DROP}, "reject": {DROP}, "return": {RETURN}}
# Statements that neither choose packets nor decide on them.
_NEUTRAL = {"counter", "log", "comment", "notrack", "mangle", "ct helper"}

Sets = Mapping[tuple[str, str, str], Any]


def chains(text: str, *, hook: str = "input") -> dict[str, Chain]:
    """Chain ("family table name") -> chain; those on the ``hook`` keep their policy.

    Tables that iptables keeps in nftables are left out: `iptables -S` tells them better.
    """
    items: list[dict[str, Any]] = json.loads(text)["nftables"]
    declared = [item["chain"] for item in items if "chain" in item]
    of_iptables = {
        (c["family"], c["table"]) for c in declared if c["name"] in ("INPUT", "FORWARD", "OUTPUT")
    }
    found: dict[str, Chain] = {}
    for chain in declared:
        place = (chain["family"], chain["table"])
        if place in of_iptables or chain["family"] not in ("ip", "inet"):
            continue
        entry = chain.get("type") == "filter" and chain.get("hook") == hook
        policy = DROP if chain.get("policy") == "drop" else ACCEPT
        found[_key(*place, chain["name"])] = Chain(policy=policy if entry else None)
    sets = {
        (s["family"], s["table"], s["name"]): s.get("elem", [])
        for item in items
        for s in (item.get("set"), item.get("map"))
        if s
    }
    for item in items:
        if rule := item.get("rule"):
            place = (rule["family"], rule["table"])
            if (chain := found.get(_key(*place, rule["chain"]))) is not None:
                text = f"the rule with handle {rule.get('handle')} of chain {rule['chain']}"
                chain.rules.append(replace(_rule(rule["expr"], place, sets), text=text))
    return found


def _key(family: str, table: str, chain: str) -> str:
    return f"{family} {table} {chain}"


def _rule(statements: list[dict[str, Any]], place: tuple[str, str], sets: Sets) -> Rule:
    tests: list[dict[str, Any]] = []
    certain = True
    for statement in statements:
        kind, value = next(iter(statement.items()))
        if kind == "match":
            tests.append(value)
        elif kind in ("jump", "goto"):
            target = _key(*place, value["target"])
            return Rule(
                _matcher(tests, certain, place, sets), target=target, comes_back=kind == "jump"
            )
        elif kind in _ENDINGS:
            return Rule(_matcher(tests, certain, place, sets), frozenset(_ENDINGS[kind]))
        elif kind in ("vmap", "queue", "synproxy"):
            known = _vmap_misses(value) if kind == "vmap" else False
            if known:
                continue
            return Rule(_matcher(tests, False, place, sets), frozenset({ACCEPT, DROP, RETURN}))
        elif kind not in _NEUTRAL:
            certain = False
    return Rule(_matcher(tests, certain, place, sets), frozenset({CONTINUE}))


def _vmap_misses(value: dict[str, Any]) -> bool:
    """Whether a verdict map on the connection's state has nothing for a new one."""
    data = value.get("data")
    if value.get("key") != {"ct": {"key": "state"}} or not isinstance(data, dict):
        return False
    return all(entry[0] != "new" for entry in data.get("set", []))


def _matcher(tests: list[dict[str, Any]], certain: bool, place: tuple[str, str], sets: Sets) -> Any:
    def matches(packet: Packet) -> bool | None:
        answers = [_match(test, packet, place, sets) for test in tests]
        return both(*answers, True if certain else None)

    return matches


def _match(test: dict[str, Any], packet: Packet, place: tuple[str, str], sets: Sets) -> bool | None:
    if test.get("op") not in ("==", "!=", "in"):
        return None
    left, right = test.get("left"), test.get("right")
    protocol = left.get("payload", {}).get("protocol") if isinstance(left, dict) else None
    if protocol in ("tcp", "udp") and protocol != packet.protocol:
        return False  # "tcp dport 22" asks for the protocol first
    if packet.outgoing and isinstance(left, dict) and left.get("meta", {}).get("key") == "oifname":
        return negated(False, test["op"] == "!=") if right == "lo" else None
    value = _value(left, packet)
    if value is None:
        return None
    return negated(_contains(right, value, place, sets), test["op"] == "!=")


def _value(left: Any, packet: Packet) -> Any:
    if not isinstance(left, dict):
        return None
    payload, meta, ct = left.get("payload", {}), left.get("meta", {}), left.get("ct", {})
    where = (payload.get("protocol"), payload.get("field"))
    if where in (("tcp", "dport"), ("udp", "dport"), ("th", "dport")):
        return packet.port
    if where == ("ip", "saddr"):
        return packet.source
    if where == ("ip", "daddr"):
        return packet.destination
    if where == ("ip", "protocol") or meta.get("key") == "l4proto":
        return packet.protocol
    if meta.get("key") in ("iifname", "iif"):
        return packet.nic
    if meta.get("key") == "nfproto":
        return "ipv4"
    return "new" if ct.get("key") == "state" else None


def _contains(right: Any, value: Any, place: tuple[str, str], sets: Sets) -> bool | None:
    if isinstance(right, str) and right.startswith("@"):
        elements = sets.get((*place, right[1:]))
        return None if elements is None else _contains(elements, value, place, sets)
    if isinstance(right, dict) and "set" in right:
        right = right["set"]
    if isinstance(right, list):
        answers = [_contains(item, value, place, sets) for item in right]
        if any(answers):
            return True
        return None if any(answer is None for answer in answers) else False
    if isinstance(right, dict) and "elem" in right:
        return _contains(right["elem"].get("val"), value, place, sets)
    if isinstance(value, IPv4Address):
        return _holds_address(right, value)
    if isinstance(value, int):
        return _holds_port(right, value)
    if isinstance(right, str):
        return value.startswith(right[:-1]) if right.endswith("*") else bool(value == right)
    return None


def _holds_address(right: Any, address: IPv4Address) -> bool | None:
    try:
        if isinstance(right, str):
            return address == IPv4Address(right)
        if prefix := right.get("prefix"):
            return address in IPv4Network((prefix["addr"], prefix["len"]), strict=False)
        if bounds := right.get("range"):
            return IPv4Address(bounds[0]) <= address <= IPv4Address(bounds[1])
    except (ValueError, AttributeError, KeyError):
        return None
    return None


def _holds_port(right: Any, port: int) -> bool | None:
    if isinstance(right, int):
        return port == right
    if isinstance(right, dict) and (bounds := right.get("range")):
        low, high = bounds
        if isinstance(low, int) and isinstance(high, int):
            return low <= port <= high
    return None
