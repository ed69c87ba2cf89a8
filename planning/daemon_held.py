"""What stacks hold in one host's daemon.json, each its keys (components/scripts/daemon-held.sh)."""

from __future__ import annotations

from typing import Any

from planning import daemon_json, records
from planning.facts import HostFacts

THING = "daemon.json"


def of_others(facts: HostFacts, stack: str) -> dict[str, dict[str, Any]]:
    """Another stack on the host -> the keys that it sets, with their values."""
    found = {other: written_keys(record) for other, record in facts.daemon_records.items()}
    if THING in facts.held:
        found |= {other: _keys(text) for other, text in facts.held[THING].others(stack).items()}
    return found


def ours(facts: HostFacts, stack: str) -> dict[str, Any] | None:
    """The keys that this stack holds; None where it holds none."""
    text = facts.held[THING].holders.get(stack) if THING in facts.held else None
    return None if text is None else _keys(text)


def lost(facts: HostFacts, stack: str) -> bool:
    """Whether the host does not know any more what was there before, or that we are here."""
    if THING in facts.held:
        return stack not in facts.held[THING].holders
    return facts.daemon_json_original is None


def written_keys(record: str) -> dict[str, Any]:
    """The keys of a record as they were written; none where it was edited into nonsense."""
    fields = records.header_fields(record)
    lines = records.body(record).splitlines(keepends=True)
    try:
        content = daemon_json.read("".join(lines[int(fields.get("unit") or 0) :]))
    except ValueError:
        return {}
    return {key: content[key] for key in fields.get("own", "").split(",") if key in content}


def store_is_ours(facts: HostFacts) -> bool:
    """Whether an up set the host's cluster store."""
    record = facts.records.get("daemon")
    return record is not None and "cluster-store" in records.header_fields(record).get(
        "own", ""
    ).split(",")


def _keys(text: str) -> dict[str, Any]:
    return daemon_json.read(text) if daemon_json.readable(text) else {}
