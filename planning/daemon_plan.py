"""What daemon.sh is told to do on a host: the three-way merge as one text on stdin.

The header line is followed by the drop-in of docker.service (``unit`` lines of it) and then by the
whole new daemon.json.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from planning import daemon_json, daemon_reload, docker_unit, records
from planning.daemon_reload import Action
from planning.docker_unit import Start
from planning.facts import HostFacts


@dataclass(frozen=True)
class Api:
    """The TCP API that is wanted; ``certificates`` is their folder on the host, None without."""

    port: int
    certificates: str | None


@dataclass(frozen=True)
class Plan:
    """A change of a host's daemon.json. ``stdin`` equals the host's record if there is none.

    ``changed``: the keys that change, ``edits`` how. ``why``: the keys that make it a restart.
    ``conflicts``: sentences about what somebody else set or took away. ``no_reload``: the keys for
    which this daemon must not be reloaded, so that live-restore cannot be on for a restart.
    """

    stdin: str
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
) -> Plan:
    """The change that makes ``settings`` and the API true on a host; None: nobody could look.

    ``store_lost``: the cluster store has lost the networks that the daemon remembers, and holds their
    subnets for, until it is restarted.
    """
    if facts is None or not daemon_json.readable(facts.daemon_json):
        # Up stops before it comes here (planning/preflight.py); a preview shows what is wanted.
        wanted = {**settings, **_api_keys(api, None, {})}
        header = {"base": "unknown", "action": "none", "own": ",".join(sorted(wanted))}
        text = daemon_json.merged(None, wanted)
        return Plan(
            records.text(text, record=None, intact=False, header=header), "none", unchanged=False
        )
    record = facts.records.get("daemon")
    if record is not None and facts.hides("daemon_json", "units", "docker_unit"):
        return Plan(record, "none", unchanged=True)
    original = _original(facts)
    start = Start.of(facts.unit, stack) if facts.unit else None
    wanted = {**settings, **_api_keys(api, start, daemon_json.read(original))}
    drop_in = start.drop_in() if api and start else ""
    written = {} if record is None else written_keys(record)
    ours = frozenset(written) | ({"live-restore"} if facts.daemon_interrupted else set())
    content = daemon_json.merged(facts.daemon_json, wanted, ours=ours, original=original)
    before, after = daemon_json.read(facts.daemon_json), daemon_json.read(content)
    version = facts.engine.version if facts.engine else ""
    store = facts.engine.cluster_store if facts.engine else ""
    changed = set(daemon_json.changed(facts.daemon_json, content))
    untaken = _untaken(wanted, facts, record, original)
    if api and facts.listeners is not None and not _listens(facts, api.port):
        untaken["hosts"] = None
    there = facts.unit.drop_ins.get(docker_unit.drop_in_path(stack), "") if facts.unit else ""
    changing, live = changed | untaken.keys(), {**before, **untaken}
    action = daemon_reload.action(
        changing,
        version,
        before=live,
        after=after,
        had_cluster_store=store not in ("", wanted.get("cluster-store")),
    )
    why = daemon_reload.restarting(changing, version, before=live, after=after)
    flags = start.flags_of(dict.fromkeys(daemon_reload.ADDRESSES)) if start else []
    lost = daemon_reload.lost_by_reload([*before, *after, *(key for _, key in flags)], version)
    if action == "reload" and lost:
        action, why = "restart", lost
    if store_lost:
        action, why = "restart", [*why, "networks that its cluster store has lost"]
    if there and there != drop_in and drop_in:
        action, why = "restart", [*why, "the edited drop-in of docker.service"]
    own = {key: after[key] for key in wanted}
    first = daemon_json.read(original)
    if content == original == facts.daemon_json and (there or "cluster-store" in wanted):
        # What we kept on the host was lost: daemon.sh takes our keys out of the original.
        first = {key: value for key, value in first.items() if key not in wanted}
    live_restore = facts.engine is not None and facts.engine.live_restore
    leave = daemon_reload.leaving(own, version, original=first)
    header = {
        "base": facts.daemon_json_hash,
        "action": action,
        "own": ",".join(sorted(wanted)),
        "leave": "restart" if lost and leave == "reload" else leave,
        "unit": str(len(drop_in.splitlines())),
    }
    intact = not changed and not untaken and there == drop_in and not store_lost
    stdin = records.text(drop_in + content, record=record, intact=intact, header=header)
    found = daemon_json.conflicts(facts.daemon_json, wanted, written=written, original=original)
    edits = daemon_json.edits(facts.daemon_json, content)
    conflicts = [f"daemon.json: {sentence}" for sentence in found]
    if drop_in and there != drop_in and record is not None and records.body(record) != content:
        how = "was edited by hand" if there else "is gone"
        conflicts.append(
            f"the drop-in of docker.service {how} ({docker_unit.drop_in_path(stack)}): up writes it "
            "again"
        )
    return Plan(
        stdin,
        action,
        unchanged=stdin == record,
        changed=sorted(changing),
        edits=[edits.get(key, f"{key}, which is there already") for key in sorted(changing)],
        why=why,
        conflicts=conflicts,
        no_reload=[] if live_restore and after.get("live-restore") is True else lost,
    )


def written_keys(record: str) -> dict[str, Any]:
    """Our keys as a record says that they were written; none where it was edited into nonsense."""
    words = records.words(record)
    lines = records.body(record).splitlines(keepends=True)
    try:
        content = daemon_json.read("".join(lines[int(words.get("unit") or 0) :]))
    except ValueError:
        return {}
    return {key: content[key] for key in words.get("own", "").split(",") if key in content}


def lost_drop_in(facts: HostFacts, stack: str) -> bool:
    """Whether the daemon is down as our drop-in is gone, and comes back with the next up."""
    record = facts.records.get("daemon")
    return (
        record is not None
        and facts.docker_cli
        and facts.engine is None
        and facts.unit is not None
        and records.words(record).get("unit", "0") != "0"
        and docker_unit.drop_in_path(stack) not in facts.unit.drop_ins
    )


def _original(facts: HostFacts) -> str | None:
    """The file before the first run, which is the one that is there where we never ran."""
    if facts.daemon_json_original is None and "daemon" not in facts.records:
        return facts.daemon_json
    return facts.daemon_json_original


def _untaken(
    wanted: Mapping[str, Any], facts: HostFacts, record: str | None, original: str | None
) -> dict[str, Any]:
    """Keys that the file may have but the daemon has not taken, with the values that it has.

    So after a run that was cut off between the file and the daemon.
    """
    taken: dict[str, Any] = {}
    if record is not None:
        last = written_keys(record)
        have, first = daemon_json.read(facts.daemon_json), daemon_json.read(original)
        taken = {key: last.get(key) for key in wanted if last.get(key) != wanted[key]}
        back = [k for k in last if k not in wanted and have.get(k) == first.get(k) != last[k]]
        taken |= {key: last[key] for key in back}
    elif facts.daemon_json_original is not None:
        first = daemon_json.read(original)
        taken = {key: first.get(key) for key in wanted if first.get(key) != wanted[key]}
    if facts.engine is not None:
        live: dict[str, Any] = {
            "cluster-store": facts.engine.cluster_store,
            "cluster-advertise": facts.engine.cluster_advertise,
            "live-restore": facts.engine.live_restore,
        }
        taken |= {k: v for k, v in live.items() if k in wanted and wanted[k] != v}
    return taken


def _listens(facts: HostFacts, port: int) -> bool:
    return any(one.protocol == "tcp" and one.port == port for one in facts.listeners or ())


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
