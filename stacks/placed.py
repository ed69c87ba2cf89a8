"""Problems of a stack file as they are shown: each at its line, all in one message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from planning.problems import ProblemsError
from stacks.source_lines import SourceLines


@dataclass(frozen=True)
class Placed:
    """A problem as it is shown: ``where`` is the setting, "" where it is about the whole file.

    ``file``: from the project's folder. ``line``: from 1, None where it is not known.
    """

    file: str
    line: int | None
    where: str
    sentence: str

    def __str__(self) -> str:
        """FILE:LINE: SETTING: SENTENCE, as far as they are known."""
        place = f"{self.file}:{self.line}: " if self.line else ""
        return f"{place}{self.said}"

    @property
    def said(self) -> str:
        """SETTING: SENTENCE."""
        return f"{self.where}: {self.sentence}" if self.where else self.sentence


def placed(error: ProblemsError, file: Path, source: SourceLines) -> list[Placed]:
    """Every problem with its line in the stack file, or in the other file that it is in."""
    shown = str(Path(file.parent.name) / file.name)
    found = []
    for problem in error.problems:
        other, _, line = problem.place.rpartition(":")
        if other and line.isdigit():
            found.append(Placed(other, int(line), problem.where, problem.sentence))
        elif problem.place:
            found.append(Placed(problem.place, None, problem.where, problem.sentence))
        else:
            line_here = source.line(problem.path)
            found.append(Placed(shown, line_here, problem.where, problem.sentence))
    return found


def message(problems: Sequence[Placed]) -> str:
    """All problems, a line each."""
    lines = [f"{len(problems)} problem(s) in the stack file; nothing was changed:"]
    return "\n".join([*lines, *(f"  {problem}" for problem in problems)])
