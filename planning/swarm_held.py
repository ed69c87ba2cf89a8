"""A host's part in a swarm, which every stack that needs it holds (components/scripts/swarm-held.sh)."""

from __future__ import annotations

from collections.abc import Mapping

from planning import records
from planning.facts import HostFacts

THING = "swarm"
# The change's name on a host, and what a record says of a host that was in no swarm.
CHANGE = "swarm"
NONE = "no"


def of_others(facts: HostFacts, stack: str) -> dict[str, Mapping[str, str]]:
    """Another stack that needs the host's swarm -> the fields of what it wants of it (role, autolock)."""
    texts = dict(facts.swarm_records)
    if THING in facts.held:
        texts |= facts.held[THING].others(stack)
    return {other: records.header_fields(text) for other, text in texts.items()}


def wanted_by_others(facts: HostFacts, stack: str, word: str, value: str) -> list[str]:
    """The other stacks that want ``word`` (role, autolock) to be ``value`` on the host."""
    return [other for other, fields in of_others(facts, stack).items() if fields.get(word) == value]


def is_recorded(facts: HostFacts) -> bool:
    """Whether an up put the host into the swarm of this stack."""
    return CHANGE in facts.records


def is_held(facts: HostFacts) -> bool:
    """Whether an up of any stack has the host in its swarm."""
    return bool(
        CHANGE in facts.records
        or facts.swarm_records
        or (THING in facts.held and facts.held[THING].holders)
    )


def before(facts: HostFacts) -> str | None:
    """What the host was before the first stack came: "manager", "worker" or "no" (in no swarm).

    None where no stack has it in a swarm.
    """
    kept = facts.held.get(THING)
    if kept is not None and kept.holders and kept.before is not None:
        role = records.header_fields(kept.before).get("role", "")
        return role if role in ("manager", "worker") else NONE
    said = [
        records.header_fields(record).get("adopted", NONE)
        for record in (facts.records.get(CHANGE), *facts.swarm_records.values())
        if record is not None
    ]
    return None if not said else NONE if NONE in said else said[0]


def was_on(facts: HostFacts, word: str) -> bool:
    """Whether ``word`` (autolock) was on before the first stack came."""
    kept = facts.held.get(THING)
    return kept is not None and records.header_fields(kept.before or "").get(word) == "on"
