"""The command impact: what it reads and writes, its exit codes, what bad input gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from crosshost import impact as fleets
from crosshost import state as states
from crosshost.__main__ import app
from stacks.settings import parse
from tests.unit.fleet import stack_values
from tests.unit.previews import CONTAINER, container, document, said, step, streamed

pytestmark = pytest.mark.usefixtures("key_file")
LAST: dict[str, Any] = {
    "hosts": {"docker01": {"address": "10.0.0.11", "engine": "28.5.2"}, "docker02": {"address": "10.0.0.12"}},
    "networks": {"macvlan_1": {"strategy": "macvlan", "hosts": ["docker01", "docker02"]}},
    "containers": {
        "ssh01": {"host": "docker01", "mode": "macvlan_1", "addresses": {"macvlan_1": "10.0.0.100"}},
        "old": {"host": "docker02", "mode": "macvlan_1", "addresses": {"macvlan_1": "10.0.0.150"}},
    },
}  # fmt: skip
UP = (Path(__file__).parent / "events" / "up.stream.jsonl").read_text()
EDIT = document(
    step("replace", CONTAINER, "ssh01@docker01", container(), container(image="b")),
    step("create", CONTAINER, "ssh02@docker02", None, container("ssh02")),
    step("delete", CONTAINER, "old@docker02", container("old")),
)


@pytest.fixture
def report(monkeypatch):
    """Runs the command on events, with these outputs of the last up, or a reason why there are none."""

    def run(*options, events=EDIT, stack="lab-macvlan", last=LAST):
        def export(_stack):
            if isinstance(last, str):
                raise SystemExit(last)
            root = [{"type": "pulumi:pulumi:Stack", "urn": "x", "outputs": last}]
            return {"deployment": {"resources": root if last else None}}

        monkeypatch.setattr(states, "export", export)
        return CliRunner().invoke(app, ["impact", "-s", stack, *options], input=events)

    return run


def test_an_edit_is_told_from_its_verdict_to_its_diff(report):
    shown = report()
    assert shown.exit_code == 0, shown.output
    text = shown.stdout
    parts = [
        "**lab-macvlan**: bounces 1 container on docker01 for about 5 s; opens ports of docker02; ends 1",
        "container ssh01 is replaced", "every port of ssh02 opens to the LAN on macvlan\\_1 (10.0.0.200)",
        "10.0.0.150 on macvlan\\_1 is freed (it was old's)",
        "Becomes reachable", "ssh01 ↔ ssh02, over macvlan\\_1", "No longer reachable",
        "old ↔ ssh01", "```mermaid", "<details><summary>The full diff", "+   image: b",
    ]  # fmt: skip
    places = [text.find(part) for part in parts]
    assert -1 not in places, [part for part, place in zip(parts, places, strict=True) if place < 0]
    order = [places[i] for i in (0, 1, 4, 6, 8, 9)]
    assert order == sorted(order)


def test_both_forms_of_events_give_the_same_report(report):
    assert report().stdout == report(events=streamed(EDIT)).stdout


def test_json_has_the_same_and_is_written_to_a_file(report, tmp_path):
    (tmp_path / "events.json").write_text(EDIT)
    file = tmp_path / "report.json"
    shown = report(
        "--events", str(tmp_path / "events.json"), "--format", "json", "--output", str(file)
    )
    assert (shown.exit_code, shown.stdout) == (0, "")
    found = json.loads(file.read_text())
    assert found["changes"] == 3
    assert found["labels"] == ["replace", "exposed-port"]
    assert found["verdict"].startswith("bounces 1 container on docker01")
    assert [one["expected"] for one in found["effects"] if one["gate"] == "replace"] == [False]


def test_gates_end_with_3_unless_all_was_declared(report, tmp_path):
    assert report("--fail-on", "restart,unseen-host").exit_code == 0
    shut = report("--fail-on", "replace, exposed-port")
    assert shut.exit_code == 3
    assert "not declared: replace: docker01: container ssh01 is replaced" in shut.stderr
    assert shut.stdout.startswith("**lab-macvlan**")
    text = "Why: a new image.\n\nExpected: replace ssh01, exposed-port ssh02\n"
    assert report("--fail-on", "replace,exposed-port", "--expected", text).exit_code == 0
    (tmp_path / "body.md").write_text(text)
    declared = report("--fail-on", "replace,exposed-port", "--expected", str(tmp_path / "body.md"))
    assert declared.exit_code == 0
    assert "⚠" not in declared.stdout


def test_a_file_of_declarations_that_is_not_there_is_told(report):
    shown = report("--fail-on", "replace", "--expected", "some/body.md")
    assert shown.exit_code == 3
    assert "there is no file some/body.md: taken as a text, which declares nothing" in shown.stderr


def test_an_unknown_gate_is_told_with_those_there_are(report):
    wrong = report("--fail-on", "reboot")
    assert wrong.exit_code == 1
    assert (
        "there is no 'reboot': write some of restart, replace, exposed-port, unseen-host"
        in wrong.stderr
    )


def test_a_stack_that_was_never_up_is_all_new(report):
    shown = report(last=None)
    assert "the stack is not up: everything is new" in shown.stdout
    assert "ssh01 ↔ ssh02" in shown.stdout


def test_without_a_state_it_is_told_what_is_not_known(report):
    shown = report(last="there is no pulumi command")
    assert shown.exit_code == 0
    assert "who reached whom before is not known: there is no pulumi command" in shown.stdout
    assert "Becomes reachable" not in shown.stdout


@pytest.mark.parametrize(
    ("events", "stack", "told"),
    [
        ("", "lab-macvlan", "the events are empty"),
        (EDIT[:400], "lab-macvlan", "the events are cut off at line 1"),
        (EDIT, "lab-overlay", "of the stack 'lab-macvlan', not of lab-overlay"),
        (EDIT, "nosuch", "of the stack 'lab-macvlan', not of nosuch"),
        ("{}", "lab-macvlan", "this is not what `pulumi preview --json` of Pulumi 3 prints"),
        ("[1]", "lab-macvlan", "line 1 is no event of Pulumi's ([1])"),
        (
            "error: no stack named x",
            "lab-macvlan",
            "Pulumi's (error: no stack named x): run `pulumi",
        ),
        (
            UP,
            "lab-modes",
            "these are the events of an up: run `pulumi preview -s lab-modes --json`",
        ),
        (UP[:4000], "lab-modes", "the events are cut off at line"),
        (
            EDIT.replace('"newState"', '"next"'),
            "lab-macvlan",
            "do not say what ssh01@docker01 is to be",
        ),
        (EDIT.replace('"replace"', '"melt"'), "lab-macvlan", "not known here (melt)"),
        (EDIT.replace("::crosshost::", "::shop::"), "lab-macvlan", "of the project 'shop', not of"),
    ],
)
def test_bad_events_are_one_sentence(report, events, stack, told):
    shown = report(events=events, stack=stack)
    assert shown.exit_code == 1
    assert told in shown.stderr
    assert shown.stderr.count("\n") == 1
    assert shown.stdout == ""


def test_files_that_cannot_be_read_or_written_are_one_sentence(report, tmp_path):
    gone = report("--events", str(tmp_path / "none.json"))
    assert (gone.exit_code, gone.stderr) == (
        1,
        f"{tmp_path}/none.json cannot be read: No such file or directory\n",
    )
    full = report("--output", str(tmp_path))
    assert (full.exit_code, full.stderr) == (1, f"{tmp_path} cannot be written: Is a directory\n")


@pytest.mark.parametrize("odd", ["x", 1, [], None, {"4dabf18193072939515e22adb298388d": "x"}])
@pytest.mark.parametrize("section", ["hosts", "networks", "containers"])
def test_outputs_of_another_form_are_as_if_unknown(report, section, odd):
    assert report(last=LAST | {section: odd}).exit_code == 0
    rows = {"ssh01": odd, "docker01": odd, "macvlan_1": odd}
    assert report(last=LAST | {section: rows}).exit_code == 0


def test_a_container_that_joins_anothers_network_is_where_that_is():
    values = stack_values("lab-macvlan")
    values["containers"]["side"] = {"host": "docker01", "image": "a", "network": "container:ssh01"}
    after = fleets.after(parse(values), {})
    assert after.members["side"] == after.members["ssh01"]
    rows = {
        "side": {"host": "docker01", "mode": "container:ssh01", "addresses": {}},
        **LAST["containers"],
    }
    before = fleets.before(LAST | {"containers": rows})
    assert before.members["side"] == before.members["ssh01"]


def test_an_overlay_that_leaves_its_control_plane_open_has_that_of_the_last_up():
    settings = parse(stack_values("lab-auto"))
    assert fleets.after(settings, {}).reach["ol1"]["ACROSS"]
    last = {"networks": {"ol1": {"strategy": "overlay", "control_plane": "swarm"}}}
    assert fleets.after(settings, last).titles == {"ol1": "overlay on Swarm"}
    assert fleets.before(last).titles == {"ol1": "overlay on Swarm"}


def test_warnings_of_the_program_are_in_the_report(report):
    warned = document(
        step("delete", CONTAINER, "old@docker02", container("old")),
        diagnostics=(said("docker02: Docker was 20.10.5 at the last up and is 28.5.2 now: look"),),
    )
    shown = report(events=warned)
    assert "Docker was 20.10.5 at the last up" in shown.stdout
