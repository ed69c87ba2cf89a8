"""``impact``: what an up would do, for the reader of a pull request.

Asks no host: it reads the events of a preview, the stack file, and the outputs of the last up.
Ends with 1 where there is nothing to report on, with 3 where a gate of --fail-on stays shut.
"""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from crosshost import impact as fleets
from crosshost import state as states
from crosshost.events import events_text
from crosshost.options import Stack
from crosshost.topology import Outputs, last_up
from crosshost.topology import topology as fleet_of
from crosshost.writing import stop, write
from planning import engine_events
from planning.engine_events import EventsError
from reports.impact import expected as expectations
from reports.impact import markdown
from reports.impact.data import data
from reports.impact.model import Gate, Impact
from reports.impact.report import impact as impact_of
from reports.topology import mermaid
from stacks import files
from stacks.settings import PROJECT, Settings

SHUT = 3


class Format(StrEnum):
    """How it is written."""

    MARKDOWN = "markdown"
    JSON = "json"


def impact(
    stack: Stack,
    events: Annotated[
        Path,
        typer.Option(
            "--events", help="File with what `pulumi preview --json` printed; - reads it."
        ),
    ] = Path("-"),
    format_: Annotated[
        Format, typer.Option("--format", help="markdown for a comment, json for programs.")
    ] = Format.MARKDOWN,
    output: Annotated[
        Path | None, typer.Option("--output", help="File to write; without it, it is printed.")
    ] = None,
    fail_on: Annotated[
        str,
        typer.Option(
            "--fail-on",
            help="What ends it with 3 unless it is declared, by comma: restart, replace, exposed-port, "
            "unseen-host.",
        ),
    ] = "",
    expected: Annotated[
        str,
        typer.Option(
            "--expected",
            help="Text, or a file with it, such as a pull request's: its lines `Expected: restart "
            "docker02` declare what is meant.",
        ),
    ] = "",
) -> None:
    """Say what an up would do: what bounces, what opens, who reaches whom, from a preview's events."""
    gates = _gates(fail_on)
    declared = expectations.read(_declared(expected))
    name = states.name_of(stack)
    try:
        preview = engine_events.read(events_text(events), name, PROJECT)
        settings = files.read(name)
    except (EventsError, files.StackFileError) as error:
        stop(str(error))
    last, why = last_up(stack)
    before = None if last is None else fleets.before(last)
    found = impact_of(name, preview, before, fleets.after(settings, last or {}))
    notes = [_of_state(last, why)] if found.changes and not last else []
    shut = expectations.shut(found, declared, gates)
    if format_ is Format.JSON:
        text = json.dumps(data(found, declared, shut, notes), indent=2, ensure_ascii=False) + "\n"
    else:
        text = markdown.text(found, declared, _picture(found, settings, last or {}), notes)
    write(text, output)
    for sentence in shut:
        typer.echo(f"not declared: {sentence}", err=True)
    if shut:
        raise typer.Exit(SHUT)


def _picture(found: Impact, settings: Settings, last: Outputs) -> str:
    fleet = fleets.changed_part(fleet_of(found.stack, settings, last), found.changed)
    return mermaid.text(fleet, [], found.changed) if fleet.hosts and found.changes else ""


def _of_state(last: Outputs | None, why: str) -> str:
    if last is None:
        return f"who reached whom before is not known: {why}"
    return "the stack is not up: everything is new"


def _gates(text: str) -> list[Gate]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    known = {gate.value: gate for gate in Gate}
    for name in names:
        if name not in known:
            stop(f"--fail-on: there is no {name!r}: write some of {', '.join(known)}, by comma")
    return [known[name] for name in names]


def _declared(given: str) -> str:
    """The text given, or that of the file of such a name."""
    try:
        file = Path(given)
        if given and file.is_file():
            return file.read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError):  # a text is no path
        return given
    if "/" in given and len(given.split()) == 1:
        typer.echo(
            f"--expected: there is no file {given}: taken as a text, which declares nothing",
            err=True,
        )
    return given
