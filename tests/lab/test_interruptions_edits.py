"""Edits of several stacks and of other networks while pairs of containers are held to each other."""

from __future__ import annotations

import copy

import pytest

from tests.lab.interruptions import another, nothing_is_left, told
from tests.lab.neighbours import own_overlay
from tests.lab.pings import Pings
from tests.lab.swarm_hosts import HOSTS

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


def test_hosts_that_come_and_go_and_a_stack_beside_interrupt_nobody(lab, environment):
    lab.up_for("lab-swarm")
    stack = environment("lab-swarm")
    stack.config["prove"] = {"strict": True}
    whole = copy.deepcopy(stack.config)
    del stack.config["hosts"]["docker05"], stack.config["containers"]["web03"]
    two = copy.deepcopy(stack.config)
    stack.write()
    stack.up()
    for config, pairs in ((whole, 1), (two, 1), (whole, 1)):
        stack.config = copy.deepcopy(config)
        stack.write()
        said = stack.up().text
        assert [(row["observed"], row["ms"]) for row in told(stack).values()] == [
            ("yes", 0)
        ] * pairs
        assert "did not reach" not in said
    beside = environment("lab-swarm")
    own_overlay(beside, "ol", 9, "swarm", HOSTS, 1)
    beside.config["prove"] = {"strict": True}
    beside.write()
    with Pings(
        lab, "docker03", "web01", stack.outputs()["containers"]["web02"]["addresses"]["ol1"]
    ) as pings:
        beside.up()
    assert pings.lost == []
    another(stack, "web03")
    another(beside, "web91")
    runs = [one.start("up", "--yes", "--skip-preview") for one in (stack, beside)]
    for run in runs:
        said, _ = run.communicate(timeout=120)
        assert run.returncode == 0, said
    assert [row["ms"] for row in told(stack).values()] == [0]
    nothing_is_left(lab, HOSTS)
    beside.destroy()
    assert stack.up().changes == {}


def test_containers_that_bounce_as_the_preview_says_are_measured_and_no_fault(lab, environment):
    lab.up_for("lab-swarm")
    stack = environment("lab-swarm")
    stack.restart_containers()
    stack.config["prove"] = {"strict": True}
    stack.write()
    stack.up()
    stack.config["daemon"] = {"settings": {"log-driver": "local"}}
    stack.write()
    assert "bounce" in stack.preview().text
    up = stack.up()
    rows = told(stack)
    assert len(rows) == 3
    for row in rows.values():
        assert (row["expected"], row["observed"]) == ("no", "no")
        assert 300 < row["ms"] < 60_000
    assert "restarted" in up.text
    assert "and nothing was to interrupt them" not in up.text
    del stack.config["daemon"]
    stack.write()
    stack.up()
    nothing_is_left(lab, HOSTS)


def test_another_number_of_a_vxlan_network_is_announced_and_measured(lab, environment):
    stack = environment("lab-vxlan")
    stack.config["prove"] = {"strict": True}
    stack.write()
    stack.up()
    stack.config["networks"]["mesh"]["vni"] = 42
    stack.write()
    assert "the VXLAN device of mesh is made anew" in stack.preview().text
    stack.up()
    (row,) = told(stack).values()
    assert row["expected"] == "no"
    assert row["ms"] < 10_000
    assert stack.up().changes == {}
