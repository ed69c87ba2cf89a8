"""The stdin of daemon.sh on a host: the three-way merge as one text.

The header line is followed by the drop-in of docker.service (``unit`` lines of it) and then by the
whole new daemon.json.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from planning import daemon_drift, daemon_held, daemon_json, daemon_reload, docker_unit, records
from planning.daemon_reload import Action
from planning.docker_unit import Start
from planning.facts import HostFacts

_NONE = object()
_UNDO_FIELDS = ("own", "leave", "restarts", "unit", "was", "gwbridge")


@dataclass(frozen=True)
class Api:
    """The TCP API that is wanted; ``certificates`` is their folder on the host, None without."""

    port: int
    certificates: str | None


@dataclass(frozen=True)
class Plan:
    """A change of a host's daemon.json. ``stdin`` equals the host's record if there is none.

    ``undo``: the stdin of the undo, which needs no record; None where it is not known now.
    ``changed``: the keys that change, ``edits`` how. ``why``: the keys that make it a restart.
    ``conflicts``: sentences about what somebody else set or took away. ``no_reload``: the keys for
    which this daemon must not be reloaded, so that live-restore cannot be on for a restart.
    """

    stdin: str
    undo: str | None
    action: Action
    unchanged: bool
    changed: list[str] = field(default_factory=list)
    edits: list[str] = field(default_factory=list)
    why: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    no_reload: list[str] = field(default_factory=list)


def plan(
    facts: HostFacts | None,
    settings: Mapping[str, Any],
    api: Api | None,
    stack: str,
    *,
    store_lost: bool = False,
    environment: str | None = None,
) -> Plan:
    """The change that makes ``settings`` and the API true on a host; None: nobody could look.

    ``store_lost``: the cluster store has lost the networks that the daemon remembers, and holds their
    subnets for, until it is restarted. ``environment``: a file on the host with variables for dockerd.
    """
    if facts is None or not daemon_json.readable(facts.daemon_json):
        # Up stops before it comes here (planning/preflight.py); a preview shows what is wanted.
        wanted = {**settings, **_api_keys(api, None, {})}
        header = {"base": "unknown", "action": "none", "own": ",".join(sorted(wanted))}
        text = daemon_json.merged(None, wanted)
        stdin = records.text(text, record=None, intact=False, header=header)
        return Plan(stdin, _undo(stdin, {}), "none", unchanged=False)
    record = facts.records.get("daemon")
    if record is not None and facts.hides("daemon_json", "units", "docker_unit"):
        return Plan(record, None, "none", unchanged=True)
    original = _original(facts)
    others = daemon_held.of_others(facts, stack)
    instead = _json({**daemon_json.read(original), **_joined(others)})
    start = Start.of(facts.unit, stack) if facts.unit else None
    wanted = {**settings, **_api_keys(api, start, daemon_json.read(original))}
    drop_in = docker_unit.drop_in(start if api else None, environment)
    written = {} if record is None else daemon_held.written_keys(record)
    ours = frozenset(written) | ({"live-restore"} if facts.daemon_interrupted else set())
    content = daemon_json.merged(facts.daemon_json, wanted, ours=ours, original=instead)
    before, after = daemon_json.read(facts.daemon_json), daemon_json.read(content)
    version = facts.engine.version if facts.engine else ""
    store = facts.engine.cluster_store if facts.engine else ""
    changed = set(daemon_json.changed(facts.daemon_json, content))
    untaken = daemon_drift.untaken(wanted, facts, record, instead, daemon_held.ours(facts, stack))
    untaken = {k: v for k, v in untaken.items() if _joined(others).get(k, _NONE) != wanted.get(k)}
    untaken |= daemon_drift.unlike_engine(wanted, facts)
    if api and facts.listeners is not None and not daemon_drift.listens(facts, api.port):
        untaken["hosts"] = None
    there = facts.unit.drop_ins.get(docker_unit.drop_in_path(stack), "") if facts.unit else ""
    changing, live = changed | untaken.keys(), {**before, **untaken}
    action = daemon_reload.action(
        changing,
        version,
        before=live,
        after=after,
        had_cluster_store=store not in ("", wanted.get("cluster-store"))
        or (store != "" and "cluster-store-opts" in changing),
    )
    why = daemon_reload.restarting(changing, version, before=live, after=after)
    flags = start.flags_of(dict.fromkeys(daemon_reload.ADDRESSES)) if start else []
    lost = daemon_reload.lost_by_reload([*before, *after, *(key for _, key in flags)], version)
    if action == "reload" and lost:
        action, why = "restart", lost
    if store_lost:
        action, why = "restart", [*why, "networks that its cluster store has lost"]
    if docker_unit.environment_of(there) != environment:
        action, why = "restart", [*why, "the token for its cluster store"]
    elif there and there != drop_in and drop_in:
        action, why = "restart", [*why, "the edited drop-in of docker.service"]
    own = {key: after[key] for key in wanted}
    known = {**written, **(daemon_held.ours(facts, stack) or {}), **_joined(others)}
    first = {key: value for key, value in daemon_json.read(original).items() if key in wanted}
    # Of a key that nobody of us has set yet, the value is that which is there.
    first = {
        key: source[key] for key in wanted if key in (source := first if key in known else before)
    }
    # What we kept on the host was lost: daemon.sh takes our keys out of the original.
    ours_already = content == facts.daemon_json and (there or "cluster-store" in wanted)
    if record is None and ours_already:
        first = {}
    live_restore = facts.engine is not None and facts.engine.live_restore
    leave = daemon_reload.leaving(own, version, original=first)
    restarts = daemon_reload.restarting(own, version, before=own, after=first)
    if lost and leave == "reload":
        leave, restarts = "restart", sorted(own)
    header = {
        "base": facts.daemon_json_hash,
        "action": action,
        "own": ",".join(sorted(wanted)),
        "leave": leave,
        "restarts": ",".join(restarts),
        "unit": str(len(drop_in.splitlines())),
        "was": "file" if original else "absent",
    }
    if "cluster-store" in wanted:
        header["gwbridge"] = _gwbridge(facts, record) if record or not ours_already else "absent"
    intact = not changed and not untaken and there == drop_in and not store_lost
    if record is not None and daemon_held.lost(facts, stack):
        intact = False
    stdin = ""
    if intact and record is not None and written == own and _as_left(facts):
        # Whatever else is in the file is another stack's, or was there at its last run.
        stdin = records.text(records.body(record), record=record, intact=True, header=header)
    if stdin != record or record is None:
        stdin = records.text(drop_in + content, record=record, intact=intact, header=header)
    found = daemon_json.conflicts(facts.daemon_json, wanted, written=written, original=instead)
    edits = daemon_json.edits(facts.daemon_json, content)
    conflicts = [f"daemon.json: {sentence}" for sentence in found]
    put = _drop_in_put(record)
    if drop_in and put and there != put:
        how = "was edited by hand" if there else "is gone"
        conflicts.append(
            f"the drop-in of docker.service {how} ({docker_unit.drop_in_path(stack)}): up writes it "
            "again"
        )
    return Plan(
        stdin,
        _undo(stdin, first),
        action,
        unchanged=stdin == record,
        changed=sorted(changing),
        edits=[edits.get(key, f"{key}, which is there already") for key in sorted(changing)],
        why=why,
        conflicts=conflicts,
        no_reload=[] if live_restore and after.get("live-restore") is True else lost,
    )


def lost_drop_in(facts: HostFacts, stack: str) -> bool:
    """Whether the daemon is down as our drop-in is gone, and comes back with the next up."""
    record = facts.records.get("daemon")
    return (
        record is not None
        and facts.docker_cli
        and facts.engine is None
        and facts.unit is not None
        and records.header_fields(record).get("unit", "0") != "0"
        and docker_unit.drop_in_path(stack) not in facts.unit.drop_ins
    )


def _drop_in_put(record: str | None) -> str:
    """The drop-in that the last up wrote, "" where it wrote none."""
    if record is None:
        return ""
    lines = records.header_fields(record).get("unit", "")
    count = int(lines) if re.fullmatch("[0-9]{1,4}", lines) else 0
    return "".join(records.body(record).splitlines(keepends=True)[:count])


def _original(facts: HostFacts) -> str | None:
    """The file before the first run, which is the one that is there where we never ran."""
    if facts.daemon_json_original is None and "daemon" not in facts.records:
        return facts.daemon_json
    return facts.daemon_json_original


def _joined(others: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The keys of all other stacks, with their values."""
    return {key: value for keys in others.values() for key, value in keys.items()}


