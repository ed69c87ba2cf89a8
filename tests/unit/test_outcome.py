"""What an up did, as a comment: from events that ups on lab hosts printed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crosshost.__main__ import app
from planning import up_events
from planning.engine_events import EventsError
from planning.reachability.summary import summary
from reports import outcome

EVENTS = Path(__file__).parent / "events"
DONE = (EVENTS / "up.stream.jsonl").read_text()
FAILED = (EVENTS / "up-failed.stream.jsonl").read_text()


def told(text: str) -> str:
    return outcome.text("lab-modes", up_events.read(text, "lab-modes", "crosshost"))


def edited(text: str, change) -> str:
    """The events after ``change`` was made to each."""
    events = [json.loads(line) for line in text.splitlines()]
    for event in events:
        change(event)
    return "".join(json.dumps(event) + "\n" for event in events)


def test_what_was_done_is_told_host_by_host():
    text = told(DONE)
    assert text.startswith("**lab-modes**: up succeeded in 17 s\n\n### What was done\n")
    assert (
        "- docker01: image pulled: busybox:1; container made: alone, onhost, bridged, beside; 4 of"
        in text
    )
    assert "- docker02: 2 of crosshost's own scripts and settings" in text


def test_a_failure_is_dockers_sentence_and_names_what_was_not_done():
    text = told(FAILED)
    assert text.startswith("**lab-modes**: up **failed** after 14 s; run it again")
    wrong = text.partition("### What went wrong\n\n")[2].partition("\n\n")[0].splitlines()
    assert wrong[0].startswith(
        "- Unable to start container: Error response from daemon: cannot join"
    )
    assert wrong[1:] == ["- not done: beside@\u200bdocker01"]
    assert "container made: alone, bridged, onhost;" in text


def test_what_the_engine_did_not_end_is_not_said_to_be_done():
    lines = [
        line for line in DONE.splitlines() if "resOutputsEvent" not in line or "alone" not in line
    ]
    assert "container made: onhost, bridged, beside" in told("\n".join(lines))


def test_the_proof_is_told_with_what_does_not_hold():
    row = {"from": "web01", "from_host": "docker01", "to": "web02", "to_host": "docker02",
           "kind": "ping", "expected": "yes", "observed": "yes", "ms": 1, "cause": ""}  # fmt: skip

    def proof(*rows):
        def put(event):
            new = event.get("resOutputsEvent", {}).get("metadata", {}).get("new", {})
            if "outputs" in new:
                new["outputs"]["reachability"] = summary(rows)

        return told(edited(DONE, put))

    assert "in 17 s; all 2 promises and denials of its networks hold" in proof(row, row)
    text = proof(row, {**row, "observed": "no", "cause": "udp 4789 is shut"})
    assert "in 17 s; 1 of 2 promises and denials of its networks hold" in text
    assert (
        "### Broken promises\n\n- web01 on docker01 to web02 on docker02, ping: expected yes, is no "
        "(udp 4789 is shut)" in text
    )
    text = proof(
        row,
        {**row, "from": "docker01", "observed": "unknown", "cause": "nothing listens on it yet"},
    )
    assert "Broken promises" not in text
    assert (
        "### Not known\n\n- docker01 to web02 on docker02, ping: expected yes, is unknown (nothing listens"
        in text
    )
    text = proof(row, {**row, "kind": "uninterrupted", "observed": "no", "ms": 1300})
    assert "; all 1 promises and denials of its networks hold" in text
    assert "web02 on docker02, uninterrupted: expected yes, is no" in text


def test_nothing_to_do_is_one_line():
    def same(event):
        for kind in ("resourcePreEvent", "resOutputsEvent"):
            if kind in event:
                event[kind]["metadata"]["op"] = "same"

    assert told(edited(DONE, same)) == (
        "**lab-modes**: up succeeded in 17 s: nothing was to be changed\n"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "",
            "the events are empty: give all that `pulumi up -s lab-modes --yes --skip-preview --json` printed",
        ),
        (DONE[:4000], "the events are cut off at line"),
        (
            DONE.replace('"isPreview":false', '"isPreview":true'),
            "these are the events of a preview",
        ),
        (DONE.replace("lab-modes", "prod"), "the events are of the stack 'prod', not of lab-modes"),
        (
            json.dumps({"steps": [], "changeSummary": {}}, indent=4),
            "these are the events of a preview",
        ),
        ("pulumi: not found", "line 1 is no event of Pulumi's (pulumi: not found): give all that"),
        ("{}", "give all that `pulumi up -s lab-modes --yes --skip-preview --json` printed"),
    ],
)
def test_other_events_are_refused_with_what_to_give(text, said):
    with pytest.raises(EventsError) as caught:
        told(text)
    assert said in str(caught.value)


def test_the_command_ends_as_the_up_did(tmp_path):
    for text, code in ((DONE, 0), (FAILED, 1), ("x", 1)):
        file = tmp_path / "events"
        file.write_text(text)
        done = CliRunner().invoke(
            app, ["outcome", "-s", "org/crosshost/lab-modes", "--events", str(file)]
        )
        assert done.exit_code == code
