"""Stack files read without an engine, for what only looks at hosts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from planning.problems import ProblemsError, nearest
from stacks import pulumi_yaml
from stacks.placed import Placed, message, placed
from stacks.settings import PROJECT, SECTIONS, Settings, parse, source_lines
from stacks.source_lines import is_secret

FOLDER = Path(__file__).parent
# Stands where the file has an encrypted value, which only the engine can read.
# In place of any; a UUID, as a token must be one.
SECRET = "11111111-1111-4111-8111-111111111111"  # noqa: S105


class StackFileError(Exception):
    """A stack file that is not there or has errors; ``str()`` is the message for people.

    ``problems``: those of a file that is there, each at its line.
    """

    def __init__(self, message: str, problems: Sequence[Placed] = ()) -> None:
        self.problems = tuple(problems)
        super().__init__(message)


def names(folder: Path = FOLDER) -> list[str]:
    """The stacks that have a file."""
    return sorted(p.name[len("Pulumi.") : -len(".yaml")] for p in folder.glob("Pulumi.*.yaml"))


def read(stack: str, folder: Path = FOLDER) -> Settings:
    """What a stack's file says; secret values in it are replaced by SECRET.

    A whole section that is a secret counts as absent.
    """
    file = folder / f"Pulumi.{stack}.yaml"
    shown = Path(folder.name) / file.name
    if stack not in names(folder):
        have = ", ".join(nearest(stack, names(folder))) or "none"
        raise StackFileError(
            f"stack {stack!r} has no file in {folder.name}/; those that have one: {have}"
        )
    try:
        content = pulumi_yaml.value(pulumi_yaml.node(file))
    except (OSError, yaml.YAMLError) as error:
        at = re.search(r"\bline (\d+)", str(error))
        line = int(at[1]) if at else None
        sentence = f"cannot be read: {error}"
        where = Placed(str(shown), line, "", sentence)
        raise StackFileError(f"{shown} {sentence}", [where]) from None
    config = content.get("config") if isinstance(content, dict) else None
    if not isinstance(config, dict):
        sentence = "has no `config:`, a map of settings"
        raise StackFileError(f"{shown} {sentence}", [Placed(str(shown), 1, "", sentence)])
    found = {name: config.get(f"{PROJECT}:{name}") for name in SECTIONS}
    values = {name: None if is_secret(v) else opened(v) or None for name, v in found.items()}
    source = source_lines(file, values)
    try:
        return parse(values, stack=stack, base=folder.parent, source=source)
    except ProblemsError as error:
        problems = placed(error, file, source)
        raise StackFileError(message(problems), problems) from None


def opened(value: Any) -> Any:
    """A value of a stack file with SECRET in place of each encrypted one."""
    if is_secret(value):
        return SECRET
    if isinstance(value, dict):
        return {key: opened(item) for key, item in value.items()}
    if isinstance(value, list):
        return [opened(item) for item in value]
    return value
