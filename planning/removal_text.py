"""A removal of what is in the way, as text: for the program that removes it, and for people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from planning import records
from planning.conflicts import Removal, called
from planning.facts import HostFacts


def lines(removal: Removal, targets: Mapping[str, str], facts: Mapping[str, HostFacts]) -> str:
    """The removal as lines for components/conflict_removal.py: "HOST WHAT ID NAME" each.

    ``targets``: host -> NAME, or NAME:sudo.
    """
    text = [f"{targets[i.host]} {i.kind} {i.id} {i.name}\n" for i in removal.containers]
    text += [f"{targets[i.host]} {i.kind} {i.id} {i.name}\n" for i in removal.networks]
    for host, plane in removal.leaving.items():
        record = facts[host].records.get(plane if plane == "swarm" else "daemon", "")
        header = record.partition("\n")[0] if plane == "swarm" else ""
        text.append(f"{targets[host]} leave {plane} {header}".rstrip() + "\n")
    text += [f"{targets[host]} shim {network}\n" for host, network in removal.shims]
    return "".join(text)


def seconds_away(removal: Removal, at_once: int) -> int:
    """About how long its containers are away, from what each step takes on two hosts of the lab.

    A daemon that leaves a cluster store is restarted, ``at_once`` at a time.
    """
    planes = list(removal.leaving.values())
    turns = -(-planes.count("consul") // at_once)
    return away(daemons=turns, swarm="swarm" in planes, networks=bool(removal.networks))


def away(*, daemons: int = 0, swarm: bool = False, networks: bool = False) -> int:
    """About how many seconds a container is away that is made anew.

    ``daemons``: how many are restarted before, one after the other; ``swarm``: one is left before;
    ``networks``: one is made anew.
    """
    return 5 + 4 * daemons + (8 if swarm else 0) + (3 if networks else 0)


@dataclass(frozen=True)
class Removed:
    """What is removed first. ``kind``: container or network; ``seconds``: away, 0 for a network."""

    kind: str
    name: str
    host: str
    why: str
    seconds: int


def removed(sentence: str) -> Removed | None:
    """What `sentences` says is removed first; None where a sentence says nothing of that."""
    found = re.fullmatch(
        r"(container|network) (\S+) on (\S+) is removed first: (.*?)"
        r"(?:; it is away for about (\d+) s)?",
        sentence,
        re.DOTALL,
    )
    return Removed(found[1], found[2], found[3], found[4], int(found[5] or 0)) if found else None


def sentences(removal: Removal, at_once: int) -> list[str]:
    """What is removed first, for people."""
    away = f"; it is away for about {seconds_away(removal, at_once)} s"
    found = [
        f"{item.kind} {item.name} on {item.host} is removed first: {removal.why[item.id]}"
        + (away if item.kind == "container" else "")
        for item in (*removal.containers, *removal.networks)
    ]
    found += [
        f"{host} leaves its {called(plane)} first, to be on another control plane"
        for host, plane in removal.leaving.items()
    ]
    found += [
        f"{host} has no device of its own on network {network} any more: it is removed first, and "
        f"{host} reaches its containers there no more"
        for host, network in removal.shims
    ]
    return found


def stamp_line(stack: str, ssh_config: str, at_once: int) -> str:
    """The first line for components/conflict_removal.py."""
    return f"planned={records.stamp()} stack={stack} config={ssh_config} at_once={at_once}\n"
