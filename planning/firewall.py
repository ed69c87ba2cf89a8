"""Whether a host's own firewall lets a packet in or out, judged from its rules.

A rule may hold matches that are not understood here. A packet's fate is then a set of outcomes,
and only a certain one counts: what is not certain is never reported as shut.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import Literal

Verdict = Literal["open", "shut", "unknown"]
# Outcomes of a rule or chain; "continue" and "return" decide nothing.
ACCEPT, DROP, RETURN, CONTINUE = "accept", "drop", "return", "continue"
_DEEPEST = 30


@dataclass(frozen=True)
class Packet:
    """The first packet of a connection to one of the host's own ports.

    ``outgoing``: to a port of another host. ``nic``: that it comes in by, None for an outgoing one.
    """

    protocol: str
    port: int
    source: IPv4Address
    destination: IPv4Address | None = None
    nic: str | None = None
    outgoing: bool = False


@dataclass(frozen=True)
class Rule:
    """``matches`` says whether a packet is meant, None where that is not known.

    ``outcomes`` of a match; ``target`` is the chain to go through first (``comes_back``: and to
    come back from). ``text``: the rule for people, as its tool tells it.
    """

    matches: Callable[[Packet], bool | None]
    outcomes: frozenset[str] = frozenset({CONTINUE})
    target: str | None = None
    comes_back: bool = True
    text: str = ""


@dataclass(frozen=True)
class Chain:
    """Rules in order; ``policy`` is set on a chain where packets begin."""

    rules: list[Rule] = field(default_factory=list)
    policy: str | None = None


Chains = Mapping[str, Chain]


def verdict(chains: Chains, packet: Packet) -> Verdict:
    """What the chains with a policy do to a packet: each of them must let it through."""
    fates = [
        {chain.policy if o == RETURN else o for o in walk(chains, name, packet)}
        for name, chain in chains.items()
        if chain.policy is not None
    ]
    if any(fate == {DROP} for fate in fates):
        return "shut"
    return "open" if all(fate == {ACCEPT} for fate in fates) else "unknown"


def walk(chains: Chains, name: str, packet: Packet, depth: int = 0) -> set[str]:
    """Every outcome that a packet may have in a chain: accept, drop, return."""
    if name not in chains or depth > _DEEPEST:
        return {ACCEPT, DROP, RETURN}
    outcomes: set[str] = set()
    for rule in chains[name].rules:
        matches = rule.matches(packet)
        if matches is False:
            continue
        here = set(rule.outcomes)
        if rule.target is not None:
            here = walk(chains, rule.target, packet, depth + 1)
            if rule.comes_back and RETURN in here:
                here = (here - {RETURN}) | {CONTINUE}
        outcomes |= here - {CONTINUE}
        if matches and CONTINUE not in here:
            return outcomes
    return outcomes | {RETURN}


def stop(chains: Chains, packet: Packet) -> tuple[str, str] | None:
    """The chain with a policy that certainly drops a packet, and what does, for people.

    That is "" where more than one rule may do it.
    """
    for name, chain in chains.items():
        if chain.policy is None:
            continue
        fate = walk(chains, name, packet)
        if {chain.policy if o == RETURN else o for o in fate} == {DROP}:
            if fate == {RETURN}:
                return name, f"the policy of {name}"
            return name, "" if RETURN in fate else _dropping(chains, name, packet)
    return None


def _dropping(chains: Chains, name: str, packet: Packet) -> str:
    """The rule that drops a packet, "" where it is not one for certain."""
    for rule in chains[name].rules:
        if rule.matches(packet) is False:
            continue
        if rule.target is None:
            if DROP in rule.outcomes:
                return rule.text if rule.matches(packet) else ""
        elif DROP in walk(chains, rule.target, packet):
            return _dropping(chains, rule.target, packet)
    return ""


def both(*answers: bool | None) -> bool | None:
    """Whether all conditions hold; None where that is open."""
    if any(answer is False for answer in answers):
        return False
    return None if any(answer is None for answer in answers) else True


def negated(answer: bool | None, negate: bool) -> bool | None:
    """The answer, or its contrary."""
    return answer if answer is None or not negate else not answer
