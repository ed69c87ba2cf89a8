"""What Pulumi's engine says of an up: `pulumi up --json` prints an event a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from planning import engine_events, redaction
from planning.engine_events import Act, Change, EventsError


@dataclass(frozen=True)
class Up:
    """How an up ended. Nothing in it is secret.

    ``seconds``: how long it took. ``done``: what was changed, in the engine's order; ``failed``: names of
    what could not be. ``errors``, ``warnings``: what was said. ``proof``: the stack's output reachability
    (planning/reachability/summary.py), None where there is none.
    """

    succeeded: bool
    seconds: int
    done: tuple[Change, ...] = ()
    failed: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    proof: Mapping[str, Any] | None = field(default=None)


def read(text: str, stack: str, project: str) -> Up:
    """The events of an up of a stack. EventsError where they are not that."""
    again = f"give all that `pulumi up -s {stack} --yes --skip-preview --json` printed"
    if engine_events.is_preview(text, again):
        raise EventsError(f"these are the events of a preview: {again}")
    events = engine_events.events(text, again)
    found = engine_events.of_events(events, stack, project, again)
    summaries = [event["summaryEvent"] for event in events if "summaryEvent" in event]
    summary = summaries[-1] if summaries and isinstance(summaries[-1], dict) else {}
    if summary.get("isPreview"):
        raise EventsError(f"these are the events of a preview: {again}")
    finished = {_urn(event.get("resOutputsEvent")) for event in events}
    failed = [urn for event in events if (urn := _urn(event.get("resOpFailedEvent")))]
    names = {urn: redaction.text(urn.rpartition("::")[2]) for urn in failed}
    errors = found.said("error")
    succeeded = summary.get("result", "succeeded") == "succeeded" and bool(summaries)
    return Up(
        succeeded=succeeded and not failed and not errors,
        seconds=int(summary.get("durationSeconds") or 0),
        done=tuple(change for change in found.changes if _is_done(change, finished)),
        failed=tuple(dict.fromkeys(names.values())),
        errors=tuple(errors),
        warnings=tuple(found.said("warning")),
        proof=_proof(events),
    )


def _urn(event: Any) -> str:
    metadata = event.get("metadata") if isinstance(event, dict) else None
    return str(metadata.get("urn") or "") if isinstance(metadata, dict) else ""


def _is_done(change: Change, finished: set[str]) -> bool:
    """Whether the engine has said that it ended; of what it deletes it says so, too."""
    ends = f"{change.type}::{change.name}"
    return change.act is Act.DELETE or any(urn.endswith(ends) for urn in finished)


def _proof(events: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    for event in events:
        ended = event.get("resOutputsEvent")
        if not _urn(ended).rpartition("::")[0].endswith("pulumi:pulumi:Stack"):
            continue
        new = (ended or {})["metadata"].get("new") or {}
        proof = (new.get("outputs") or {}).get("reachability")
        if isinstance(proof, dict) and isinstance(proof.get("others"), list):
            return proof
    return None
