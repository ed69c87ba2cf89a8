"""Whether hosts with new names can be told from others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from planning.facts import HostFacts
from planning.host_paths import of_stack
from planning.renames import renamed


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
                f"{of_stack(stack)} from the one that is new"
            )
    return found
