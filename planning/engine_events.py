"""What Pulumi's engine says of a preview, read from both forms in which it prints that.

``pulumi preview --json`` prints one document (pulumi/pkg/display/json.go, PreviewDigest); with
PULUMI_ENABLE_STREAMING_JSON_PREVIEW an event a line (sdk/go/common/apitype/events.go, EngineEvent).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from planning import redaction
from planning.answers import printable

_STACK = "pulumi:pulumi:Stack"
_URN = re.compile(
    r"urn:pulumi:(?P<stack>[^:]+)::(?P<project>[^:]+)::(?P<types>.+?)::(?P<name>.*)", re.DOTALL
)
_REPLACES = {"replace", "create-replacement", "delete-replaced", "import-replacement"}
_NOTHING = {
    "same", "refresh", "read", "read-replacement", "read-discard", "discard", "discard-replaced",
    "remove-pending-replace", "diff",
}  # fmt: skip
# What the document of a preview has, one of them at least.
_PREVIEW = {"steps", "diagnostics", "changeSummary"}
# Steps, messages, and whether there is a summary.
_Parts = tuple[list[dict[str, Any]], list["Message"], bool]
_COLOR = re.compile(r"<\{%.*?%\}>|\x1b\[[0-9;]*m")


class EventsError(Exception):
    """A text that holds no events of a whole preview of the stack; ``str()`` is for people."""


class Act(Enum):
    """What the engine does with a resource."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    IMPORT = "import"


@dataclass(frozen=True)
class Change:
    """A resource that changes. Nothing in it is secret.

    ``type``: its own, without its parents'. ``old``, ``new``: its inputs, empty where there are none.
    ``was``: the name that it had, where that was another one. ``keys``: the inputs that change.
    """

    act: Act
    type: str
    name: str
    old: Mapping[str, Any] = field(default_factory=dict)
    new: Mapping[str, Any] = field(default_factory=dict)
    was: str = ""
    keys: tuple[str, ...] = ()
    custom: bool = True

    @property
    def host(self) -> str:
        """The host whose name its own ends in, "" where it ends in none."""
        return self.name.rpartition("@")[2] if "@" in self.name else ""

    @property
    def base(self) -> str:
        """Its name without its host's."""
        return self.name.rpartition("@")[0] or self.name


def stdin(inputs: Mapping[str, object]) -> str:
    """What a command is sent, by its inputs; "" where it has none, or nobody knows it yet."""
    return str(inputs.get("stdin") or "")


@dataclass(frozen=True)
class Message:
    """What was said. ``severity``: info, warning or error; ``about``: name of a resource, or ""."""

    severity: str
    text: str
    about: str = ""


@dataclass(frozen=True)
class Preview:
    """What a preview found, in the engine's order, each resource and each message once."""

    changes: tuple[Change, ...] = ()
    messages: tuple[Message, ...] = ()

    def said(self, severity: str) -> list[str]:
        """What was said with a severity."""
        return [message.text for message in self.messages if message.severity == severity]


def read(text: str, stack: str, project: str) -> Preview:
    """The events of a preview of a stack. EventsError where they are not that."""
    again = f"run `pulumi preview -s {stack} --json` again and give all that it prints"
    if not text.strip():
        raise EventsError(f"the events are empty: {again}")
    parts, is_preview = _parts(text, again)
    if not is_preview:
        raise EventsError(f"these are the events of an up: {again}")
    return _understood(parts, stack, project, again)


def of_events(found: list[dict[str, Any]], stack: str, project: str, again: str) -> Preview:
    """What events (``events``) of an operation on a stack tell. EventsError where they are not that."""
    return _understood(_of_events(found), stack, project, again)


def _understood(parts: _Parts, stack: str, project: str, again: str) -> Preview:
    steps, messages, whole = parts
    failed = any(message.severity == "error" for message in messages)
    if not whole and not failed:
        raise EventsError(f"the events end before their summary: {again}")
    _check_origin(steps, stack, project)
    if not steps and not failed:
        raise EventsError(f"the events name no resource at all: {again}")
    return Preview(tuple(_changes(steps)), tuple(dict.fromkeys(messages)))


def _parts(text: str, again: str) -> tuple[_Parts, bool]:
    """The parts, and whether they are a preview's."""
    document = _document(text, again)
    if document is not None:
        return _of_document(document, again), True
    found = events(text, again)
    summaries = [_map(event.get("summaryEvent")) for event in found if "summaryEvent" in event]
    return _of_events(found), all(summary.get("isPreview", True) for summary in summaries)


def _document(text: str, again: str) -> dict[str, Any] | None:
    """The one document that a preview prints; None where the text is something else."""
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        return None
    except RecursionError:
        raise EventsError(f"the events are nested too deeply to be any: {again}") from None
    return found if isinstance(found, dict) and "sequence" not in found else None


def _of_document(found: dict[str, Any], again: str) -> _Parts:
    known = {"config", "steps", "diagnostics", "duration", "changeSummary", "maybeCorrupt"}
    if not found.keys() & _PREVIEW or found.keys() - known:
        odd = ", ".join(sorted(redaction.text(str(key)) for key in found.keys() - known)[:3])
        raise EventsError(
            "this is not what `pulumi preview --json` of Pulumi 3 prints"
            + (f" (it has {odd})" if odd else "")
            + f": {again}"
        )
    steps = _rows(found.get("steps"))
    return (
        [
            step | {"old": step.get("oldState"), "new": step.get("newState"),
                    "keys": step.get("replaceReasons"), "diffs": step.get("diffReasons")}
            for step in steps
        ],
        list(_messages(_rows(found.get("diagnostics")))),
        "changeSummary" in found or "duration" in found,
    )  # fmt: skip


