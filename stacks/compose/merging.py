"""One service's words under another's, by the merge rules of the Compose Specification."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# A list of NAME=value or a map, which are merged by name.
_PAIRS = frozenset({"environment", "labels", "sysctls", "extra_hosts", "annotations"})
_REPLACED = frozenset({"command", "entrypoint", "test"})
_BY_TARGET = frozenset({"volumes", "devices", "configs", "secrets"})
# A text where there is but one.
_LISTS = frozenset({"dns", "dns_opt", "dns_search", "env_file", "tmpfs"})
# A list where all have no settings.
_BY_NAME = frozenset({"depends_on", "networks"})


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Two maps of words as one: maps are merged, lists are joined, the upper value wins."""
    whole = dict(below)
    for key, value in above.items():
        whole[key] = _one(key, below[key], value) if key in below else value
    return whole


def _one(key: str, below: Any, above: Any) -> Any:
    if key in _PAIRS:
        below, above = _map(below, key), _map(above, key)
    if key in _LISTS:
        below, above = _list(below), _list(above)
    if key in _BY_NAME and (isinstance(below, dict) or isinstance(above, dict)):
        below, above = _named(below), _named(above)
    if (
        key == "logging"
        and _driver(below) != _driver(above)
        and None not in (_driver(below), _driver(above))
    ):
        return above
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


def _list(value: Any) -> Any:
    return [value] if isinstance(value, (str, dict)) else value


def _named(value: Any) -> Any:
    return {str(name): {} for name in value} if isinstance(value, list) else value


def _driver(logging: Any) -> Any:
    return logging.get("driver") if isinstance(logging, dict) else None


def _target(item: Any) -> str:
    if isinstance(item, dict):
        return str(item.get("target") or item.get("source"))
    parts = str(item).split(":")
    return parts[1] if len(parts) > 1 else parts[0]
