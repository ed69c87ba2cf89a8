"""What a preview says of containers and networks that people took away."""

from __future__ import annotations

import pytest

from planning.facts import ContainerFacts, Engine, HostFacts, NetworkFacts, Unreachable, parse
from planning.last_up import missing, upgraded
from planning.made_label import MadeLabel, made_label
from tests.unit.fleet import containers, facts_text, run_program, stack_values

RECORD = "present\nnetwork n1 ol1\ncontainer c1 web01\ncontainer c2 web02\n"


def facts(containers: dict[str, str], networks: dict[str, str]) -> HostFacts:
    return HostFacts(
        uid=0, hostname="docker01", clock=0, systemd=True, docker_cli=True,
        containers=[
            ContainerFacts(id=i, name=n.split()[0], state=n.split()[1], status="Exited (0)", stack="s")
            for i, n in containers.items()
        ],
        networks=[
            NetworkFacts(id=i, name=n, driver="overlay", scope="global", stack="s")
            for i, n in networks.items()
        ],
    )  # fmt: skip


def say(
    containers: dict[str, str], networks: dict[str, str], names=("web01", "web02"), stack="prod"
):
    return missing(
        "docker01", facts(containers, networks), RECORD,
        stack=stack, containers=names, networks=["ol1"],
    )  # fmt: skip


def test_nothing_is_said_where_all_is_there():
    assert say({"c1": "web01 running", "c2": "web02 running"}, {"n1": "ol1"}) == []


def test_a_stopped_a_removed_and_a_remade_one_are_told_apart():
    assert say({"c1": "web01 exited", "x": "web02 running"}, {}) == [
        "network ol1 is gone from docker01: up makes it anew",
        "container web01 on docker01 does not run (Exited (0)): up makes it anew",
        "container web02 on docker01 is not the one that was made here: remove it, then "
        "run `pulumi up`",
    ]
    assert say({"c1": "web01 running", "x": "web02 created"}, {"n1": "ol1"}, stack="s") == [
        "container web02 on docker01 is left of an up that did not end: up makes it anew"
    ]
    assert say({"c1": "web01 running"}, {"n1": "ol1"}) == [
        "container web02 is gone from docker01: up makes it anew"
    ]


def test_what_the_stack_file_no_longer_has_is_not_missed():
    assert say({"c1": "web01 running"}, {"n1": "ol1"}, names=("web01",)) == []


@pytest.mark.parametrize(
    ("record", "now", "said"),
    [
        ("present\nengine 20.10.5\n" + RECORD, "20.10.5", False),
        ("present\nengine 20.10.5\n" + RECORD, "26.1.5", True),
        ("present\nengine 20.10.5\n" + RECORD, None, False),
        (RECORD, "26.1.5", False),
    ],
)
def test_another_engine_than_at_the_last_up_is_told(record, now, said):
    engine = Engine(version=now) if now else None
    seen = facts({}, {}).model_copy(update={"engine": engine})
    sentence = (
        "docker01: Docker was 20.10.5 at the last up and is 26.1.5 now: up looks whether all of it "
        "still runs"
    )
    assert upgraded("docker01", seen, record) == [sentence] * said


def test_the_engine_is_in_the_record_and_an_engine_that_does_not_answer_is_no_change(
    monkeypatch, tmp_path
):
    values = stack_values("lab-modes")

    def run(version, records):
        hosts = {"docker01": facts_text(version=version, records=records), "docker02": facts_text()}
        engine = run_program(monkeypatch, tmp_path, values, hosts, preview=True)
        return engine.of_type("command:remote:Command")["present@docker01"]["stdin"].splitlines()[1]

    assert run("26.1.5", {}) == "engine 26.1.5"
    record = {"present": "present\nengine 20.10.5\n"}
    assert run("26.1.5", record) == "engine 26.1.5"
    assert run(None, record) == "engine 20.10.5"


ROW = {"id": "c1", "name": "web01", "status": "Up", "stack": "s", "made": "then"}


def seen(state=None, **more):
    """A host with the container web01 in a state, or without."""
    rows = [] if state is None else [{**ROW, "state": state, **more}]
    return parse(facts_text(more=(containers(*rows),)))


def test_what_is_there_keeps_its_label_and_what_is_gone_or_has_ended_gets_another():
    assert made_label(seen("running"), RECORD, "container", "web01", "s") == MadeLabel("then")
    for gone in (seen(), seen("exited"), seen("dead"), seen("created")):
        found = made_label(gone, RECORD, "container", "web01", "s")
        assert found.anew
        assert found.value not in ("", "then")
    assert made_label(seen("paused"), RECORD, "container", "web01", "s") == MadeLabel("then")


def test_what_was_never_made_has_an_empty_label():
    assert made_label(seen(), None, "container", "web01", "s") == MadeLabel("")
    assert made_label(seen(), RECORD, "network", "other", "s") == MadeLabel("")


def test_what_cannot_be_seen_is_not_gone():
    unread = parse(facts_text(more=("unread containers time",)))
    assert made_label(unread, RECORD, "container", "web01", "s") == MadeLabel("", known=False)
    assert made_label(Unreachable(reason="x"), RECORD, "container", "web01", "s").known is False


def test_a_name_that_somebody_else_has_taken_is_left_alone():
    assert not made_label(seen("running", stack="else"), RECORD, "container", "web01", "s").known
