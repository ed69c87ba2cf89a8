"""The engine's whole diff as lines, as ``pulumi preview --diff`` has them but without secrets."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from planning.answers import printable
from planning.engine_events import Act, Preview
from planning.redaction import NOT_KNOWN_YET

_SIGNS = {Act.CREATE: "+", Act.UPDATE: "!", Act.REPLACE: "!", Act.DELETE: "-", Act.IMPORT: "+"}
_WIDTH = 240
# Inputs that are the same for every resource of a kind, or only crosshost's own ways.
_HIDDEN = {
    "__defaults",
    "connection",
    "logging",
    "addPreviousOutputInEnv",
    "create",
    "update",
    "delete",
}


def lines(preview: Preview) -> Iterator[str]:
    """A diff of every resource, for a block of code in the language diff."""
    for change in preview.changes:
        if not change.custom:
            continue
        was = f" (was {change.was})" if change.was else ""
        kind = change.type.rpartition(":")[2]
        yield _line(f"{_SIGNS[change.act]} {change.act.value} {kind} {change.name}{was}")
        if change.act is Act.DELETE:
            continue
        old = {} if change.act in (Act.CREATE, Act.IMPORT) else change.old
        defaults = change.new.get("__defaults")
        hidden = _HIDDEN | set(defaults if isinstance(defaults, list) else ())
        keys = sorted((old.keys() | change.new.keys()) - hidden)
        found = [line for key in keys for line in _property(key, old, change.new)]
        yield from found
        if change.act is Act.UPDATE and not found and change.keys:
            yield _line(f"    not as it was made: {', '.join(change.keys)}")


def _property(key: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    before, after = (_texts(state, key) for state in (old, new))
    if before == after:
        return
    if after == [NOT_KNOWN_YET] and len(before) > 1:
        before = [f"{len(before)} lines"]
    if len(before) > 1 or len(after) > 1:
        yield _line(f"    {key}:")
        for line in difflib.ndiff(before, after) if max(len(before), len(after)) < 400 else after:
            if line[:2] in ("+ ", "- "):
                yield _line(f"{line[0]}       {line[2:]}")
        return
    yield from (_line(f"-   {key}: {text}") for text in before)
    yield from (_line(f"+   {key}: {text}") for text in after)


def _texts(state: Mapping[str, Any], key: str) -> list[str]:
    if key not in state:
        return []
    value = _plain(state[key])
    if isinstance(value, str):
        return value.splitlines() or [""]
    if isinstance(value, list) and len(json.dumps(value)) > 80:
        return [_json(item) for item in value]
    return [_json(value)]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if key not in _HIDDEN}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _line(text: str) -> str:
    return printable(text, _WIDTH)
