"""``${NAME}`` in a Compose file, with the operators of the Compose Specification (Interpolation)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from planning.problems import Path, Problem

_START = re.compile(r"\$(?:(?P<dollar>\$)|(?P<name>[A-Za-z_]\w*)|(?P<brace>\{))", re.ASCII)
_INSIDE = re.compile(
    r"(?P<name>[A-Za-z_]\w*)(?:(?P<how>:?[-?+])(?P<other>.*))?", re.ASCII | re.DOTALL
)
_HOW = "write `environment: {%s: ...}` in crosshost:compose, or set it in .env (the shell's is not read)"


class Interpolation:
    """Fills variables in, and remembers whether one of ``hidden`` was used, which is not shown."""

    def __init__(self, variables: Mapping[str, str], hidden: Collection[str] = ()) -> None:
        self.variables = variables
        self.hidden = hidden
        self.used_hidden = False

    def tree(self, value: Any, path: Path, problems: list[Problem]) -> Any:
        """Maps and lists with variables filled into their texts; keys stay as they are."""
        if isinstance(value, dict):
            return {key: self.tree(item, (*path, key), problems) for key, item in value.items()}
        if isinstance(value, list):
            return [self.tree(item, (*path, i), problems) for i, item in enumerate(value)]
        if not isinstance(value, str):
            return value
        try:
            return self.text(value)
        except ValueError as error:
            problems.append(Problem(path, str(error)))
            return value

    def text(self, written: str) -> str:
        """A text with variables filled in; ValueError where that cannot be."""
        parts, at = [], 0
        while (dollar := written.find("$", at)) >= 0:
            parts.append(written[at:dollar])
            match = _START.match(written, dollar)
            if match is None:
                raise ValueError("has a `$` that begins no variable: write `$$` for a dollar sign")
            at = match.end()
            if match["dollar"]:
                parts.append("$")
            elif match["name"]:
                parts.append(self._variable(match["name"], "", ""))
            else:
                at = _end(written, at)
                parts.append(self._braced(written[match.end() : at - 1]))
        return "".join([*parts, written[at:]])

    def value(self, name: str) -> str | None:
        """A variable's value, None where it is not set."""
        self.used_hidden |= name in self.hidden
        return self.variables.get(name)

    def _braced(self, inside: str) -> str:
        match = _INSIDE.fullmatch(inside)
        if match is None:
            raise ValueError(f"${{{inside}}} is no variable: write ${{NAME}} or ${{NAME:-default}}")
        return self._variable(match["name"], match["how"] or "", match["other"] or "")

    def _variable(self, name: str, how: str, other: str) -> str:
        value = self.value(name)
        there = bool(value) if how.startswith(":") else value is not None
        if how.endswith("+"):
            return self.text(other) if there else ""
        if there and value is not None:
            return value
        if how.endswith("-"):
            return self.text(other)
        said = self.text(other) if how.endswith("?") else ""
        raise ValueError(
            f"needs {name}, which is not set{f' ({said})' if said else ''}: {_HOW % name}"
        )


def _end(written: str, at: int) -> int:
    """Where the brace that was opened before ``at`` ends: the place after it."""
    depth = 1
    for match in re.finditer(r"\$\{|\}", written[at:]):
        depth += 1 if match[0] == "${" else -1
        if depth == 0:
            return at + match.end()
    raise ValueError("has `${` without its `}`: add it, or write `$$` for a dollar sign")
