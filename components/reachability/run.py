"""Runs on the controller: ``python3 -m components.reachability.run`` proves what its stdin asks for.

Prints the rows of the output ``reachability`` as JSON. Ends with 1, and a sentence for each pair on
stderr, where a promise is broken, or where it is strict and something is not known.
Standard library only; with the project's packages causes are found by looking, too.
"""

from __future__ import annotations

import json
import sys

from components.reachability.asking import prove
from components.reachability.request import Request, RequestError
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
    sentences = list(report.sentences())
    for one in sentences[:_MOST]:
        print(one, file=sys.stderr)
    if len(sentences) > _MOST:
        print(f"and {len(sentences) - _MOST} more", file=sys.stderr)
    unknown = list(report.doubts()) if request.strict else []
    for one in unknown[:_MOST]:
        print(one, file=sys.stderr)
    if sentences or unknown:
        return 1
    print(json.dumps(report.rows()))
    return 0


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
