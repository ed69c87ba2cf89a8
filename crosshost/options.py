"""Options that several commands have."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

Stack = Annotated[str, typer.Option("-s", "--stack", help="The stack's name.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it without asking.")]


def agreed(question: str, *, yes: bool) -> bool:
    """Whether to go on: ``--yes`` was given, or the person at the terminal says so.

    Where nobody can be asked, says that nothing was changed.
    """
    if yes:
        return True
    if sys.stdin.isatty():
        if typer.confirm(question):
            return True
        print("nothing was changed")
    else:
        print("nothing was changed: --yes does it")
    return False
