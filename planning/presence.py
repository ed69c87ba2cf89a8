"""What a host had after the last up and has not any more: containers, networks, its engine."""

from __future__ import annotations

from collections.abc import Collection

from planning.answers import is_word
from planning.facts import HostFacts

REMEDY = "`pulumi up --refresh` {}"


def recorded_engine(record: str | None) -> str | None:
    """The engine's version at the last up."""
    rows = (record or "").splitlines()[1:]
    found = (row.removeprefix("engine ") for row in rows if row.startswith("engine "))
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
    """Sentences on what facts no longer show of a record's rows ("container ID NAME", ...).

    ``containers``, ``networks``: the Docker names that the stack file still has on this host.
    """
    sentences = []
    # What could not be read is not gone.
    containers = containers if facts.containers is not None else ()
    networks = networks if facts.networks is not None else ()
    by_id = {c.id: c for c in facts.containers or []}
    names = {c.name for c in facts.containers or []}
    held = {n.id: n for n in facts.networks or []}
    for row in record.splitlines()[1:]:
        kind, id_, name = (*row.split(" ", 2), "", "")[:3]
        if kind == "network" and name in networks and id_ not in held:
            sentences.append(
                f"network {name} is gone from {host}: {REMEDY.format('makes it anew')}"
            )
        if kind != "container" or name not in containers:
            continue
        container = by_id.get(id_)
        if container is None and name in names:
            sentences.append(
                f"container {name} on {host} is not the one that was made here: remove it, then "
                + REMEDY.format("makes it anew")
            )
        elif container is None:
            sentences.append(
                f"container {name} is gone from {host}: {REMEDY.format('makes it anew')}"
            )
        elif container.state != "running":
            sentences.append(
                f"container {name} on {host} does not run ({container.status}): "
                + REMEDY.format("starts it")
            )
    return sentences
