"""The label crosshost.made, by which what is gone is made anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planning import records
from planning.facts import ContainerFacts, HostFacts, NetworkFacts, Unreachable
from planning.last_up import ENDED, Kind, rows


@dataclass(frozen=True)
class MadeLabel:
    """The label crosshost.made of a container or network.

    It is the time at which it was planned to be made anew, "" as long as it was made once: another
    value replaces it. ``known``: facts tell; else the label stays what it is. ``anew``: it is gone.
    """

    value: str
    known: bool = True
    anew: bool = False


def made_label(
    facts: HostFacts | Unreachable,
    record: str | None,
    kind: Kind,
    name: str,
    stack: str,
    *,
    ends: bool = False,
) -> MadeLabel:
    """The mark that a container or network of this Docker name gets, from what is there now.

    ``record``: what the host had after the last up. ``ends``: a container whose process is to end with
    exit code 0. What cannot be seen is not gone.
    """
    if isinstance(facts, Unreachable):
        return MadeLabel("", known=False)
    found: Sequence[ContainerFacts | NetworkFacts] | None
    found = facts.containers if kind == "container" else facts.networks
    if found is None:
        return MadeLabel("", known=False)
    there = next((one for one in found if one.name == name), None)
    if there is not None and there.stack != stack:
        return MadeLabel("", known=False)  # somebody else's has the name
    if there is not None and (_goes_on(there) or (ends and _completed(there))):
        return MadeLabel(there.made)
    if there is None and not _recorded(record, kind, name):
        return MadeLabel("")  # not made yet
    return MadeLabel(records.stamp(), anew=True)


def _goes_on(there: ContainerFacts | NetworkFacts) -> bool:
    return not (isinstance(there, ContainerFacts) and there.state in ENDED)


def _completed(there: ContainerFacts | NetworkFacts) -> bool:
    return isinstance(there, ContainerFacts) and there.status.startswith("Exited (0)")


def _recorded(record: str | None, kind: Kind, name: str) -> bool:
    kinds = (kind, "ended") if kind == "container" else (kind,)
    return any(row[0] in kinds and row[2] == name for row in rows(record))
