"""Hosts that have another name in the stack file than at the last up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from planning import records
from planning.facts import HostFacts


def called(facts: HostFacts, stack: str) -> str | None:
    """What a host was called at the last up; None where nothing of the stack is kept there.

    Its record says so, or, where that was lost, the labels of its containers.
    """
    record = facts.records.get("scripts")
    if record is not None and (name := records.words(record).get("host")):
        return name
    labels = Counter(c.host for c in facts.containers or [] if c.stack == stack and c.host)
    return labels.most_common(1)[0][0] if len(labels) == 1 else None


def renamed(facts: Mapping[str, HostFacts], stack: str) -> dict[str, str]:
    """Host -> the name that it had, of those that have another one now."""
    found = {host: called(seen, stack) for host, seen in facts.items()}
    return {host: old for host, old in found.items() if old is not None and old != host}


def refusals(facts: Mapping[str, HostFacts], hosts: Iterable[str], stack: str) -> list[str]:
    """Sentences on new names that cannot be told from others. ``hosts``: all of the stack file."""
    olds = renamed(facts, stack)
    names = set(hosts)
    found = []
    for host, old in olds.items():
        if olds.get(old) == host:
            if host < old:
                found.append(
                    f"{host} and {old} have swapped their names (or addresses) in the stack file: "
                    "swap them back, as everything on a host goes by its name"
                )
        elif old in names:
            found.append(
                f"{host} was called {old} until now, and {old} is the name of another host in the "
                f"stack file: rename {host} in an up of its own, then use {old} again"
            )
    for old, times in Counter(olds.values()).items():
        if times > 1:
            both = " and ".join(sorted(host for host, name in olds.items() if name == old))
            found.append(
                f"{both} were both called {old} until now (one is a copy of the other?): remove "
                f"/var/lib/crosshost/{stack} from the one that is new"
            )
    return found
