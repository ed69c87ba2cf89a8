"""What was seen to work on which Docker engines: docs/engine-matrix.json.

tests/lab/test_engine_matrix.py writes it from real hosts, docs/strategies.md shows it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = Path(__file__).parent.parent / "docs" / "engine-matrix.json"
# In the order in which a row goes through them.
STEPS = (
    "two hosts up, all reach each other",
    "up again: no change",
    "third host added, all reach each other",
    "each host rebooted in turn, all reach each other again",
    "third host removed",
    "destroy leaves no trace",
)
# In place of them, where a network must not be had.
REFUSED = "refused"


@dataclass(frozen=True)
class Row:
    """A network on hosts with these engines, the third of them added later.

    ``passed``: those STEPS that were seen to pass, or REFUSED.
    """

    network: str
    control_plane: str | None
    engines: tuple[str, ...]
    passed: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str, tuple[str, ...]]:
        """What one row of the matrix is about."""
        return self.network, self.control_plane or "", self.engines


def load() -> list[Row]:
    """The rows of the file, in its order."""
    if not FILE.exists():
        return []
    return [
        Row(**{**row, "engines": tuple(row["engines"]), "passed": tuple(row["passed"])})
        for row in json.loads(FILE.read_text())
    ]


def save(row: Row, order: Iterable[Row]) -> None:
    """Put one row in place of the one with its key; rows that are not in ``order`` go."""
    known = {one.key: one for one in [*load(), row]}
    rows = [known[one.key] for one in order if one.key in known]
    lines = ",\n".join(f"  {json.dumps(asdict(one))}" for one in rows)
    FILE.write_text(f"[\n{lines}\n]\n")


def table() -> str:
    """The rows as a table of Markdown."""
    head = ["network", "engines of the hosts", *STEPS]
    lines = [head, ["---"] * len(head)]
    lines += [[_name(row), ", ".join(row.engines), *_cells(row)] for row in load()]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _name(row: Row) -> str:
    return row.network if row.control_plane is None else f"{row.network}, {row.control_plane}"


def _cells(row: Row) -> list[str]:
    if REFUSED in row.passed:
        return [REFUSED, *[""] * (len(STEPS) - 1)]
    return ["yes" if step in row.passed else "**no**" for step in STEPS]
