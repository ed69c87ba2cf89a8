"""A Compose file as it is written: its values, and the line of each."""

from __future__ import annotations

import os.path
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from planning.problems import Path as SettingPath
from stacks import controller_files, pulumi_yaml
from stacks.compose.tags import TAGS, Marks, untagged
from stacks.source_lines import line_of


class ComposeFileError(Exception):
    """A Compose file that cannot be read; ``place``: FILE:LINE in it, "" where there is no line."""

    def __init__(self, place: str, sentence: str) -> None:
        super().__init__(sentence)
        self.place = place


@dataclass(frozen=True)
class Source:
    """A Compose file that was read. ``shown``: its path for people; ``folder``: what its paths are from.

    ``over``: files whose values were put over its own, in ``value`` too. ``marks``: the tags of all of
    them. ``hit``: those that took something out of a file below.
    """

    shown: str
    file: Path
    folder: Path
    value: dict[str, Any]
    root: yaml.Node
    over: tuple[Source, ...] = ()
    marks: Marks = field(default_factory=dict)
    hit: frozenset[SettingPath] = frozenset()

    def place(self, path: SettingPath) -> str:
        """FILE:LINE of a value, or of the nearest thing around it that is there."""
        for upper in reversed(self.over):
            if path in upper.marks or _has(upper.value, path):
                return upper.place(path)
        return f"{self.shown}:{line_of(self.root, path) or 1}"

    def other(self, written: str) -> Source:
        """The file of a path that this one says."""
        if re.match(r"[a-z0-9+]+:|git@", written):
            raise ComposeFileError("", "is not on this machine: copy it here, and name the copy")
        way = os.path.relpath(self.folder / written, self.file.parent)
        shown = written if written.startswith("/") else Path(self.shown).parent / way
        return read(self.folder, written, os.path.normpath(shown))


def _has(value: Any, path: SettingPath) -> bool:
    for part in path:
        if not isinstance(value, dict) or part not in value:
            return isinstance(value, list) and isinstance(part, int)
        value = value[part]
    return True


def read(base: Path, written: str, shown: str | None = None) -> Source:
    """The file of a path; ComposeFileError where it is none. ``base``: what the path is from."""
    shown = shown or written
    try:
        content = pulumi_yaml.decoded(controller_files.content(base, written))
        root = pulumi_yaml.node_of(content)
        value, marks = untagged(pulumi_yaml.value(root, TAGS))
        second = pulumi_yaml.second_of(content)
    except ValueError as error:
        raise ComposeFileError("", str(error)) from None
    except RecursionError:
        raise ComposeFileError("", "is nested too deeply: name a Compose file") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{shown}:{mark.line + 1}" if mark else ""
        raise ComposeFileError(place, f"is no YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        match = re.fullmatch(r"line (\d+): (.*)", str(error), re.DOTALL)
        place = f"{shown}:{match[1]}" if match else ""
        raise ComposeFileError(place, f"is wrong: {match[2] if match else error}") from None
    if second is not None:
        why = "has a second document: write it into a file of its own, and both under `path` of one `include`"
        raise ComposeFileError(f"{shown}:{second}", why)
    if isinstance(value, dict) and "include" in value:
        value.setdefault("services", {})
    if root is None or not isinstance(value, dict) or not isinstance(value.get("services"), dict):
        raise ComposeFileError(f"{shown}:1", "has no `services:`, a map of services")
    file = controller_files.path(base, written)
    return Source(shown, file, file.parent, value, root, marks=marks)
