"""``outcome``: what an up did, from the events that it printed. Changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crosshost import state as states
from crosshost.events import events_text
from crosshost.options import Stack
from crosshost.writing import stop, write
from planning import up_events
from planning.engine_events import EventsError
from reports import outcome as report
from stacks.settings import PROJECT


def outcome(
    stack: Stack,
    events: Annotated[
        Path,
        typer.Option(
            "--events",
            help="File with what `pulumi up --yes --skip-preview --json` printed; - reads it.",
        ),
    ] = Path("-"),
    output: Annotated[
        Path | None, typer.Option("--output", help="File to write; without it, it is printed.")
    ] = None,
) -> None:
    """Say what an up did, as Markdown for a comment. Ends with 1 where it failed."""
    try:
        up = up_events.read(events_text(events), states.name_of(stack), PROJECT)
    except EventsError as error:
        stop(str(error))
    write(report.text(stack, up), output)
    raise typer.Exit(0 if up.succeeded else 1)
