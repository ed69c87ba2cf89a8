"""What an up did, as Markdown for a comment in the thread of the change that was merged."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from planning.engine_events import Act, Change
from planning.up_events import Up
from reports.impact.markdown import plain

_DONE = {
    Act.CREATE: "made",
    Act.UPDATE: "updated",
    Act.REPLACE: "made anew",
    Act.DELETE: "removed",
    Act.IMPORT: "imported",
}
# What the docker provider calls RemoteImage.
_IMAGE = {
    ("RemoteImage", Act.CREATE): "image pulled",
    ("RemoteImage", Act.REPLACE): "image pulled anew",
    ("RemoteImage", Act.UPDATE): "image updated",
    ("RemoteImage", Act.DELETE): "image removed",
}
# "1 error occurred: * creating urn:pulumi:...: 1 error occurred: * ", before what Docker said.
_AROUND = re.compile(
    r"^(?:\d+ errors? occurred: \* (?:(?:creating|updating|deleting) urn:\S+: )?)+"
)
_MOST_LINES = 60
_MOST_ERROR = 2500


def text(stack: str, up: Up) -> str:
    """The comment: how it ended, what failed, what was done on each host, and what the proof says."""
    rows = _not_held(up.proof or {})
    parts = [
        f"**{plain(stack)}**: {_verdict(up)}",
        _list("What went wrong", (plain(one, _MOST_ERROR) for one in _wrong(up))),
        _list("What was done", _hosts(up.done)),
        _list("Broken promises", (plain(_row(row)) for row in rows if not _is_unknown(row))),
        _list("Not known", (plain(_row(row)) for row in rows if _is_unknown(row))),
        _list("The program also says", map(plain, up.warnings if up.done or up.errors else ())),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _verdict(up: Up) -> str:
    took = f"in {up.seconds} s" if up.succeeded else f"after {up.seconds} s"
    if not up.succeeded:
        again = "run it again once that is mended: it goes on from what it finds"
        return f"up **failed** {took}; {again}"
    if not up.done:
        return f"up succeeded {took}: nothing was to be changed"
    return f"up succeeded {took}{_proven(up.proof)}"


def _proven(proof: Mapping[str, Any] | None) -> str:
    if not proof or not proof["tested"]:
        return ""
    tested, held = proof["tested"], proof["as_promised"]
    count = f"{held} of {tested}" if held < tested else f"all {tested}"
    return f"; {count} promises and denials of its networks hold"


def _not_held(proof: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    interrupted = proof.get("interrupted", ())
    return [
        *proof.get("others", ()),
        *(row for row in interrupted if row["expected"] != row["observed"]),
    ]


def _is_unknown(row: Mapping[str, Any]) -> bool:
    return row.get("observed") == "unknown"


def _row(row: Mapping[str, Any]) -> str:
    ends = f"{_end(row, 'from')} to {_end(row, 'to')}"
    said = f"{ends}, {row.get('kind')}: expected {row.get('expected')}, is {row.get('observed')}"
    return f"{said} ({row['cause']})" if row.get("cause") else said


def _end(row: Mapping[str, Any], end: str) -> str:
    name, host = row.get(end), row.get(f"{end}_host")
    return f"{name} on {host}" if host and host != name else f"{name}"


def _wrong(up: Up) -> list[str]:
    """What was said of each failure once, without the words that providers put around it."""
    said = [
        _AROUND.sub("", " ".join(error.split()))
        for error in up.errors
        if "sdk-v2/" not in error and error not in ("update failed", "deletion failed")
    ]
    return [*dict.fromkeys(said), *(f"not done: {name}" for name in up.failed)]


def _hosts(done: Sequence[Change]) -> list[str]:
    """A line for each host: its containers and networks by name, all else counted."""
    of: dict[str, list[Change]] = {}
    for change in done:
        if change.custom and not change.type.startswith("pulumi:"):
            of.setdefault(change.host, []).append(change)
    lines = []
    for host, changes in sorted(of.items()):
        said: dict[str, list[str]] = {}
        others = 0
        for change in changes:
            if change.type.startswith("docker:"):
                kind = change.type.rpartition(":")[2]
                words = _IMAGE.get((kind, change.act), f"{kind.lower()} {_DONE[change.act]}")
                said.setdefault(words, []).append(change.base)
            else:
                others += 1
        told = [f"{what}: {', '.join(names)}" for what, names in said.items()]
        if others:
            told.append(f"{others} of crosshost's own scripts and settings")
        lines.append(f"{plain(host or 'all hosts')}: {plain('; '.join(told), 1500)}")
    return lines


def _list(title: str, lines: Iterable[str]) -> str:
    rows = list(lines)
    if not rows:
        return ""
    cut = [f"and {len(rows) - _MOST_LINES} more"] if len(rows) > _MOST_LINES else []
    return "\n".join([f"### {title}", "", *(f"- {row}" for row in [*rows[:_MOST_LINES], *cut])])
