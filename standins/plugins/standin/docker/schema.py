"""How a resource's properties are described: what Check, Diff and the state need to know."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

Check = Callable[[Any], str | None]
"""Says why a value is refused, or None."""

SCALARS: Final = frozenset({"str", "int", "bool", "float"})


@dataclass(frozen=True)
class Field:
    """One property.

    `kind` is a scalar's type, or list, set, map, or block (an object that may be given once).
    `of` is an element's kind or, for objects, their fields. `computed`: the daemon chooses where
    the program says nothing. `sticky`: removing it keeps the old value. `replace`: a change makes a new resource. `default` goes into the
    checked inputs, `initial` only into the state. `missing` says that the stand-in cannot do it.
    """

    kind: str
    of: str | Mapping[str, Field] = "str"
    required: bool = False
    computed: bool = False
    sticky: bool = False
    replace: bool = True
    default: Any = None
    initial: Any = None
    output: bool = False
    check: Check | None = None
    missing: bool = False

    @property
    def objects(self) -> Mapping[str, Field] | None:
        """The fields of an element, if elements are objects."""
        return self.of if isinstance(self.of, Mapping) else None


Fields = Mapping[str, Field]


@dataclass(frozen=True)
class Schema:
    """A resource type: its properties and what is special about replacing it."""

    token: str
    fields: Fields
    auto_name: bool = True
    delete_before_replace: bool = True

    @property
    def name(self) -> str:
        """The last part of the token, such as Container."""
        return self.token.rsplit(":", 1)[-1]


def pattern(expression: str) -> Check:
    """A check that the text matches."""
    compiled = re.compile(expression)

    def check(value: Any) -> str | None:
        if isinstance(value, str) and not compiled.match(value):
            return f"'{value}' doesn't match the pattern '{expression}'"
        return None

    return check


def at_least(minimum: int) -> Check:
    """A check that the number is not lower."""

    def check(value: Any) -> str | None:
        if isinstance(value, int | float) and value < minimum:
            return f"'{value}' cannot be lower than {minimum}"
        return None

    return check


def absolute_path(value: Any) -> str | None:
    """A check that the path starts at the root."""
    if isinstance(value, str) and not re.match(r"^(/|[a-zA-Z]:\\|~)", value):
        return f"'{value}' must be an absolute path"
    return None


_DURATION = re.compile(r"[-+]?(0|(\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))+\Z")


def duration(value: Any) -> str | None:
    """A check that the text is a duration such as 1m30s."""
    if isinstance(value, str) and not _DURATION.match(value):
        return f"'{value}' is not a valid duration"
    return None


def snake(name: str) -> str:
    """The name as upstream writes it, which decides the order of objects in a set."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda found: "_" + found[1].lower(), name)
