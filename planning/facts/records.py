"""What crosshost keeps on the host: records of changes, and what stacks hold together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from planning import answers
from planning.facts.base import Facts, Topic
from planning.facts.printed import Printed


class Held(Facts):
    """A thing of the host's that stacks hold together, as components/scripts/held.sh keeps it.

    A holder is STACK, or STACK@USE where a stack holds it for several uses.
    """

    before: str | None = None
    """What was there before the first stack."""
    holders: dict[str, str] = {}
    """Holder -> what it wants of the thing."""

    def others(self, stack: str) -> dict[str, str]:
        """The holders that are not of ``stack``."""
        return {h: text for h, text in self.holders.items() if stack_of(h) != stack}


class RecordsTopic(Topic):
    """What crosshost keeps on the host."""

    records: dict[str, str] = {}
    """Name of a change to the host -> the stdin of its last run that worked."""
    held: dict[str, Held] = {}
    """Thing of the host's -> what stacks hold of it."""
    daemon_records: dict[str, str] = {}
    """Another stack of the version before -> its record of daemon.json."""
    swarm_records: dict[str, str] = {}
    """Another stack of the version before -> its record of its part in a swarm."""
    present_elsewhere: dict[str, str] = {}
    """Another stack -> its record of the containers and networks that it has here."""
    certificates: dict[str, str] = {}
    """Folder of certificates or of a container's files -> sha256 of what is in it, and modes in octal."""
    scripts_hash: str | None = None
    """sha256 of the stack's scripts on the host (components/scripts.py); None where there are none."""

    @classmethod
    def read(cls, printed: Printed) -> Self:
        return cls(
            records=_records(printed, "record"),
            held=_held(printed.files("held")),
            daemon_records=_records(printed, "daemon_record"),
            swarm_records=_records(printed, "swarm_record"),
            present_elsewhere=_records(printed, "present"),
            certificates=printed.pairs("certificates"),
            scripts_hash=printed.one("scripts_hash"),
        )


def stack_of(holder: str) -> str:
    """The stack of a holder."""
    return holder.partition("@")[0]


def _held(files: Iterable[tuple[str, str]]) -> dict[str, Held]:
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


def _records(printed: Printed, kind: str) -> dict[str, str]:
    """Name -> record; one whose header is not as crosshost writes it counts as lost."""
    found = {}
    for name, content in printed.files(kind):
        if answers.sound_record(content):
            found[name] = content
        else:
            printed.unread.setdefault(f"{kind}/{name}", "form")
    return found
