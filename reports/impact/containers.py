"""What happens to a container."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from planning.engine_events import Act, Change, Preview
from reports.impact.called import called
from reports.impact.model import Effect, Gate, Weight

CONTAINER = "docker:index/container:Container"
# What a change of crosshost's own labels says, besides the words of the stack file.
_LABELS = {
    "crosshost.networks": "its network is made anew",
    "crosshost.host": "its host",
    "crosshost.ports": "ports",
    "crosshost.made": "as it is gone",
}
_WORDS = "crosshost.words"
# These say which networks.
_OF_NETWORKS = ("ip", "network", "network_mode", "networks")


def moves(changes: Sequence[Change]) -> dict[str, tuple[Change, Change]]:
    """Name -> (deletion, creation) of those that go to another host, as their old one leaves the stack."""
    gone = [c for c in changes if c.type == CONTAINER and c.act is Act.DELETE]
    made = [c for c in changes if c.type == CONTAINER and c.act is Act.CREATE]
    return {
        old.base: (old, new)
        for old in gone
        for new in made
        if old.base == new.base and old.host != new.host
    }


def moved(old: Change, new: Change) -> Iterator[Effect]:
    """Of one that `moves` found: Pulumi makes it there before it removes it here."""
    name, names = new.base, {new.base, str(new.new.get("name") or new.base)}
    yield Effect(old.host, f"container {name} leaves for {new.host}", Weight.CHANGES)
    yield Effect(
        new.host,
        f"container {name} moves here from {old.host}, made anew: it starts here before it ends there",
        Weight.AWAY,
        Gate.REPLACE,
        (*sorted(names), f"{new.host}/{name}", f"{old.host}/{name}"),
    )


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
        what = _keys(change) or "what it needs"
        yield Effect(host, f"container {name} changes as it runs: {what}", Weight.CHANGES)
    else:
        yield from _replaced(change, preview, seconds)


def _replaced(change: Change, preview: Preview, seconds: int) -> Iterator[Effect]:
    name, host = change.base, change.host
    names = {name, str(change.new.get("name") or name)}
    if _gone(names, host, preview):
        sentence = f"container {name}, which is gone or has ended, is made anew"
        yield Effect(host, sentence, Weight.CHANGES)
        return
    before = host_before(change)
    away = before != host and change.old.get("name") == change.new.get("name")
    how = f"moves here from {before}" if away else "is replaced"
    if away:
        yield Effect(before, f"container {name} leaves for {host}", Weight.CHANGES)
    yield Effect(
        host,
        f"container {name} {how} and is away for about {seconds} s{_why(change, moved=away)}",
        Weight.AWAY,
        Gate.REPLACE,
        (*sorted(names), f"{host}/{name}"),
        (name,),
        seconds=seconds,
    )


def host_before(change: Change) -> str:
    """The host that a container is on until then."""
    return change.was.rpartition("@")[2] if "@" in change.was else change.host


def rows(inputs: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """The rows of a list among the inputs."""
    found = inputs.get(key)
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def _why(change: Change, *, moved: bool) -> str:
    # Its host and what its networks are called there go with it.
    said = _keys(change, {"crosshost.host", "crosshost.networks"} if moved else set())
    return f" ({said or 'as what it needs is'})" if said or not moved else ""


def _keys(change: Change, left_out: Collection[str] = ()) -> str:
    """What changes, for people; the engine names nothing where something that it depends on is replaced."""
    old, new = (
        {str(row.get("label")): str(row.get("value")) for row in rows(state, "labels")}
        for state in (change.old, change.new)
    )
    labels = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    differ = [key for key in change.new if change.new[key] != change.old.get(key)]
    found = called(k for k in change.keys or differ if k not in ("__defaults", "labels"))
    words = _words(old.get(_WORDS, "")) ^ _words(new.get(_WORDS, ""))
    found += sorted(words - set(found))
    if "mem_limit" in words and "memswap_limit" not in words:
        found = [word for word in found if word != "memswap_limit"]  # Docker's default follows
    if "labels" in (change.keys or differ):
        told = {_LABELS.get(key, "labels") for key in labels if key not in (_WORDS, *left_out)}
        if "networks" in found:
            told.discard(_LABELS["crosshost.networks"])
        found = [*sorted(told - set(found)), *found]
    return ", ".join(_with_image(found, change))


def _words(label: str) -> set[str]:
    """The words of a stack file that a label lists, those of networks as one."""
    return {"networks" if word in _OF_NETWORKS else word for word in label.split()}


def _with_image(words: list[str], change: Change) -> list[str]:
    images = f"image {change.old.get('image')} -> {change.new.get('image')}"
    return [images if word == "image" else word for word in words]


def _gone(names: set[str], host: str, preview: Preview) -> bool:
    """Whether the program says that it does not run now."""
    return any(
        text.startswith((f"container {name} is gone from {host}:", f"container {name} on {host} does not run"))
        for text in preview.said("warning")
        for name in names
    )  # fmt: skip
