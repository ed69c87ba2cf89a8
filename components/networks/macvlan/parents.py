"""Who holds a NIC as the parent of a macvlan network: engines up to 27 allow one network on each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from planning.facts import HostFacts
from planning.sentences import whose

# moby#47318: any number from then on.
_SEVERAL_FROM = 28


def mixed(
    wanted: Mapping[str, Mapping[str, str]], host: str, facts: HostFacts, stack: str
) -> Iterator[str]:
    """Sentences where a NIC would carry both macvlan and ipvlan networks, which no kernel lets it.

    ``wanted``: parent -> the stack's networks on it, on this host -> their driver.
    """
    for nic, drivers in wanted.items():
        if len(set(drivers.values())) > 1:
            yield (
                f"{' and '.join(drivers)} have one parent, {nic} of {host}, which can carry networks of one "
                "driver: write the same `driver` for all, or another parent"
            )
        for other in facts.networks or []:
            driver = next(iter(drivers.values()))
            if facts.parents.get(other.id) != nic or other.stack == stack or other.driver == driver:
                continue
            yield (
                f"{next(iter(drivers))} cannot have {nic} of {host} as its parent, which {other.driver} network "
                f"{other.name} has, {whose(other.stack)}, and which can carry networks of one driver: write "
                f"`driver: {other.driver}`, or another parent"
            )


def crowded(
    wanted: Mapping[str, Sequence[str]], host: str, facts: HostFacts, stack: str
) -> Iterator[str]:
    """Sentences where a NIC would carry more macvlan networks than the host's engine allows.

    ``wanted``: parent -> the stack's macvlan networks on it, on this host.
    """
    engine = facts.engine
    if engine is None or engine.major >= _SEVERAL_FROM:
        return
    one = f"Docker {engine.version} there has one macvlan network on a NIC"
    for nic, names in wanted.items():
        if len(names) > 1:
            yield (
                f"{' and '.join(names)} have one parent, {nic} of {host}, and {one}: give one another "
                "parent or other `hosts`, or use Docker 28 or newer there"
            )
        for other in facts.networks or []:
            # What this stack has there itself goes first (planning/conflicts.py).
            if facts.parents.get(other.id) == nic and other.stack != stack:
                yield (
                    f"{names[0]} cannot have {nic} of {host} as its parent, which macvlan network "
                    f"{other.name} has, {whose(other.stack)}, and {one}: write another parent or other `hosts`, "
                    "or use Docker 28 or newer there"
                )
