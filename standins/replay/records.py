"""Records with their abbreviations written out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parents[1] / "traces"
Json = Any
# Records of single diffs, each with its inputs and its state.
DIFFS = ("container-ports-order",)


@dataclass(frozen=True)
class Call:
    """One call of a scenario. `expected` is None where the call failed with `error`."""

    step: int
    method: str
    urn: str
    request: dict[str, Json]
    expected: dict[str, Json] | None = None
    error: str = ""
    failures: list[dict[str, str]] = field(default_factory=list)

    @property
    def type(self) -> str:
        """The resource's type token."""
        return self.urn.split("::")[0]

    @property
    def name(self) -> str:
        """The resource's name."""
        return self.urn.split("::")[-1]


@dataclass
class _Resource:
    """What the engine knew of a resource when a call was made."""

    checked: dict[str, Json] = field(default_factory=dict)
    inputs: dict[str, Json] = field(default_factory=dict)
    outputs: dict[str, Json] = field(default_factory=dict)
    shown: dict[str, Json] = field(default_factory=dict)
    known: bool = True


def names(plugin: str) -> list[str]:
    """The scenarios of a plugin."""
    return sorted(
        file.stem
        for file in (_FOLDER / plugin).glob("*.json")
        if not file.stem.startswith(("sweep-", "direct-")) and file.stem not in DIFFS
    )


def load(plugin: str, name: str) -> dict[str, Json]:
    """One record as it is in its file."""
    loaded: dict[str, Json] = json.loads((_FOLDER / plugin / f"{name}.json").read_text())
    return loaded


def calls(plugin: str, name: str) -> Iterator[Call]:
    """A scenario's calls in order, with everything written out."""
    resources: dict[str, _Resource] = {}
    for index, step in enumerate(load(plugin, name)["steps"]):
        kept = {urn: (item.inputs, item.outputs, item.known) for urn, item in resources.items()}
        for raw in step.get("calls", []):
            urn = raw.get("urn", raw.get("tok", ""))
            resource = resources.setdefault(urn, _Resource())
            call = _written_out(index, raw, urn, resource)
            if call is not None:
                yield call
        if "preview" in step["do"]:
            for urn, item in resources.items():
                item.inputs, item.outputs, item.known = kept.get(urn, ({}, {}, True))


def _written_out(step: int, raw: dict[str, Json], urn: str, resource: _Resource) -> Call | None:
    method, response, error = raw["call"], raw.get("response"), raw.get("error", {}).get("text", "")
    if method in ("Check", "CheckConfig"):
        olds = {} if raw.get("olds") == "none" else resource.inputs
        if isinstance(raw.get("olds"), dict):
            olds = raw["olds"]
        expected = _resolve(raw["inputs"], resource.checked, resource.checked)
        resource.checked = expected
        request = {"news": raw["news"], "olds": olds}
        if method == "CheckConfig" and not resource.inputs:
            resource.inputs = expected
        return Call(step, method, urn, request, expected, failures=raw.get("failures", []))
    if method in ("Diff", "DiffConfig"):
        request = {
            "id": raw.get("id", ""),
            "olds": resource.outputs if method == "Diff" else resource.inputs,
            "oldInputs": resource.inputs,
            "news": _resolve(raw["news"], resource.checked, resource.checked),
        }
        if method == "DiffConfig":
            resource.inputs = request["news"]
        known = resource.known or method == "DiffConfig"
        return Call(step, method, urn, request, response, error) if known else None
    if method == "Invoke":
        return Call(step, method, urn, {"args": raw["args"]}, response, error)
    if method in ("Create", "Update"):
        return _made(step, raw, urn, resource)
    if method == "Read":
        return _read(step, raw, urn, resource)
    if method == "Delete":
        return Call(step, method, urn, {"id": raw["id"]}, None if error else {}, error)
    raise ValueError(f"unknown call in a record: {method}")


def _made(step: int, raw: dict[str, Json], urn: str, resource: _Resource) -> Call:
    method, error = raw["call"], raw.get("error", {}).get("text", "")
    given = raw.get("properties" if method == "Create" else "news", "=checked inputs")
    inputs = _resolve(given, resource.checked, resource.checked)
    key = "properties" if method == "Create" else "news"
    request = {key: inputs, "id": raw.get("id", ""), "preview": raw.get("preview", False)}
    if method == "Update":
        request["olds"] = resource.outputs
    response = raw.get("response")
    if response is None:
        resource.known = False
        if method == "Create":
            resource.inputs = inputs
        return Call(step, method, urn, request, None, error)
    outputs = _resolve(response["properties"], resource.shown, resource.checked)
    if not request["preview"] or not resource.shown:
        resource.shown = outputs
    resource.outputs, resource.inputs, resource.known = outputs, inputs, True
    return Call(step, method, urn, request, {**response, "properties": outputs})


def _read(step: int, raw: dict[str, Json], urn: str, resource: _Resource) -> Call:
    if "properties" in raw:
        resource.outputs = _resolve(raw["properties"], resource.shown, resource.checked)
    request = {
        "id": raw["id"],
        "properties": resource.outputs,
        "inputs": resource.inputs,
    }
    response = raw.get("response")
    if response is None:
        return Call(step, "Read", urn, request, None, raw["error"]["text"])
    if response.get("id"):
        outputs = _resolve(response.get("properties", {}), resource.shown, resource.checked)
        inputs = _resolve(response.get("inputs", {}), resource.checked, resource.checked)
        resource.shown = outputs
        resource.outputs, resource.inputs, resource.known = outputs, inputs, True
        response = {"id": response["id"], "properties": outputs, "inputs": inputs}
    return Call(step, "Read", urn, request, response)


def _resolve(value: Json, last: dict[str, Json], checked: dict[str, Json]) -> dict[str, Json]:
    if value == "=checked inputs":
        return checked
    if isinstance(value, str):
        return last
    if "=last, but" in value:
        but = value["=last, but"]
        kept = {key: item for key, item in last.items() if key not in but.get("gone", [])}
        return {**kept, **but["changed"]}
    resolved: dict[str, Json] = value
    return resolved
