"""Hosts that have another name in the stack file than at the last up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from planning import records
from planning.facts import HostFacts


def called(facts: HostFacts, stack: str) -> str | None:
    """What a host was called at the last up; None where nothing of the stack is kept there.

    Its record says so, or, where that was lost, the labels of its containers.
    """
    record = facts.records.get("scripts")
    if record is not None and (name := records.header_fields(record).get("host")):
        return name
    labels = Counter(c.host for c in facts.containers or [] if c.stack == stack and c.host)
    return labels.most_common(1)[0][0] if len(labels) == 1 else None


def renamed(facts: Mapping[str, HostFacts], stack: str) -> dict[str, str]:
    """Host -> the name that it had, of those that have another one now."""
    found = {host: called(seen, stack) for host, seen in facts.items()}
    return {host: old for host, old in found.items() if old is not None and old != host}
