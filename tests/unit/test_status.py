"""What status says of a stack: its hosts, its containers, what drifted."""

from __future__ import annotations

from rich.console import Console

from planning.facts import Unreachable
from reports.status import Status, Wanted, shown
from tests.unit.fleet import containers, facts_text, networks, seen_by

RECORD = {
    "present": "planned=x present=\nengine 20.10.5+dfsg1\ncontainer abc web01\nnetwork n ol1\n"
}
OL1 = {"id": "n", "name": "ol1", "driver": "overlay", "stack": "prod"}
ROW = {"id": "abc", "name": "web01", "state": "running", "status": "Up 3 hours", "stack": "prod"}


def text(status: Status) -> str:
    console = Console(width=160)
    with console.capture() as captured:
        console.print(shown(status))
    return captured.get()


def status(*more: str, wanted: str = "web01") -> Status:
    seen = seen_by(facts_text(records=RECORD, more=more))
    return Status(
        "prod", {"docker01": seen}, [Wanted(wanted, "docker01", {"ol1": "172.16.1.1"})],
        {"docker01": ["ol1"]},
    )  # fmt: skip


def test_a_stack_that_is_as_it_is_to_be_says_so():
    found = status(containers(ROW), networks(OL1))
    assert found.well
    printed = text(found)
    assert "prod is as its file says" in printed
    assert "1 of 1 run" in printed
    assert "172.16.1.1" in printed


def test_what_is_gone_or_stopped_is_said_in_its_cell_and_in_a_sentence():
    stopped = {**ROW, "state": "exited", "status": "Exited (1) 2 hours ago"}
    found = status(containers(stopped), networks())
    assert not found.well
    printed = text(found)
    assert "0 of 1 run" in printed
    assert "ol1 gone" in printed
    assert "container web01 on docker01 does not run (Exited (1) 2 hours ago)" in printed
    assert "network ol1 is gone from docker01" in printed


def test_what_another_stack_has_under_the_same_name_is_not_this_ones():
    found = status(containers({**ROW, "stack": "other"}), networks())
    printed = text(found)
    assert "0 of 1 run" in printed
    assert "ol1 gone" in printed
    assert "of stack other" in printed
    never = Status("prod", {"docker01": seen_by(facts_text(more=(networks(), containers())))},
                   [Wanted("web01", "docker01", {})], {"docker01": ["ol1"]})  # fmt: skip
    assert "ol1 not there" in text(never)


def test_a_host_that_does_not_answer_takes_nobody_along():
    found = Status(
        "prod",
        {"docker01": Unreachable(reason="No route to host")},
        [Wanted("web01", "docker01", {})],
        {},
    )
    assert not found.well
    printed = text(found)
    assert "does not answer: No route to host" in printed
    assert "not known" in printed
