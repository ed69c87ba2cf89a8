"""The tags of Compose that say how a value is merged: `!reset` takes away, `!override` replaces.

As in compose-go, what has one of them is taken out of the file below before the two are merged.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import yaml

from planning.problems import Path
from stacks.pulumi_yaml import Tagged

RESET, OVERRIDE = "!reset", "!override"
TAGS = frozenset({RESET, OVERRIDE})
Marks = Mapping[Path, str]


def untagged(value: Any) -> tuple[Any, dict[Path, str]]:
    """A file's values without tags and without what `!reset` has; and the tags, by path.

    yaml.YAMLError where a tag is on what is never merged: an item of a list, or what is inside of one.
    """
    marks: dict[Path, str] = {}
    return _untagged(value, (), marks), marks


def _untagged(value: Any, path: Path, marks: dict[Path, str] | None) -> Any:
    """``marks``: filled in; None inside of what is taken as a whole."""
    if isinstance(value, Tagged):
        raise yaml.YAMLError(
            f"line {value.line}: {value.tag} has no effect here, as this is not merged by itself: put it "
            "on the value of the key above"
        )
    if isinstance(value, list):
        return [_untagged(item, path, None) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {}
    for key, item in value.items():
        if marks is None or not isinstance(item, Tagged):
            kept[key] = _untagged(item, (*path, key), marks)
            continue
        marks[(*path, key)] = item.tag
        if item.tag == OVERRIDE:
            kept[key] = _untagged(item.value, (*path, key), None)
    return kept


def without(below: Any, paths: Collection[Path]) -> tuple[Any, set[Path]]:
    """The values without what is at the paths; and those of the paths that something was at."""
    hit = set()
    for path in paths:
        if _has(below, path):
            below = _taken(below, path)
            hit.add(path)
    return below, hit


def idle(tag: str) -> str:
    """What is wrong with a tag that has nothing below it, for people."""
    what = "takes away" if tag == RESET else "replaces"
    instead = "take the line out" if tag == RESET else "take the tag out"
    return (
        f"{tag} {what} what a file below says here (of several under `path` of one `include`, or by "
        f"`extends`), and none does: {instead}"
    )


def _has(value: Any, path: Path) -> bool:
    for part in path:
        if not isinstance(value, dict) or part not in value:
            return False
        value = value[part]
    return True


def _taken(value: dict[Any, Any], path: Path) -> dict[Any, Any]:
    first, *rest = path
    if not rest:
        return {key: item for key, item in value.items() if key != first}
    return {**value, first: _taken(value[first], tuple(rest))}
