"""Diff: what a change of the inputs does to what is in the state."""

from __future__ import annotations

import re
from typing import Any

from ..provider import Difference
from ..values import UNKNOWN, Props, has_unknown
from .schema import SCALARS, Field, Schema
from .shape import canonical, canonical_object, is_zero, str_of

_STABLE_THOUGH_IN_PLACE = frozenset({"mounts"})
_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*\Z")


def diff(schema: Schema, state: Props, news: Props) -> Difference:
    """The difference between the state and the checked inputs."""
    detailed: dict[str, str] = {}
    for key in sorted(schema.fields):
        field = schema.fields[key]
        if field.output:
            if field.kind == "list" and state.get(key) is None:
                detailed[key] = "ADD"
            continue
        changes: dict[str, str] = {}
        compare(field, key, state.get(key), news.get(key), changes)
        suffix = "_REPLACE" if field.replace else ""
        detailed.update({path: kind + suffix for path, kind in changes.items()})
    replaces = sorted(_top(path) for path, kind in detailed.items() if kind.endswith("REPLACE"))
    return Difference(
        detailed=detailed,
        replaces=replaces,
        diffs=sorted({_top(path) for path in detailed}),
        stables=[key for key in sorted(schema.fields) if _stable(schema, key, replaces)],
        delete_before_replace=schema.delete_before_replace and bool(replaces),
    )


def compare(field: Field, path: str, old: Any, new: Any, changes: dict[str, str]) -> None:
    """Write what differs under `path` into `changes`."""
    if new is None:
        _removed(field, path, old, changes)
    elif new is UNKNOWN:
        if field.kind in SCALARS or not field.computed:
            changes[path] = "ADD" if old is None else "UPDATE"
    elif field.kind in SCALARS:
        _scalar(field, path, old, new, changes)
    elif field.kind == "map":
        _map(path, old, new, changes)
    elif field.kind == "block":
        _block(field, path, old, new, changes)
    elif not old and not new:
        if old is None and field.kind == "list" and field.computed:
            changes[path] = "ADD"
    elif not old:
        changes[path] = "ADD"
    elif not new:
        if not (field.computed and field.objects):
            changes[path] = "DELETE"
    elif field.kind == "set":
        _set(field, path, old, new, changes)
    else:
        _list(field, path, old, new, changes)


def _removed(field: Field, path: str, old: Any, changes: dict[str, str]) -> None:
    if field.computed:
        if old is None and field.kind == "list":
            changes[path] = "ADD"
    elif field.kind == "map" and old and "[" not in path:
        changes.update({path + _step(key): "DELETE" for key in old})
    elif not field.sticky and not is_zero(old) and old != field.initial:
        changes[path] = "DELETE"


def _scalar(field: Field, path: str, old: Any, new: Any, changes: dict[str, str]) -> None:
    if old == new and isinstance(old, bool) == isinstance(new, bool):
        return
    if new == "" and (field.computed or field.sticky or old is None):
        return
    changes[path] = "ADD" if old is None else "UPDATE"


def _map(path: str, old: Any, new: Any, changes: dict[str, str]) -> None:
    items = {key: str_of(item) for key, item in new.items() if key != "__defaults"}
    if old is None:
        if items:
            changes[path] = "ADD"
        return
    for key in sorted(old.keys() | items.keys()):
        if key not in items:
            changes[path + _step(key)] = "DELETE"
        elif key not in old:
            changes[path + _step(key)] = "ADD"
        elif str_of(old[key]) != items[key]:
            changes[path + _step(key)] = "UPDATE"


def _block(field: Field, path: str, old: Any, new: Any, changes: dict[str, str]) -> None:
    if old is None:
        changes[path] = "ADD"
        return
    for key, inner in sorted((field.objects or {}).items()):
        compare(inner, f"{path}.{key}", old.get(key), new.get(key), changes)


def _list(field: Field, path: str, old: Any, new: Any, changes: dict[str, str]) -> None:
    if path == "ports" and _same_ports(old, new):
        return
    for index in range(max(len(old), len(new))):
        place = f"{path}[{index}]"
        if index >= len(new):
            changes[place] = "DELETE"
        elif index >= len(old):
            changes[place] = "ADD"
        else:
            _element(field, place, old[index], new[index], changes)


def _element(field: Field, path: str, old: Any, new: Any, changes: dict[str, str]) -> None:
    if field.objects is None or not isinstance(new, dict):
        if old != new:
            changes[path] = "UPDATE"
        return
    for key, inner in sorted(field.objects.items()):
        compare(inner, f"{path}.{key}", old.get(key), new.get(key), changes)


def _same_ports(old: list[Any], new: list[Any]) -> bool:
    """Whether the ports are the same in another order.

    A host port that is left out is the one that the state has at that place; of one container
    port's host ports the order counts.
    """
    if len(old) != len(new) or has_unknown(new):
        return False
    filled = [
        {**port, "external": before.get("external") if port.get("external") is None else port["external"]}
        for before, port in zip(old, new, strict=True)
    ]  # fmt: skip

    def key(port: dict[str, Any]) -> tuple[Any, ...]:
        return (port.get("internal"), port.get("protocol"))

    return all(
        before.get(name) == after.get(name)
        for before, after in zip(sorted(old, key=key), sorted(filled, key=key), strict=True)
        for name in ("internal", "external", "ip", "protocol")
    )


def _set(field: Field, path: str, old: Any, new: Any, changes: dict[str, str]) -> None:
    if has_unknown(new):
        changes[path] = "UPDATE"
        return
    before = [_settled(field, item) for item in old]
    after = [_settled(field, item) for item in new]
    gone = {index for index, item in enumerate(before) if item not in after}
    came = {index for index, item in enumerate(after) if item not in before}
    if not gone and not came:
        return
    if any(not _complete(field, new[index]) for index in came):
        changes[path] = "UPDATE"
        return
    for index in sorted(gone | came):
        place = f"{path}[{index}]"
        if index not in came:
            changes[place] = "DELETE"
        elif index not in gone:
            changes[place] = "ADD"
        else:
            _element(field, place, old[index], new[index], changes)


def _settled(field: Field, item: Any) -> Any:
    return canonical_object(field.objects, item) if field.objects else item


def _complete(field: Field, item: Any) -> bool:
    """Whether the engine can find the element again in the plan: it says all of itself."""
    if field.objects is None or not isinstance(item, dict):
        return True
    for key, inner in field.objects.items():
        if inner.kind == "str" and item.get(key) is None:
            return False
        if inner.kind in ("list", "set") and item.get(key) is None:
            return False
        if inner.kind == "map" and item.get(key):
            return False
        if inner.initial is not None and item.get(key) is None:
            return False
    return True


def _step(key: str) -> str:
    return f".{key}" if _IDENTIFIER.match(key) else f'["{key}"]'


def _top(path: str) -> str:
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def _stable(schema: Schema, key: str, replaces: list[str]) -> bool:
    field = schema.fields[key]
    if field.kind == "block" and field.missing:
        return False
    keeps = field.replace and not field.output
    return (keeps or key in _STABLE_THOUGH_IN_PLACE) and key not in replaces


def same(field: Field, old: Any, new: Any) -> bool:
    """Whether two values of a property mean the same."""
    return bool(canonical(field, old) == canonical(field, new))
