"""What each host can do: a verdict for every strategy, whatever the stack asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from components.networks import contracts
from components.preflight import engine
from planning import ports
from planning.contract import Contract
from planning.facts import HostFacts, Unreachable
from planning.ports import Peer


@dataclass(frozen=True)
class Judgement:
    """Whether a host can have networks of a strategy, and if not, why and what to do."""

    able: bool
    reasons: tuple[str, ...] = ()


def judge(
    facts: Mapping[str, HostFacts | Unreachable], addresses: Mapping[str, str]
) -> dict[str, dict[str, Judgement]]:
    """Host -> strategy -> judgement. Hosts that do not answer are judged unable."""
    peers = {
        name: Peer(addresses[name], seen)
        for name, seen in facts.items()
        if isinstance(seen, HostFacts)
    }
    between = {c.title: ports.shut(peers, c.ports) for c in contracts()}
    return {
        name: {c.title: _judge(name, peers.get(name), c, between[c.title]) for c in contracts()}
        for name in facts
    }


def _judge(name: str, peer: Peer | None, contract: Contract, between: dict[str, str]) -> Judgement:
    if peer is None:
        return Judgement(False, ("it does not answer",))
    reasons = [
        *engine.docker(name, "its user", peer.facts),
        *contract.refusals(name, peer.facts),
        *([between[name]] if name in between else []),
        *ports.held(name, peer.facts, contract.ports, frozenset({"dockerd"})),
    ]
    return Judgement(not reasons, tuple(reasons))
