"""``check``: what is wrong with stack files, without a look at any host. Ends with 1 where something is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from crosshost.writing import stop, write
from stacks import files
from stacks.placed import Placed, message

# Who logs in: what these name need only be where hosts are asked.
_KEYS = ("crosshost:ssh.private_key_file", "crosshost:ssh.agent")


class Format(StrEnum):
    """How problems are written."""

    TEXT = "text"
    GITHUB = "github"
    GITLAB = "gitlab"


def check(
    stack: Annotated[
        list[str] | None,
        typer.Option("-s", "--stack", help="A stack's name; without it, all that have a file."),
    ] = None,
    format_: Annotated[
        Format,
        typer.Option(
            "--format",
            help="text for people; github for annotations of a workflow; gitlab for a Code Quality report.",
        ),
    ] = Format.TEXT,
    no_key: Annotated[
        bool,
        typer.Option(
            "--no-key",
            help="Neither the SSH key nor an agent need be on this machine, as where a fork's change is checked.",
        ),
    ] = False,
    output: Annotated[
        Path | None, typer.Option("--output", help="File to write; without it, it is printed.")
    ] = None,
) -> None:
    """Say what is wrong with stack files; no host is asked."""
    stacks = stack or files.names()
    if not stacks:
        stop("no stack has a file in stacks/ yet")
    problems: list[Placed] = []
    texts: list[str] = []
    for name in stacks:
        try:
            files.read(name)
        except files.StackFileError as error:
            if not error.problems:
                stop(str(error))
            found = [one for one in error.problems if not (no_key and one.where in _KEYS)]
        else:
            found = []
        problems += found
        texts.append(
            f"{name}: {message(found)}" if found else f"{name}: nothing is wrong with its file"
        )
    if format_ is Format.GITHUB:
        write("".join(f"{_annotation(one)}\n" for one in problems), output)
    elif format_ is Format.GITLAB:
        write(json.dumps(_code_quality(problems), indent=2) + "\n", output)
    else:
        write("\n".join(texts) + "\n", output)
    raise typer.Exit(1 if problems else 0)


def _annotation(problem: Placed) -> str:
    """https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions"""
    place = f"file={_property(problem.file)},line={problem.line or 1}"
    return f"::error {place},title=crosshost::{_data(problem.said)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _code_quality(problems: Sequence[Placed]) -> list[dict[str, object]]:
    """https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format"""
    return [
        {
            "description": problem.said,
            "check_name": "crosshost",
            "fingerprint": hashlib.sha256(f"{problem.file} {problem.said}".encode()).hexdigest(),
            "severity": "blocker",
            "location": {"path": problem.file, "lines": {"begin": problem.line or 1}},
        }
        for problem in problems
    ]
