"""Runs on the controller: ``python3 -m components.reachability.run`` proves what its stdin asks for.

Prints the rows of the proof as JSON. Ends with 1, and a sentence for each pair on
stderr, where a promise is broken, or where it is strict and something is not known or was interrupted
that was not to be.
Standard library only; with the project's packages causes are found by looking, too.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from components.reachability import exchange
from components.reachability.asking import prove
from components.reachability.request import Request, RequestError
from planning.reachability import interruptions
from planning.reachability.interruptions import Interruption
from planning.reachability.results import Report

# A person reads the first ones.
_MOST = 20


def main() -> int:
    try:
        request = Request.read(sys.stdin.read())
    except RequestError as error:
        print(error, file=sys.stderr)
        return 1
    report = prove(request)
    if report.broken:
        report = with_causes(request, report)
    # What was watched was watched while it was proven, too.
    watched, doubts = _watched(request)
    broken = list(report.sentences())
    interrupted = [interruptions.sentence(one) for one in watched if one.broken]
    unknown = [*report.doubts(), *doubts]
    if broken or (request.strict and (interrupted or unknown)):
        _print(broken)
        _print(interrupted)
        _print(unknown if request.strict else [])
        return 1
    print(json.dumps([*report.rows(), *(one.row() for one in watched)]))
    return 0


def _print(sentences: Sequence[str]) -> None:
    for one in sentences[:_MOST]:
        print(one, file=sys.stderr)
    if len(sentences) > _MOST:
        print(f"and {len(sentences) - _MOST} more", file=sys.stderr)


def _watched(request: Request) -> tuple[list[Interruption], list[str]]:
    """What the up that runs this has watched, and sentences on what is not known of it."""
    try:
        watched = exchange.ask(request.stack)
    except (OSError, ValueError) as error:
        return [], [f"what this up interrupted is not known: {error}"]
    unknown = [
        one
        for one in watched
        # An image has the tools for probes; it cannot be there while a daemon is restarted.
        if one.observed == "unknown" and not (one.lacking and request.image)
    ]
    return watched, [interruptions.sentence(one) for one in unknown]


def with_causes(request: Request, report: Report) -> Report:
    """The report with what explains each broken promise, as far as it can be seen."""
    try:
        from components.reachability.causes import explained
    except ImportError:
        print(
            "causes are not looked for: python3 has not the project's packages (activate .venv)",
            file=sys.stderr,
        )
        return report
    return explained(request, report)


if __name__ == "__main__":
    sys.exit(main())