def _as_left(facts: HostFacts) -> bool:
    """Whether the file is as a stack wrote it last."""
    return facts.daemon_json_written == facts.daemon_json_hash


def _gwbridge(facts: HostFacts, record: str | None) -> str:
    """Whether docker_gwbridge was there before crosshost: "there", "absent", or "" if unknown."""
    if (kept := facts.held.get("docker_gwbridge")) is not None and kept.before is not None:
        return kept.before
    if record is not None:
        return records.header_fields(record).get("gwbridge", "")
    there = any(network.name == "docker_gwbridge" for network in facts.networks or ())
    return "there" if there else "absent"


def _undo(stdin: str, before: Mapping[str, Any]) -> str:
    """What an undo must know where the host has no record: the keys, what they were, what it takes."""
    header = records.header_fields(stdin)
    fields = [f"{name}={header[name]}" for name in _UNDO_FIELDS if name in header]
    return " ".join(fields) + "\n" + _json(before) + "\n"


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _api_keys(api: Api | None, start: Start | None, before: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of the TCP API, beside the sockets that the daemon has anyway."""
    if api is None:
        return {}
    here = list(start.hosts if start else ()) or before.get("hosts") or [docker_unit.DEFAULT_HOST]
    keys: dict[str, Any] = {"hosts": list(dict.fromkeys([*here, f"tcp://0.0.0.0:{api.port}"]))}
    if api.certificates is None:
        # Said aloud: Docker deprecated a TCP port without any word on TLS in 26.
        return {**keys, "tls": False}
    return {
        **keys,
        "tlsverify": True,
        "tlscacert": f"{api.certificates}/ca.pem",
        "tlscert": f"{api.certificates}/cert.pem",
        "tlskey": f"{api.certificates}/key.pem",
    }
