"""Which control plane an overlay is on where the stack file leaves it open.

The choice is kept: what hosts live on decides before what would be best for new ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from planning import records
from planning.facts import HostFacts


@dataclass(frozen=True)
class Choice:
    """A control plane and why; ``refusal`` says why no overlay can be made, and the way out."""

    plane: str
    why: str
    refusal: str | None = None


def choose(facts: Mapping[str, HostFacts], *, consul_given: bool) -> Choice:
    """The control plane for overlays on these hosts (those of them that answer).

    ``consul_given``: the stack file has a Consul server; it only decides where nobody answers.
    """
    if not facts:
        return Choice("consul" if consul_given else "swarm", "no host answers")
    seated = [name for name, seen in facts.items() if seat_is_ours(seen)]
    if seated:
        return Choice("swarm", f"{_listed(seated)} joined one at an earlier up")
    stored = [name for name, seen in facts.items() if store_is_ours(seen)]
    why = f"{_listed(stored)} joined its cluster store at an earlier up"
    if not stored:
        stored = [n for n, seen in facts.items() if seen.engine and seen.engine.cluster_store]
        why = f"{_listed(stored)} live on a cluster store, which excludes Swarm"
    if not stored:
        return Choice("swarm", "every engine has it")
    return Choice("consul", why, _left_out(facts, stored))


def seat_is_ours(facts: HostFacts) -> bool:
    """Whether an up put the host into the swarm of this stack."""
    return "swarm" in facts.records


def store_is_ours(facts: HostFacts) -> bool:
    """Whether an up set the host's cluster store."""
    record = facts.records.get("daemon")
    return record is not None and "cluster-store" in records.words(record).get("own", "").split(",")


def _left_out(facts: Mapping[str, HostFacts], stored: list[str]) -> str | None:
    """The refusal where some engines cannot join the store that the others live on."""
    without = [
        f"{name} (Docker {seen.engine.version})"
        for name, seen in facts.items()
        if seen.engine and "consul" not in seen.backends
    ]
    if not without:
        return None
    return (
        f"the overlays are on the Consul cluster store of {_listed(stored)}, which "
        f"{_listed(without)} {'has' if len(without) == 1 else 'have'} no back end for, and an engine in a store cannot be in a swarm: "
        "leave such hosts out by `hosts` of the networks, or rebuild the overlays on Swarm "
        "(`pulumi destroy` with the stack file and engines as they were, then `pulumi up` with "
        "`control_plane: swarm`)"
    )


def _listed(words: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
