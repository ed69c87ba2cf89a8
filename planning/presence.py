"""What a host had after the last up and has not any more: containers, networks, its engine."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from planning import records
from planning.answers import is_word
from planning.facts import ContainerFacts, HostFacts, NetworkFacts, Unreachable

Kind = Literal["container", "network"]
# Docker's states of a container that has ended, or has never begun.
_ENDED = ("exited", "dead", "created")


@dataclass(frozen=True)
class Mark:
    """The label crosshost.made of a container or network.

    It is the time at which it was planned to be made anew, "" as long as it was made once: another
    value replaces it. ``known``: facts tell; else the label stays what it is. ``anew``: it is gone.
    """

    value: str
    known: bool = True
    anew: bool = False


def mark(
    facts: HostFacts | Unreachable, record: str | None, kind: Kind, name: str, stack: str
) -> Mark:
    """The mark that a container or network of this Docker name gets, from what is there now.

    ``record``: what the host had after the last up. What cannot be seen is not gone.
    """
    if isinstance(facts, Unreachable):
        return Mark("", known=False)
    found: Sequence[ContainerFacts | NetworkFacts] | None
    found = facts.containers if kind == "container" else facts.networks
    if found is None:
        return Mark("", known=False)
    there = next((one for one in found if one.name == name), None)
    if there is not None and there.stack != stack:
        return Mark("", known=False)  # somebody else's has the name
    if there is not None and not (isinstance(there, ContainerFacts) and there.state in _ENDED):
        return Mark(there.made)
    if there is None and not _recorded(record, kind, name):
        return Mark("")  # not made yet
    return Mark(records.stamp(), anew=True)


def _recorded(record: str | None, kind: Kind, name: str) -> bool:
    return any((row[0], row[2]) == (kind, name) for row in rows(record))


def rows(record: str | None) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """Kind, ID, name and further words of what a host had after the last up."""
    found = []
    for line in (record or "").splitlines()[1:]:
        kind, id_, name, *words = [*line.split(" "), "", ""]
        if kind in ("container", "network"):
            found.append((kind, id_, name, tuple(word for word in words if word)))
    return found


def recorded_engine(record: str | None) -> str | None:
    """The engine's version at the last up."""
    lines = (record or "").splitlines()[1:]
    found = (line.removeprefix("engine ") for line in lines if line.startswith("engine "))
    return next((version for version in found if is_word(version)), None)


def upgraded(host: str, facts: HostFacts, record: str) -> list[str]:
    """A sentence where the engine is another one than at the last up."""
    before = recorded_engine(record)
    if before is None or facts.engine is None or facts.engine.version == before:
        return []
    return [
        f"{host}: Docker was {before} at the last up and is {facts.engine.version} now: up looks "
        "whether all of it still runs"
    ]


def missing(
    host: str,
    facts: HostFacts,
    record: str,
    *,
    containers: Collection[str],
    networks: Collection[str],
) -> list[str]:
    """Sentences on what facts no longer show of a record's rows.

    ``containers``, ``networks``: the Docker names that the stack file still has on this host.
    """
    sentences = []
    # What could not be read is not gone.
    containers = containers if facts.containers is not None else ()
    networks = networks if facts.networks is not None else ()
    by_id = {c.id: c for c in facts.containers or []}
    names = {c.name for c in facts.containers or []}
    held = {n.name for n in facts.networks or []}
    for kind, id_, name, _ in rows(record):
        if kind == "network" and name in networks and name not in held:
            sentences.append(f"network {name} is gone from {host}: up makes it anew")
        if kind != "container" or name not in containers:
            continue
        container = by_id.get(id_)
        if container is None and name in names:
            sentences.append(
                f"container {name} on {host} is not the one that was made here: remove it, then "
                "run `pulumi up`"
            )
        elif container is None:
            sentences.append(f"container {name} is gone from {host}: up makes it anew")
        elif container.state != "running":
            sentences.append(
                f"container {name} on {host} does not run ({container.status}): "
                + ("up makes it anew" if container.state in _ENDED else "look there why")
            )
    return sentences
