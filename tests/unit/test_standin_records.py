"""The stand-in plugins answer Check, Diff and previews as the official plugins were recorded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from standins.replay import records
from standins.replay.plugin import CallFailed, Plugin, running
from standins.replay.records import Call

ACCEPTED = {
    (
        "command",
        "copyfile-deprecated",
        "*",
    ): "remote.CopyFile is deprecated and not in the stand-in",
    ("command", "remote-connection-change", "Diff"): "differs by a newline that the record masks",
    ("command", "remote-hostkey", "Diff"): "differs by keys that the record masks",
    ("command", "remote-preview-unknown", "connection"): "an unknown secret, written another way",
    ("docker", "sweep-Container", "gpus"): "refused: not in the stand-in",
    ("docker", "sweep-RemoteImage", "build"): "refused: not in the stand-in",
    ("command", "sweep-remote-CopyToRemote", "source missing"): "refused alike, inputs differ",
    ("command", "sweep-remote-CopyToRemote", "source string"): "refused alike, inputs differ",
    ("command", "sweep-remote-CopyToRemote", "remotePath missing"): "refused alike, inputs differ",
}
"""(plugin, record, call, property or change) -> why an answer may differ from the record."""

SWEEPS = [
    ("docker", "Container", "sw-c"),
    ("docker", "Container-plain", "sw-cp"),
    ("docker", "Network", "sw-net"),
    ("docker", "Network-plain", "sw-netp"),
    ("docker", "Network-macvlan", "sw-mv"),
    ("docker", "RemoteImage", "sw-i"),
    ("docker", "Volume", "sw-v"),
    ("command", "remote-Command", "sw"),
    ("command", "remote-CopyToRemote", "sw"),
    ("command", "local-Command", "sw"),
]


@pytest.fixture(scope="module")
def plugins() -> Iterator[dict[str, Plugin]]:
    with running("docker") as docker, running("command") as command:
        yield {"docker": docker, "command": command}


SCENARIOS = [
    (plugin, name)
    for plugin in ("docker", "command")
    for name in records.names(plugin)
    if (plugin, name, "*") not in ACCEPTED
]


@pytest.mark.parametrize(("plugin", "name"), SCENARIOS)
def test_a_scenario_is_checked_diffed_and_previewed_as_recorded(
    plugins: dict[str, Plugin], plugin: str, name: str
) -> None:
    for call in records.calls(plugin, name):
        if (plugin, name, call.method) not in ACCEPTED:
            _replay(plugins[plugin], plugin, name, call)


def _replay(plugin: Plugin, package: str, name: str, call: Call) -> None:
    request, place = call.request, f"{name}, step {call.step}: {call.method} {call.urn}"
    expected = call.expected
    try:
        if call.method in ("Check", "CheckConfig"):
            config = call.method == "CheckConfig"
            got = plugin.check(call.urn, request["news"], request["olds"], config=config)
            assert got["failures"] == call.failures, place
            if call.failures:
                return
            got = got["inputs"]
        elif call.method in ("Diff", "DiffConfig"):
            got = _sorted(plugin.diff(call.urn, request, config=call.method == "DiffConfig"))
            expected = None if expected is None else _sorted(expected)
        elif call.method == "Create" and request["preview"]:
            got = plugin.create(call.urn, request["properties"], preview=True)["properties"]
            expected = (expected or {})["properties"]
        elif call.method == "Update" and request["preview"]:
            olds, news = request["olds"], request["news"]
            got = plugin.update(call.urn, request["id"], olds, news, preview=True)["properties"]
            expected = (expected or {})["properties"]
        else:
            return
    except CallFailed as failure:
        got, expected = {"error": failure.text}, {"error": call.error}
    assert expected is not None, f"{place} should fail with {call.error}"
    assert _settled(package, name, got) == _settled(package, name, expected), place


def _sorted(answer: dict[str, Any]) -> dict[str, Any]:
    """A diff without what has no order."""
    kept = {key: value for key, value in answer.items() if key != "stables"}
    for key in ("diffs", "replaces"):
        if key in kept:
            kept[key] = sorted(kept[key])
    return kept


def _settled(plugin: str, name: str, props: dict[str, Any]) -> dict[str, Any]:
    """Properties without what differs from run to run or is accepted."""
    kept = {key: value for key, value in props.items() if (plugin, name, key) not in ACCEPTED}
    if isinstance(kept.get("name"), str):
        kept["name"] = re.sub(r"-[0-9a-f]{7}\Z", "-<RANDOM>", kept["name"])
    return kept


CHANGES = [
    (plugin, f"sweep-{sweep}", resource, index)
    for plugin, sweep, resource in SWEEPS
    for index in range(len(records.load(plugin, f"sweep-{sweep}")["changes"]))
]


@pytest.mark.parametrize(("plugin", "sweep", "resource", "index"), CHANGES)
def test_a_change_of_one_input_is_judged_as_recorded(
    plugins: dict[str, Plugin], plugin: str, sweep: str, resource: str, index: int
) -> None:
    record = records.load(plugin, sweep)
    change = record["changes"][index]
    urn = f"{record['token']}::{resource}"
    olds, state = record["check"]["inputs"], record["create"]["properties"]
    news = {**record["base"], **change["set"]}
    news = {key: value for key, value in news.items() if value is not None}
    checked = plugins[plugin].check(urn, news, olds)
    if (plugin, sweep, change["change"]) in ACCEPTED:
        assert checked["failures"], "an accepted difference is a refusal"
        return
    assert checked["failures"] == change.get("check_failures", [])
    expected = _inputs_after(record, change)
    if not checked["failures"] or plugin == "command":
        assert checked["inputs"] == expected
    if "diff" in change:
        request = {"olds": state, "oldInputs": olds, "news": expected}
        assert _sorted(plugins[plugin].diff(urn, request)) == _sorted(change["diff"])


def _inputs_after(record: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    inputs = {
        key: value
        for key, value in record["check"]["inputs"].items()
        if key == "name" or change["set"].get(key, "") is not None
    }
    if change["change"] == "name removed" and record["token"].endswith("RemoteImage"):
        del inputs["name"]
    inputs.update(change["checked_delta"])
    if "defaults_now" in change:
        inputs["__defaults"] = change["defaults_now"]
    return inputs


SINGLE_DIFFS = [
    pytest.param(diff, id=f"{name}-{diff['name']}")
    for name in records.DIFFS
    for diff in records.load("docker", name)["diffs"]
]


@pytest.mark.parametrize("recorded", SINGLE_DIFFS)
def test_ports_in_another_order_than_docker_shows_them_are_judged_as_recorded(
    plugins: dict[str, Plugin], recorded: dict[str, Any]
) -> None:
    plain = next(c for c in records.calls("docker", "container-ports") if c.method == "Create")
    assert plain.expected is not None
    inputs = {**plain.request["properties"], "ports": recorded["inputs"]}
    state = {**plain.expected["properties"], "ports": recorded["state"]}
    got = plugins["docker"].diff(plain.urn, {"olds": state, "oldInputs": inputs, "news": inputs})
    expected = recorded["response"]
    detailed = {path: kind["kind"] for path, kind in expected.get("detailedDiff", {}).items()}
    assert got.get("detailedDiff", {}) == detailed
    assert got.get("replaces", []) == expected.get("replaces", [])
    assert got.get("deleteBeforeReplace", False) == expected.get("deleteBeforeReplace", False)
    assert got["changes"] == expected["changes"]


def test_what_is_ignored_is_no_difference(plugins: dict[str, Plugin]) -> None:
    plain = next(c for c in records.calls("docker", "container-ports") if c.method == "Create")
    assert plain.expected is not None
    inputs = {**plain.request["properties"], "ports": []}
    request = {"olds": plain.expected["properties"], "oldInputs": inputs, "news": inputs}
    assert plugins["docker"].diff(plain.urn, request)["changes"] == "DIFF_SOME"
    request["ignoreChanges"] = ["ports"]
    assert plugins["docker"].diff(plain.urn, request)["changes"] == "DIFF_NONE"
    inputs["restart"] = "always"
    got = plugins["docker"].update(
        plain.urn, "id", request["olds"], inputs, preview=True, ignored=["ports"]
    )["properties"]
    assert (got["restart"], got["ports"]) == ("always", plain.expected["properties"]["ports"])


def test_a_provider_configuration_is_checked_as_recorded(plugins: dict[str, Plugin]) -> None:
    for change in records.load("docker", "sweep-Provider-CheckConfig")["changes"]:
        try:
            got = plugins["docker"].check(
                "pulumi:providers:docker::p", change["set"], {}, config=True
            )
        except CallFailed as failure:
            got = {"inputs": {}, "failures": [], "check_error": f"{failure.code} {failure.text}"}
        if "check_error" in change:
            change["check"] = {"check_error": change["check_error"]}
        expected = {"inputs": {}, "failures": [], **change.get("check", {})}
        assert got == expected, change["change"]


def test_what_the_stand_in_cannot_do_is_refused(plugins: dict[str, Plugin]) -> None:
    urn = "docker:index/container:Container::c"
    inputs = {"image": "a", "gpus": "all"}
    reasons = [item["reason"] for item in plugins["docker"].check(urn, inputs, {})["failures"]]
    assert reasons == [
        "'gpus' is not supported by the stand-in plugin. Examine values at 'c.gpus'."
    ]


@pytest.mark.parametrize("token", ["docker:index/getNoSuch:getNoSuch"])
def test_an_unknown_function_is_an_error(plugins: dict[str, Plugin], token: str) -> None:
    with pytest.raises(
        CallFailed, match=re.escape(f"unrecognized data function (Invoke): {token}")
    ):
        plugins["docker"].invoke(token, {})
