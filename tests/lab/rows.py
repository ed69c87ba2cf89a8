"""Rows of a test that differ in little: some run each time, all of them with `make test-all`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest


def some_often(rows: Sequence[tuple[Any, ...]] | Mapping[str, tuple[Any, ...]], *often: int | str):
    """The rows as pytest's parameters; all but those of ``often`` (numbers, or names) are long."""
    named = rows if isinstance(rows, Mapping) else dict(enumerate(rows))
    return [
        pytest.param(
            *row,
            id=name if isinstance(name, str) else None,
            marks=[] if name in often else [pytest.mark.long],
        )
        for name, row in named.items()
    ]
