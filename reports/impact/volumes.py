"""What happens to volumes, and to the data in those of containers that move or go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from planning.engine_events import Act, Change
from reports.impact.containers import CONTAINER, host_before, rows
from reports.impact.model import Effect, Gate, Weight

VOLUME = "docker:index/volume:Volume"
LEFT_BEHIND = "does not move along"
Volumes = dict[tuple[str, str], str]


def effects(change: Change) -> Iterator[Effect]:
    """Of a volume that a stack made."""
    if change.act in (Act.DELETE, Act.REPLACE):
        yield Effect(
            change.host, f"volume {change.base} is deleted with its data", Weight.LOST,
            Gate.REPLACE, (change.base,),
        )  # fmt: skip
    else:
        yield Effect(change.host, f"volume {change.base} is made", Weight.CHANGES)


def kept(changes: Sequence[Change]) -> Iterator[Effect]:
    """Named volumes of containers: Docker makes them, and keeps them when their container goes."""
    before: Volumes = {}
    after: Volumes = {}
    for change in changes:
        if change.type == CONTAINER:
            before |= _named(change, change.old, host_before(change))
            if change.act is not Act.DELETE:
                after |= _named(change, change.new, change.host)
    deleted = {
        (change.host, change.base)
        for change in changes
        if change.type == VOLUME and change.act in (Act.DELETE, Act.REPLACE)
    }
    left = {key: name for key, name in before.items() if key not in after and key not in deleted}
    moved: set[tuple[str, str]] = set()
    for (host, volume), name in sorted(after.items()):
        at = next((h for (h, v), n in sorted(left.items()) if (v, n) == (volume, name)), None)
        if at is not None and (host, volume) not in before:
            moved.add((at, volume))
            sentence = (
                f"volume {volume} of {name} {LEFT_BEHIND}: its data stays on {at}, and here {name} begins with "
                "what a volume of that name has, or with nothing"
            )
            yield Effect(host, sentence, Weight.ENDS, names=(volume,))
    for (host, volume), name in sorted(left.items()):
        if (host, volume) not in moved:
            sentence = f"volume {volume} stays with its data; {name} uses it no more"
            yield Effect(host, sentence, Weight.CHANGES)


def _named(change: Change, inputs: Mapping[str, object], host: str) -> Volumes:
    found = (str(row.get("volumeName") or "") for row in rows(inputs, "volumes"))
    return {(host, volume): change.base for volume in found if volume}
