"""What is wrong with a stack file, as sentences with their place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: its place in the stack file, and what, why and what instead.

    ``place``: FILE:LINE, where it is in another file.
    """

    path: Path
    sentence: str
    place: str = ""

    @property
    def where(self) -> str:
        """The path as people write it: ``crosshost:containers.ssh01.ports[0]``."""
        text = ""
        for part in self.path:
            text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
        return text.encode(errors="backslashreplace").decode()


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """The known words, the one that is most like ``word`` first."""

    def distance(other: str) -> tuple[float, str]:
        return (-SequenceMatcher(None, word.lower(), other.lower()).ratio(), other)

    return sorted(known, key=distance)


class ProblemsError(Exception):
    """Raised with every problem found; ``str()`` is the message for people."""

    def __init__(self, problems: list[Problem], title: str) -> None:
        self.problems = problems
        lines = [
            title,
            *(f"  {f'{p.place}: ' if p.place else ''}{p.where}: {p.sentence}" for p in problems),
        ]
        super().__init__("\n".join(lines))
