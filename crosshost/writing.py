"""How commands write what they found and what they are at, and how they end where they cannot."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NoReturn

import typer
from rich.console import Console
from rich.status import Status


def write(text: str, output: Path | None) -> None:
    """Write a text to a file, or print it. Ends the command where the file cannot be written."""
    if output is None:
        sys.stdout.write(text)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        stop(f"{output} cannot be written: {error.strerror}")


def progress(what: str) -> AbstractContextManager[Status]:
    """Shows at a terminal what is done, until it is done. What is printed stays what it is."""
    return Console(stderr=True).status(f"{what} ...")


def stop(why: str) -> NoReturn:
    """End a command with 1 and a sentence."""
    typer.echo(why, err=True)
    raise typer.Exit(1)
