"""Files of variables, NAME=value a line, as Compose's `env_file` has them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

from dotenv.parser import Binding, parse_stream

from stacks import controller_files
from stacks.compose.interpolation import Interpolation


def read(
    base: Path, written: str, variables: Mapping[str, str] | None = None, *, raw: bool = False
) -> dict[str, str]:
    """The variables of a file; ``base``: what its path is from. ValueError (with the line) if it is none.

    ``variables``: what ${NAME} in it means, beside the file's own. A name without `=` has the value
    that ``variables`` has for it, or none. ``raw``: what stands after `=` is taken as it is.
    """
    try:
        text = controller_files.content(base, written).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("is no UTF-8 text: it is no file of variables") from None
    known = dict(variables or {})
    found: dict[str, str] = {}
    for binding in parse_stream(StringIO(text)):
        whole = binding.original.string
        empty = whole[: len(whole) - len(whole.lstrip())].count("\n")
        line = binding.original.line + empty
        if binding.error:
            raise ValueError(f"line {line}: is no NAME=value")
        if binding.key is None:
            continue
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", binding.key):
            raise ValueError(f"line {line}: there is no variable of such a name")
        value = _raw(binding) if raw else _value(binding, {**known, **found}, line)
        if value is not None:
            found[binding.key] = value
    return found


def _raw(binding: Binding) -> str | None:
    _, mark, value = binding.original.string.strip("\r\n").partition("=")
    return value if mark else None


def _value(binding: Binding, known: Mapping[str, str], line: int) -> str | None:
    if binding.value is None:
        return known.get(binding.key or "")
    quoted = re.match(r"\s*(?:export\s+)?[^=]+=\s*'", binding.original.string)
    if quoted or "$" not in binding.value:
        return binding.value
    try:
        return Interpolation(known).text(binding.value)
    except ValueError as error:
        raise ValueError(f"line {line}: {error}") from None
