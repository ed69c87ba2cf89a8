"""What `init` asks, and what it takes where it may not ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import typer

from crosshost.writing import stop


@dataclass(frozen=True)
class Questions:
    """``yes``: nothing is asked, and what is proposed is taken."""

    yes: bool

    def text(self, question: str, proposed: str | None, flag: str) -> str:
        """An answer; where none may be asked for and none is proposed, ``flag`` is named."""
        if self.yes:
            if proposed is None:
                stop(f"{question}? {flag} says it where nothing is asked")
            return proposed
        answer: str = typer.prompt(question, default=proposed)
        return answer.strip()

    def choice(self, question: str, known: Sequence[str], proposed: str) -> str:
        """One of some words."""
        if self.yes:
            return proposed
        while True:
            answer = self.text(f"{question} ({', '.join(known)})", proposed, "")
            if answer in known:
                return answer
            typer.echo(f"there is no {answer!r}: write one of {', '.join(known)}")

    def agreed(self, question: str, *, proposed: bool = True) -> bool:
        """Yes or no."""
        return proposed if self.yes else typer.confirm(question, default=proposed)
