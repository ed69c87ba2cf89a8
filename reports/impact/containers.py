"""What happens to a container."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from planning.engine_events import Act, Change, Preview
from reports.impact.called import called
from reports.impact.model import Effect, Gate, Weight

# What a change of crosshost's own labels says.
_LABELS = {
    "crosshost.networks": "its network is made anew or another one",
    "crosshost.host": "its host",
    "crosshost.ports": "ports",
    "crosshost.made": "as it is gone",
}


def effects(change: Change, preview: Preview, seconds: int) -> Iterator[Effect]:
    """``seconds``: about how long one is away that is made anew."""
    name, host = change.base, change.host
    image = str((change.new or change.old).get("image") or "")
    if change.act is Act.CREATE:
        yield Effect(host, f"container {name} starts ({image})", Weight.CHANGES)
    elif change.act is Act.IMPORT:
        yield Effect(host, f"container {name} is taken over as it is", Weight.CHANGES)
    elif change.act is Act.DELETE:
        yield Effect(host, f"container {name} ends and is removed", Weight.ENDS)
    elif change.act is Act.UPDATE:
        yield Effect(host, f"container {name} changes as it runs: {_keys(change)}", Weight.CHANGES)
    else:
        yield from _replaced(change, preview, seconds)


def _replaced(change: Change, preview: Preview, seconds: int) -> Iterator[Effect]:
    name, host = change.base, change.host
    names = {name, str(change.new.get("name") or name)}
    if _gone(names, host, preview):
        sentence = f"container {name}, which is gone or has ended, is made anew"
        yield Effect(host, sentence, Weight.CHANGES)
        return
    before = change.was.rpartition("@")[2] if "@" in change.was else host
    moved = before != host and change.old.get("name") == change.new.get("name")
    how = f"moves here from {before}" if moved else "is replaced"
    if moved:
        yield Effect(before, f"container {name} leaves for {host}", Weight.CHANGES)
    yield Effect(
        host,
        f"container {name} {how} and is away for about {seconds} s ({_keys(change)})",
        Weight.AWAY,
        Gate.REPLACE,
        (*sorted(names), f"{host}/{name}"),
        (name,),
        seconds=seconds,
    )


def _keys(change: Change) -> str:
    """What changes, for people; the engine names nothing where something that it depends on is replaced."""
    differ = [key for key in change.new if change.new[key] != change.old.get(key)]
    found: list[str] = []
    for key in change.keys or differ:
        if key == "labels":
            found += _labels(change)
        elif key != "__defaults":
            found.append(key)
    return ", ".join(called(found)) or "as what it needs is"


def _labels(change: Change) -> Iterator[str]:
    old, new = (
        {row.get("label"): row.get("value") for row in _rows(state)}
        for state in (change.old, change.new)
    )
    for label in sorted(
        str(key) for key in old.keys() | new.keys() if old.get(key) != new.get(key)
    ):
        if label != "crosshost.words":
            yield _LABELS.get(label, "labels")


def _rows(inputs: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    rows = inputs.get("labels")
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _gone(names: set[str], host: str, preview: Preview) -> bool:
    """Whether the program says that it does not run now."""
    return any(
        text.startswith((f"container {name} is gone from {host}:", f"container {name} on {host} does not run"))
        for text in preview.said("warning")
        for name in names
    )  # fmt: skip
