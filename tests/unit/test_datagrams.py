"""UDP ports that hosts newly need of each other are asked before anything is changed; only what is sure is a no."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planning.datagrams import Answer, lost, question, understood
from planning.fleet_facts import UdpPath
from tests.unit.fleet import listening, run_program, stack_values
from tests.unit.meshes import fleet, recorded, refusal, seen, values

HOSTS = ["docker01", "docker02"]
WAY = UdpPath("docker01", "docker02", 4789)
CAN = ("captures 1",)
SENT = Answer((100.0, 102.2), (50.0, 52.2), (50.1, 52.1), 0, {(1, 4789): (40, 40)})
LOOKED = replace(SENT, ports={(0, 4789): (40, 0)})


def asked(monkeypatch, tmp_path, stack, facts, **more):
    engine = run_program(monkeypatch, tmp_path, stack, facts, **more)
    return {(way.source, way.to, way.port) for way in engine.ports_asked}


def test_what_left_and_did_not_come_is_lost():
    assert list(lost([WAY], HOSTS, {"docker01": SENT, "docker02": LOOKED})) == [WAY]


@pytest.mark.parametrize(
    ("sender", "receiver"),
    [
        (None, LOOKED),
        (SENT, None),
        (SENT, replace(LOOKED, ports={(0, 4789): (40, 1)})),
        (SENT, replace(LOOKED, ports={})),
        (SENT, replace(LOOKED, ports={(0, 4790): (40, 0)})),
        (SENT, replace(LOOKED, dropped=1)),
        # Its own firewall keeps them in, or most of them.
        (replace(SENT, ports={(1, 4789): (0, 40)}), LOOKED),
        (replace(SENT, ports={(1, 4789): (10, 40)}), LOOKED),
        # It had looked before the other began, or may have: its session took long to begin and to end.
        (SENT, replace(LOOKED, session=(90.0, 92.2))),
        (SENT, replace(LOOKED, session=(99.0, 102.8))),
        (SENT, replace(LOOKED, capture=(50.1, 50.3))),
        (replace(SENT, capture=(50.1, 50.3), ports={(1, 4789): (4, 4)}), LOOKED),
    ],
)
def test_what_is_not_certain_is_not_lost(sender, receiver):
    answers = {"docker01": sender, "docker02": receiver}
    known = {host: answer for host, answer in answers.items() if answer is not None}
    assert list(lost([WAY], HOSTS, known)) == []


PRINTED = "begin 50.00\n10.0.0.12 1500\ncapture 50.10 52.1 0\nport 1 4789 40 0\nend 52.20\n"


def test_what_a_host_printed_is_understood():
    found = understood(PRINTED, (100.0, 102.2))
    assert found == replace(SENT, ports={(1, 4789): (40, 0)})


@pytest.mark.parametrize(
    ("word", "instead"),
    [
        ("begin 50.00\n", ""),
        ("begin 50.00\n", "begin nan\n"),
        ("end 52.20\n", "end 52.20\nend 60.00\n"),
        ("capture 50.10 52.1 0\n", ""),
        ("capture 50.10 52.1 0\n", "capture 50.10 inf 0\n"),
        ("capture 50.10 52.1 0\n", "capture 50.10 52.1 -1\n"),
    ],
)
def test_nonsense_is_no_answer(word, instead):
    assert understood(PRINTED.replace(word, instead), (100.0, 102.2)) is None


def test_nonsense_about_one_port_is_left_out():
    for row in (
        "port 1 4789 40 -1\n",
        "port 1 4789 40 ٤\n",
        "port 1 4789\n",
        "port 1 4789 1 1 1\n",
    ):
        found = understood(PRINTED.replace("port 1 4789 40 0\n", row), (100.0, 102.2))
        assert found is not None
        assert found.ports == {}


def test_a_question_names_the_others_by_number():
    addresses = {"docker01": "10.0.0.11", "docker02": "10.0.0.12"}
    text = question("docker01", [WAY], addresses, "ab12")
    assert "\n(datagrams ab12 0 10.0.0.11 2 1 10.0.0.12 4789) " in text


def test_hosts_that_are_new_to_each_other_are_asked_both_ways(monkeypatch, tmp_path):
    both = {("docker01", "docker02", 4789), ("docker02", "docker01", 4789)}
    assert asked(monkeypatch, tmp_path, values(), fleet(more=CAN)) == both
    assert asked(monkeypatch, tmp_path, values(), fleet()) == set()


def test_hosts_that_send_to_each_other_are_not_asked_again(monkeypatch, tmp_path):
    had = recorded(monkeypatch, tmp_path)
    facts = {host: seen(host, records=had[host], more=CAN) for host in HOSTS}
    assert asked(monkeypatch, tmp_path, values(), facts) == set()
    third = {**facts, "docker03": seen("docker03", more=CAN)}
    found = asked(monkeypatch, tmp_path, values(3), third)
    assert {frozenset(way[:2]) for way in found} == {
        frozenset({host, "docker03"}) for host in HOSTS
    }


def test_another_port_is_asked_for(monkeypatch, tmp_path):
    had = recorded(monkeypatch, tmp_path)
    facts = {host: seen(host, records=had[host], more=CAN) for host in HOSTS}
    stack = values(port=4790)
    assert {port for _, _, port in asked(monkeypatch, tmp_path, stack, facts)} == {4790}
    stack = values(encrypted=True)
    assert {port for _, _, port in asked(monkeypatch, tmp_path, stack, facts)} == {51820}


def test_a_program_at_the_port_is_sent_nothing(monkeypatch, tmp_path):
    held = listening(
        'udp UNCONN 0 0 0.0.0.0:4789 0.0.0.0:* users:(("nc",pid=7,fd=3))',
    )
    facts = fleet(more=(*CAN, held))
    assert asked(monkeypatch, tmp_path, values(), facts, preview=True) == set()


def test_a_port_that_nothing_gets_to_is_refused(monkeypatch, tmp_path):
    way = {("docker01", "docker02")}
    said = refusal(monkeypatch, tmp_path, values(), fleet(more=CAN), lost=way)
    assert "udp 4789 does not get from docker01 to docker02: datagrams leave the one" in said
    assert "from docker02 to docker01" not in said


@pytest.mark.parametrize("plane", ["consul", "swarm"])
def test_hosts_that_come_to_a_control_plane_are_asked_for_the_port_of_overlays(
    monkeypatch, tmp_path, plane
):
    stack = stack_values("lab-overlay")
    stack["networks"]["ol1"]["control_plane"] = plane
    if plane == "swarm":
        del stack["consul"]
        stack["swarm"] = {"data_path_port": 4800}
    port = 4800 if plane == "swarm" else 4789
    both = {("docker01", "docker02", port), ("docker02", "docker01", port)}
    assert asked(monkeypatch, tmp_path, stack, fleet(more=CAN)) == both
    way = {("docker02", "docker01")}
    said = refusal(monkeypatch, tmp_path, stack, fleet(more=CAN), lost=way)
    assert f"udp {port} does not get from docker02 to docker01: datagrams leave" in said


def test_hosts_that_are_on_a_control_plane_or_advertise_other_addresses_are_not_asked(
    monkeypatch, tmp_path
):
    stack = stack_values("lab-overlay")
    on_it = fleet(more=CAN, info={"ClusterStore": "consul://10.0.0.11:8500"})
    assert asked(monkeypatch, tmp_path, stack, on_it, preview=True) == set()
    stack["networks"]["ol1"]["control_plane"] = "swarm"
    del stack["consul"]
    stack["swarm"] = {"advertise": "ens34"}
    assert asked(monkeypatch, tmp_path, stack, fleet(more=CAN), preview=True) == set()