def events(text: str, again: str) -> list[dict[str, Any]]:
    """The engine's events of a text with one a line; ``again``: what to do where it holds something else.

    Errors: EventsError.
    """
    if not text.strip():
        raise EventsError(f"the events are empty: {again}")
    return [
        _event(line, number, again)
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip()
    ]


def is_preview(text: str, again: str) -> bool:
    """Whether a text is the one document that a preview prints. EventsError where nobody can read it."""
    return bool((_document(text, again) or {}).keys() & _PREVIEW)


def _event(line: str, number: int, again: str) -> dict[str, Any]:
    try:
        event = json.loads(line)
    except (json.JSONDecodeError, RecursionError):
        if line.lstrip()[:1] == "{":
            raise EventsError(f"the events are cut off at line {number}: {again}") from None
        event = None
    if not isinstance(event, dict) or "sequence" not in event:
        said = printable(redaction.text(line.strip()), 120)
        raise EventsError(f"line {number} is no event of Pulumi's ({said}): {again}")
    return event


def _of_events(found: list[dict[str, Any]]) -> _Parts:
    steps = [
        dict(_map(_map(event.get("resourcePreEvent")).get("metadata")))
        for event in found
        if "resourcePreEvent" in event
    ]
    said = [_map(event.get("diagnosticEvent")) for event in found if "diagnosticEvent" in event]
    said = [one for one in said if not one.get("ephemeral")]
    return steps, list(_messages(said)), any("summaryEvent" in event for event in found)


def _messages(rows: Iterable[Mapping[str, Any]]) -> Iterator[Message]:
    for row in rows:
        severity = str(row.get("severity", "info")).partition("#")[0]
        said = _COLOR.sub("", f"{row.get('prefix') or ''}{row.get('message') or ''}").strip()
        said = re.sub(r"^(?:warning|error|info): ", "", said)
        if said and severity in ("info", "warning", "error"):
            yield Message(severity, redaction.text(said), _name(str(row.get("urn") or "")))


def _check_origin(steps: Iterable[Mapping[str, Any]], stack: str, project: str) -> None:
    for step in steps:
        found = _URN.fullmatch(str(step.get("urn")))
        if found is None:
            raise EventsError(
                "the events name a resource without a URN: they are of another program than Pulumi; give what "
                f"`pulumi preview -s {stack} --json` prints"
            )
        if found["project"] != project:
            raise EventsError(
                f"the events are of the project {redaction.text(found['project'])!r}, not of {project}: "
                f"run `pulumi preview --json` in the folder of {project}"
            )
        if found["stack"] != stack:
            raise EventsError(
                f"the events are of the stack {redaction.text(found['stack'])!r}, not of {stack}: give "
                f"`-s {redaction.text(found['stack'])}`, or the events of {stack}"
            )


def _changes(steps: Iterable[Mapping[str, Any]]) -> Iterator[Change]:
    steps = list(steps)
    moved = {
        str(_map(step["old"]).get("urn")): str(step["urn"])
        for step in steps
        if step.get("op") == "replace" and step.get("old")
    }
    of: dict[str, list[Mapping[str, Any]]] = {}
    for step in steps:
        if str(step.get("op")) not in _NOTHING and not _is_refreshed(step):
            urn = str(step["urn"])
            # The old half of what moves has the URN that it had.
            to = moved.get(urn, urn) if step.get("op") == "delete-replaced" else urn
            of.setdefault(to, []).append(step)
    for urn, own in of.items():
        yield _change(urn, own)


def _is_refreshed(step: Mapping[str, Any]) -> bool:
    """Whether --refresh only read a resource anew: an update has reasons.

    One that --refresh found gone is deleted, and created if it is still wanted.
    """
    return step.get("op") == "update" and not (step.get("diffs") or step.get("keys"))


def _change(urn: str, steps: list[Mapping[str, Any]]) -> Change:
    act = _act({str(step.get("op")) for step in steps})
    olds = [_map(step["old"]) for step in steps if step.get("old") and act is not Act.CREATE]
    news = [_map(step["new"]) for step in steps if step.get("new")]
    if not (olds if act is Act.DELETE else news):
        raise EventsError(
            f"the events do not say what {redaction.text(_name(urn) or urn)} is to be: they are of another version "
            "of Pulumi than crosshost was made for; use the version that requirements.lock names"
        )
    old, new = olds[0] if olds else {}, news[-1] if news else {}
    was = _name(str(old.get("urn") or urn))
    name = _name(urn)
    keys = [str(key) for step in steps for key in _names(step)]
    custom = any(state.get("custom") for state in (*olds, *news))
    return Change(
        act,
        urn.split("::")[2].rpartition("$")[2],
        redaction.text(name),
        redaction.value(dict(_map(old.get("inputs")))),
        redaction.value(dict(_map(new.get("inputs")))),
        redaction.text(was) if was != name else "",
        tuple(dict.fromkeys(keys)),
        custom,
    )


def _act(ops: set[str]) -> Act:
    if ops & _REPLACES:
        return Act.REPLACE
    for act in (Act.CREATE, Act.DELETE, Act.IMPORT, Act.UPDATE):
        if act.value in ops:
            return act
    raise EventsError(
        f"the engine speaks of an operation that is not known here ({', '.join(sorted(ops))}): it is a "
        "later one than crosshost was made for; use the version that requirements.lock names"
    )


def _names(step: Mapping[str, Any]) -> list[Any]:
    found = [row for key in ("keys", "diffs") for row in _list(step.get(key))]
    return found or sorted(_map(step.get("detailedDiff")))


def _name(urn: str) -> str:
    found = _URN.fullmatch(urn)
    return "" if found is None or found["types"].endswith(_STACK) else found["name"]


def _rows(value: Any) -> list[dict[str, Any]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
