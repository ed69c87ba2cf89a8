"""Events of previews as the engine prints them, made by hand or recorded (tests/unit/events/)."""

from __future__ import annotations

import json
from typing import Any

CONTAINER = "docker:index/container:Container"
NETWORK = "docker:index/network:Network"
VOLUME = "docker:index/volume:Volume"
REMOTE = "command:remote:Command"


def urn(typ: str, name: str, stack: str = "lab-macvlan", project: str = "crosshost") -> str:
    return f"urn:pulumi:{stack}::{project}::crosshost:host:Host${typ}::{name}"


def step(
    op: str, typ: str, name: str, old: Any = None, new: Any = None, *, was: str = "", **more: Any
) -> dict[str, Any]:
    """A step of ``pulumi preview --json``. ``old``, ``new``: inputs."""
    own = urn(typ, name, **more)

    def state(inputs, at):
        return {"urn": at, "type": typ, "custom": True, "inputs": inputs}

    found: dict[str, Any] = {"op": op, "urn": own, "detailedDiff": None}
    if old is not None:
        found["oldState"] = state(old, urn(typ, was, **more) if was else own)
    if old is not None and new is not None:
        keys = sorted(key for key in {*old, *new} if old.get(key) != (new or {}).get(key))
        found |= {"diffReasons": keys, "replaceReasons": keys if "repl" in op else []}
    if new is not None:
        found["newState"] = state(new, own)
    return found


def said(
    message: str, severity: str = "warning", about: str = "", prefix: str = ""
) -> dict[str, Any]:
    found = {"message": prefix + message, "severity": severity}
    return found | ({"urn": urn(REMOTE, about)} if about else {})


def document(*steps: dict[str, Any], diagnostics: tuple[dict[str, Any], ...] = ()) -> str:
    """What ``pulumi preview --json`` prints."""
    same = step("same", "pulumi:pulumi:Stack", "crosshost-lab")
    if steps:
        same["urn"] = "::".join([*steps[0]["urn"].split("::")[:2], *same["urn"].split("::")[2:]])
    return json.dumps(
        {
            "config": {"crosshost:ssh": "{}"},
            "steps": [same, *steps],
            "diagnostics": list(diagnostics),
            "duration": 1,
            "changeSummary": {"same": 1},
        }
    )


def streamed(text: str) -> str:
    """The same events in the engine's other form, one a line."""
    given = json.loads(text)
    events: list[dict[str, Any]] = [{"preludeEvent": {"config": given["config"]}}]
    for one in given["steps"]:
        metadata = {key: one.get(key) for key in ("op", "urn", "detailedDiff")}
        metadata |= {"old": one.get("oldState"), "new": one.get("newState")}
        metadata |= {"keys": one.get("replaceReasons"), "diffs": one.get("diffReasons")}
        events.append({"resourcePreEvent": {"metadata": metadata, "planning": True}})
        events.append({"resOutputsEvent": {"metadata": metadata, "planning": True}})
    for one in given["diagnostics"]:
        colored = one | {"message": f"<{{%fg 13%}}>{one['message']}<{{%reset%}}>\n", "color": "raw"}
        events.append({"diagnosticEvent": colored})
    events.append({"summaryEvent": {"resourceChanges": given["changeSummary"]}})
    events.append({"cancelEvent": {}})
    return "".join(
        json.dumps({"sequence": n, "timestamp": 1} | e) + "\n" for n, e in enumerate(events)
    )


def container(name: str = "ssh01", **more: Any) -> dict[str, Any]:
    """The inputs of a container."""
    return {
        "name": name,
        "image": "centos_ssh:v2",
        "networksAdvanced": [{"name": "macvlan_1", "ipv4Address": "10.0.0.100"}],
    } | more
