"""A Compose file as it is written: its values, and the line of each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from planning.problems import Path as SettingPath
from stacks import controller_files, pulumi_yaml
from stacks.source_lines import line_of


class ComposeFileError(Exception):
    """A Compose file that cannot be read; ``place`` is its path, with the line where it is known."""

    def __init__(self, place: str, sentence: str) -> None:
        super().__init__(sentence)
        self.place = place


@dataclass(frozen=True)
class Source:
    """A Compose file that was read. ``shown``: its path for people."""

    shown: str
    folder: Path
    value: dict[str, Any]
    root: yaml.Node

    def place(self, path: SettingPath) -> str:
        """FILE:LINE of a value, or of the nearest thing around it that is there."""
        return f"{self.shown}:{line_of(self.root, path) or 1}"


def read(base: Path, written: str) -> Source:
    """The file of a path; ComposeFileError where it is none. ``base``: what the path is from."""
    try:
        root = pulumi_yaml.node_of(pulumi_yaml.decoded(controller_files.content(base, written)))
        value = pulumi_yaml.value(root)
    except ValueError as error:
        raise ComposeFileError(written, str(error)) from None
    except RecursionError:
        raise ComposeFileError(written, "is nested too deeply: name a Compose file") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{written}:{mark.line + 1}" if mark else written
        raise ComposeFileError(place, f"is no YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        match = re.fullmatch(r"line (\d+): (.*)", str(error), re.DOTALL)
        place = f"{written}:{match[1]}" if match else written
        raise ComposeFileError(place, f"is wrong: {match[2] if match else error}") from None
    if root is None or not isinstance(value, dict) or not isinstance(value.get("services"), dict):
        raise ComposeFileError(f"{written}:1", "has no `services:`, a map of services")
    return Source(written, controller_files.path(base, written).parent, value, root)
