"""How a change to a host stays free of false diffs.

A remote command runs again only when an input changes, so what is observed must not travel as
an input, and yet drift must cause a run. Each change sends one text on stdin: a header line and
then its content. The host keeps the text of the last run that worked (its record), and facts
bring it back. As long as the host is as wanted the program repeats that text: no diff.
"""

from __future__ import annotations

from datetime import UTC, datetime

# What one run does to get to what is wanted: when, from where, how, through whom; and what its undo
# must know.
_PASSING = frozenset(
    {
        *("planned", "base", "action", "start", "node", "via", "pool", "free"),
        *("restarts", "was", "before", "adopted", "own_lock", "lock", "gwbridge"),
    }
)


def stamp(now: datetime | None = None) -> str:
    """The time of planning, UTC to the second."""
    return (now or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")


def text(
    content: str,
    *,
    record: str | None,
    intact: bool,
    header: dict[str, str],
    now: datetime | None = None,
) -> str:
    """The stdin of a host change.

    ``content``: what is wanted. ``record``: the stdin of the last run that worked, None without
    one. ``intact``: facts show the host as that run left it. ``header``: fields for the host's
    script (no spaces in their values). A text that differs from the record begins with the time of
    planning, so that it differs from every earlier one, also where the record was lost.
    """
    if record is not None and intact and body(record) == content and _same(record, header):
        return record
    fields = " ".join(f"{key}={value}" for key, value in header.items())
    return f"planned={stamp(now)} {fields}".rstrip() + "\n" + content


def body(record: str) -> str:
    """The content of a record: all but its header line."""
    return record.partition("\n")[2]


def header_fields(record: str) -> dict[str, str]:
    """The fields of a record's header line, NAME=VALUE each."""
    line = record.partition("\n")[0]
    return dict(word.partition("=")[::2] for word in line.split())


def _same(record: str, header: dict[str, str]) -> bool:
    """Whether the header asks for the same, fields that belong to one run left out."""
    old = {key: value for key, value in header_fields(record).items() if key not in _PASSING}
    return old == {key: value for key, value in header.items() if key not in _PASSING}
