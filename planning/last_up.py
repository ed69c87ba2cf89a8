"""What a host had after the last up and has not any more: containers, networks, its engine."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from planning.answers import is_word
from planning.facts import HostFacts

Kind = Literal["container", "network"]
# The kind of a container's row whose process is to end.
ENDED_ROW = "ended"
# Docker's states of a container that has ended, or has never begun.
ENDED = ("exited", "dead", "created")


def rows(record: str | None) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """Kind, ID, name and further fields of what a host had after the last up."""
    found = []
    for line in (record or "").splitlines()[1:]:
        kind, id_, name, *fields = [*line.split(" "), "", ""]
        if kind in ("container", "network", ENDED_ROW):
            found.append((kind, id_, name, tuple(word for word in fields if word)))
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
    stack: str,
    containers: Collection[str],
    networks: Collection[str],
) -> list[str]:
    """Sentences on what facts no longer show of a record's rows of ``stack``.

    ``containers``, ``networks``: the Docker names that the stack file still has on this host.
    """
    sentences = []
    # What could not be read is not gone.
    containers = containers if facts.containers is not None else ()
    networks = networks if facts.networks is not None else ()
    by_id = {c.id: c for c in facts.containers or []}
    stacks = {c.name: c.stack for c in facts.containers or []}
    held = {n.name for n in facts.networks or []}
    for kind, id_, name, _ in rows(record):
        if kind == "network" and name in networks and name not in held:
            sentences.append(f"network {name} is gone from {host}: up makes it anew")
        if kind == "network" or name not in containers:
            continue
        container = by_id.get(id_)
        if container is None and stacks.get(name) == stack:
            sentences.append(
                f"container {name} on {host} is left of an up that did not end: up makes it anew"
            )
        elif container is None and name in stacks:
            sentences.append(
                f"container {name} on {host} is not the one that was made here: remove it, then "
                "run `pulumi up`"
            )
        elif container is None:
            sentences.append(f"container {name} is gone from {host}: up makes it anew")
        elif container.state != "running" and kind != ENDED_ROW:
            sentences.append(
                f"container {name} on {host} does not run ({container.status}): "
                + ("up makes it anew" if container.state in ENDED else "look there why")
            )
    return sentences
