"""`extends` within a Compose file: one service's words under another's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planning.problems import Problem, nearest
from stacks.compose.source import Source

# A list of NAME=value or a map, which are merged by name.
_PAIRS = frozenset({"environment", "labels", "sysctls", "extra_hosts", "annotations"})
_REPLACED = frozenset({"command", "entrypoint", "test"})
_BY_TARGET = frozenset({"volumes", "devices", "configs", "secrets"})
_NOT_TAKEN_OVER = frozenset({"profiles", "container_name"})


def extended(name: str, source: Source, problems: list[Problem]) -> dict[str, Any]:
    """A service's words, over those of the services that it extends."""
    return _extended(name, source, problems, ())


def _extended(
    name: str, source: Source, problems: list[Problem], inside: tuple[str, ...]
) -> dict[str, Any]:
    services: Mapping[str, Any] = source.value["services"]
    own = services[name] if isinstance(services[name], dict) else {}
    if "extends" not in own:
        return own
    path = ("services", name, "extends")
    given = own["extends"]
    long = given if isinstance(given, dict) else {"service": given}
    words = {key: value for key, value in own.items() if key != "extends"}
    base = long.get("service")
    why = None
    if long.get("file"):
        why = "services of another file are not read: write the service out, or into this file"
    elif not isinstance(base, str) or base not in services:
        known = ", ".join(nearest(str(base), services))
        why = f"there is no service {base!r}: write one of {known}"
    elif base in (*inside, name):
        why = f"{base} extends itself in the end: take one of the two away"
    if why:
        problems.append(Problem(path, why, source.place(path)))
        return words
    below = _extended(str(base), source, problems, (*inside, name))
    return merged({k: v for k, v in below.items() if k not in _NOT_TAKEN_OVER}, words)


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Two maps of words as one: maps are merged, lists are joined, the upper value wins."""
    whole = dict(below)
    for key, value in above.items():
        whole[key] = _one(key, below[key], value) if key in below else value
    return whole


def _one(key: str, below: Any, above: Any) -> Any:
    if key in _PAIRS:
        below, above = _map(below, key), _map(above, key)
    if key in _REPLACED or above is None:
        return above if above is not None else below
    if isinstance(below, dict) and isinstance(above, dict):
        return merged(below, above)
    if isinstance(below, list) and isinstance(above, list):
        if key in _BY_TARGET:
            return list({_target(item): item for item in (*below, *above)}.values())
        return [*below, *(item for item in above if item not in below)]
    return above


def _map(value: Any, key: str) -> Any:
    if not isinstance(value, list):
        return value
    separator = ":" if key == "extra_hosts" else "="
    pairs = (str(item).partition(separator) for item in value)
    return {name: rest if mark else None for name, mark, rest in pairs}


def _target(item: Any) -> str:
    if isinstance(item, dict):
        return str(item.get("target") or item.get("source"))
    parts = str(item).split(":")
    return parts[1] if len(parts) > 1 else parts[0]
