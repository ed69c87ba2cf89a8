"""What stacks hold on a host together, as components/scripts/held.sh keeps it there."""

from __future__ import annotations

from collections.abc import Iterable

from planning.system_facts import Facts


class Held(Facts):
    """A thing of the host's: what was ``before`` the first stack, and holder -> what it wants.

    A holder is STACK, or STACK@USE where a stack holds it for several uses.
    """

    before: str | None = None
    holders: dict[str, str] = {}

    def others(self, stack: str) -> dict[str, str]:
        """The holders that are not of ``stack``."""
        return {h: text for h, text in self.holders.items() if stack_of(h) != stack}


def stack_of(holder: str) -> str:
    """The stack of a holder."""
    return holder.partition("@")[0]


def things(files: Iterable[tuple[str, str]]) -> dict[str, Held]:
    """Thing -> what is held of it, from paths below the host's folder and their texts."""
    before: dict[str, str] = {}
    holders: dict[str, dict[str, str]] = {}
    for path, text in files:
        thing, _, holder = path.rpartition("/holders/")
        if thing:
            holders.setdefault(thing, {})[holder] = text
        else:
            before[path.removesuffix("/before")] = text.rstrip("\n")
    return {
        thing: Held(before=before.get(thing), holders=holders.get(thing, {}))
        for thing in before.keys() | holders.keys()
    }
