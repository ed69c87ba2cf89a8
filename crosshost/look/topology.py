"""``topology``: draws a stack's fleet, for pull requests and documents.

Asks no host: it reads the stack file, the outputs of the stack's last up, and the rows of a
reachability check where they are given.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from crosshost import state as states
from crosshost.options import Stack
from crosshost.topology import Outputs, last_up
from crosshost.topology import topology as fleet_of
from crosshost.writing import stop, write
from reports.topology import mermaid, svg
from reports.topology.paths import Row, rows
from stacks import files


class Format(StrEnum):
    """How it is drawn."""

    MERMAID = "mermaid"
    SVG = "svg"


def topology(
    stack: Stack,
    format_: Annotated[
        Format | None,
        typer.Option(
            "--format",
            help="mermaid for pull requests, svg for documents; default: svg where --output ends in "
            "it, else mermaid.",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", help="File to write; without it, it is printed.")
    ] = None,
    reachability: Annotated[
        Path | None,
        typer.Option(
            "--reachability",
            help="JSON list of the rows of a reachability check: broken paths are red.",
        ),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            "--keep",
            help="Name of a host, network or container that is drawn even if many others are only "
            "counted; may be given several times.",
        ),
    ] = None,
) -> None:
    """Draw a stack's hosts, networks and containers, and the broken paths between them."""
    found = _read(reachability) if reachability else []
    try:
        settings = files.read(states.name_of(stack))
    except files.StackFileError as error:
        stop(str(error))
    last, why = _last_up(stack)
    if why:
        typer.echo(f"{stack}: drawn from the stack file alone: {why}", err=True)
    fleet = fleet_of(states.name_of(stack), settings, last, why)
    for name in sorted({*(keep or ())} - fleet.names):
        typer.echo(f"{stack} has no host, network or container {name!r} to keep", err=True)
    drawn = format_ or (
        Format.SVG if output is not None and output.suffix == ".svg" else Format.MERMAID
    )
    text = {Format.MERMAID: mermaid.text, Format.SVG: svg.text}[drawn](fleet, found, keep or ())
    write(text, output)


def _read(file: Path) -> list[Row]:
    try:
        return rows(file.read_bytes())
    except OSError as error:
        stop(f"{file} cannot be read: {error.strerror}")
    except ValueError as error:
        stop(f"{file} is no JSON list of the rows of a reachability check: {error}")


def _last_up(stack: str) -> tuple[Outputs, str]:
    """The outputs of a stack's last up, or why there are none."""
    found, why = last_up(stack)
    return found or {}, why or ("" if found else "it was never up, or nothing is left of it")
