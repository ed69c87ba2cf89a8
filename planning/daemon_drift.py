"""What a daemon has not taken, though its file may have it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planning import daemon_held, daemon_json
from planning.facts import HostFacts


def untaken(
    wanted: Mapping[str, Any],
    facts: HostFacts,
    record: str | None,
    original: str | None,
    held: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Keys that the file may have but the daemon has not taken, with the values that it has.

    So after a run that was cut off between the file and the daemon: then ``held`` is more than the
    record. ``original``: the file without us.
    """
    first = daemon_json.read(original)
    if record is not None:
        last = daemon_held.written_keys(record)
        have = daemon_json.read(facts.daemon_json)
        back = [k for k in last if k not in wanted and have.get(k) == first.get(k) != last[k]]
        taken = {key: last.get(key) for key in wanted if last.get(key) != wanted[key]}
        return taken | {key: last[key] for key in back}
    before = not facts.held and facts.daemon_json_original is not None  # the version before
    if held is None and not before:
        return {}
    return {key: first.get(key) for key in wanted if first.get(key) != wanted[key]}


def unlike_engine(wanted: Mapping[str, Any], facts: HostFacts) -> dict[str, Any]:
    """Wanted keys that the engine tells other values of, with those."""
    if facts.engine is None:
        return {}
    live: dict[str, Any] = {
        "cluster-store": facts.engine.cluster_store,
        "cluster-advertise": facts.engine.cluster_advertise,
        "live-restore": facts.engine.live_restore,
    }
    return {k: v for k, v in live.items() if k in wanted and wanted[k] != v}


def listens(facts: HostFacts, port: int) -> bool:
    """Whether something listens on a TCP port of the host."""
    return any(one.protocol == "tcp" and one.port == port for one in facts.listeners or ())
