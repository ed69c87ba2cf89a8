"""Timed steps of a benchmark, and the table that shows them."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Callable

from rich.table import Table

from lab.lab import CHECKOUT

BY_HAND = ", by hand"


class Timing:
    """Seconds by row name, one figure a round. A row NAME is shown beside "NAME, by hand"."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {}

    def timed(self, row: str, step: Callable[[], object]) -> None:
        """Do a step and keep how long it took."""
        began = time.monotonic()
        step()
        self.add(row, time.monotonic() - began)

    def add(self, row: str, seconds: float) -> None:
        """Keep a figure that was measured elsewhere."""
        self.seconds.setdefault(row, []).append(seconds)

    def table(self) -> Table:
        """Medians with their range, and the ratio to the same by hand."""
        table = Table("step", "median s", "min", "max", "beside by hand", box=None)
        medians = {row: statistics.median(values) for row, values in self.seconds.items()}
        for row, values in self.seconds.items():
            other = medians.get(f"{row}{BY_HAND}")
            ratio = f"{medians[row] / other:.2f}" if other else ""
            figures = (f"{value:.2f}" for value in (medians[row], min(values), max(values)))
            table.add_row(row, *figures, ratio)
        return table


def pulumi(stack: str, *words: str) -> str:
    """What a pulumi command in the lab prints; CalledProcessError where it fails."""
    argv = ["lab/run", "pulumi", "--non-interactive", "--color", "never", "-s", stack, *words]
    done = subprocess.run(
        argv, cwd=CHECKOUT, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    return done.stdout
