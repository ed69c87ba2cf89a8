"""Diff of the command plugin: every input in place, only triggers taken away replaces."""

from __future__ import annotations

import re
from typing import Any

from ..provider import Difference
from ..values import UNKNOWN, Asset, Props, has_unknown, plain

_OUTPUTS = frozenset({"stdout", "stderr", "assets", "archive"})
_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*\Z")


def diff(state: Props, news: Props, olds: Props) -> Difference:
    """What changed between the old inputs (or the state) and the new inputs."""
    before = {key: plain(value) for key, value in state.items() if key not in _OUTPUTS}
    after = {key: plain(value) for key, value in news.items()}
    detailed: dict[str, str] = {}
    for key in sorted(before.keys() | after.keys()):
        _compare(key, before.get(key), after.get(key), detailed)
    if olds.get("triggers") is not None or before.get("triggers") is not None:
        if detailed.get("triggers") == "DELETE":
            detailed["triggers"] = "DELETE_REPLACE"
    elif detailed.get("triggers") == "ADD":
        detailed["triggers"] = "ADD_REPLACE"
    tops = sorted({re.split(r"[.\[]", path, maxsplit=1)[0] for path in detailed})
    replaces = [path for path, kind in detailed.items() if kind.endswith("REPLACE")]
    return Difference(detailed=detailed, diffs=tops, replaces=replaces)


def _compare(path: str, old: Any, new: Any, detailed: dict[str, str]) -> None:
    if old is None and new is None:
        return
    if old is None:
        detailed[path] = "ADD"
    elif new is None:
        detailed[path] = "DELETE"
    elif path == "connection":
        if new is not UNKNOWN and old != new:
            detailed[path] = "UPDATE"
    elif isinstance(old, Asset) and isinstance(new, Asset):
        if old.fields.get("hash") != new.fields.get("hash"):
            detailed[path] = "UPDATE"
    elif isinstance(old, list) and isinstance(new, list) and "[" not in path:
        for index in range(max(len(old), len(new))):
            place = f"{path}[{index}]"
            if index >= len(new):
                detailed[place] = "DELETE"
            elif index >= len(old):
                detailed[place] = "ADD"
            elif new[index] is UNKNOWN or has_unknown(new[index]) or old[index] != new[index]:
                detailed[place] = "UPDATE"
    elif isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            step = f".{key}" if _NAME.match(key) else f'["{key}"]'
            _compare(path + step, old.get(key), new.get(key), detailed)
    elif old != new:
        detailed[path] = "UPDATE"
