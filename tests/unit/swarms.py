"""`docker info` of engines in a swarm, and facts of whole fleets that are one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from planning.facts import HostFacts, parse
from tests.unit.fleet import b64, facts_text

HOSTS = ("docker01", "docker02", "docker03")
ADDRESSES = {f"docker0{number}": f"10.0.0.1{number}" for number in range(1, 10)}


def record(role: str = "worker", adopted: str = "no", **more: str) -> dict[str, str]:
    """The record of a member that an earlier up left."""
    words = " ".join(f"{key}={value}" for key, value in more.items())
    return {"swarm": f"planned=x role={role} adopted={adopted} {words}".rstrip() + "\n"}


def manager(
    name: str, managers: Sequence[str] = ("docker01",), cluster: str = "c1", **more: Any
) -> dict[str, Any]:
    """What Docker 28 tells of itself on a manager."""
    told = {
        "ID": cluster,
        "Spec": {"EncryptionConfig": {"AutoLockManagers": more.pop("autolock", False)}},
        "DataPathPort": more.pop("port", 4789),
    }
    return {
        **_node(name, managers), "ControlAvailable": True, "Nodes": 3, "Managers": len(managers),
        "Cluster": told, **more,
    }  # fmt: skip


def worker(name: str, managers: Sequence[str] = ("docker01",), **more: Any) -> dict[str, Any]:
    return {**_node(name, managers), "ControlAvailable": False, "Cluster": None, **more}


def leaderless(name: str, managers: Sequence[str]) -> dict[str, Any]:
    """A manager whose peers are gone: it still manages, and knows nothing."""
    return {
        **_node(name, managers), "ControlAvailable": True, "Cluster": {"ID": ""},
        "Error": "rpc error: code = Unknown desc = The swarm does not have a leader.",
    }  # fmt: skip


def locked() -> dict[str, Any]:
    return {
        "NodeID": "", "NodeAddr": "", "LocalNodeState": "locked", "ControlAvailable": False,
        "Error": "Swarm is encrypted and needs to be unlocked before it can be used.",
        "RemoteManagers": None,
    }  # fmt: skip


def _node(name: str, managers: Sequence[str]) -> dict[str, Any]:
    return {
        "NodeID": f"node-{name}", "NodeAddr": ADDRESSES[name], "LocalNodeState": "active",
        "Error": "",
        "RemoteManagers": [
            {"NodeID": f"node-{m}", "Addr": f"{ADDRESSES[m]}:2377"} for m in managers
        ],
    }  # fmt: skip


def nodes(names: Sequence[str], managers: Sequence[str] = ("docker01",)) -> str:
    """The fact of a manager's list of nodes."""
    states = {m: "Leader" if m == managers[0] else "Reachable" for m in managers}
    rows = (
        {"id": f"node-{n}", "hostname": n, "status": "Ready", "manager": states.get(n, "")}
        for n in names
    )
    return "nodes " + b64("".join(json.dumps(row) + "\n" for row in rows))


def host_text(
    name: str,
    swarm: Mapping[str, Any] | None = None,
    *,
    engine: Mapping[str, Any] | None = None,
    **more: Any,
) -> str:
    """What the facts script prints on a host; ``swarm``: that section of `docker info`, ``engine``: others."""
    info = {"Swarm": swarm or {"LocalNodeState": "inactive"}, **(engine or {})}
    given = {"version": "28.5.2", "backends": (), "address": ADDRESSES[name], **more}
    return facts_text(hostname=name, info=info, **given)


def host(name: str, swarm: Mapping[str, Any] | None = None, **more: Any) -> HostFacts:
    return parse(host_text(name, swarm, **more))


def fleet_texts(
    managers: Sequence[str] = ("docker01",),
    *,
    recorded: bool = True,
    hosts: Sequence[str] = HOSTS,
    **more: Any,
) -> dict[str, str]:
    """What the facts script prints on hosts that are one swarm, by an earlier up if ``recorded``."""
    found = {}
    for name in hosts:
        manages = name in managers
        found[name] = host_text(
            name,
            manager(name, managers, **more) if manages else worker(name, managers),
            more=(nodes(hosts, managers),) if manages else (),
            records=record("manager" if manages else "worker") if recorded else {},
        )
    return found


def fleet(managers: Sequence[str] = ("docker01",), **more: Any) -> dict[str, HostFacts]:
    return {name: parse(text) for name, text in fleet_texts(managers, **more).items()}
