"""`crosshost:consul.host` is another one: its data does not move, and that is no silent loss."""

from __future__ import annotations

import copy
import json

import pulumi
import pytest

from tests.unit.fleet import facts_text, run_program, stack_values

pytestmark = pytest.mark.usefixtures("key_file")


def host(number: int, store: str, *, consul: bool) -> str:
    """The facts of docker0NUMBER after an up with that store."""
    keys = {"cluster-store": store, "cluster-advertise": f"10.0.0.1{number}:0"}
    records = {
        "daemon": f"planned=x base=absent own=cluster-advertise,cluster-store\n{json.dumps(keys)}"
    }
    if consul:
        records["consul"] = "planned=x container=c0 port=8500\n"
    return facts_text(
        hostname=f"docker0{number}", address=f"10.0.0.1{number}", backends=("consul",), records=records,
    )  # fmt: skip


def program(monkeypatch, tmp_path, at, *, store="consul://10.0.0.11:8500", consul=True):
    warned: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda text, *_args, **_named: warned.append(text))
    values = copy.deepcopy(stack_values("lab-overlay"))
    values["consul"] = {**values["consul"], "host": at}
    facts = {f"docker0{n}": host(n, store, consul=consul and n == 1) for n in (1, 2)}
    engine = run_program(monkeypatch, tmp_path, values, facts, preview=True)
    network = engine.of_type("docker:index/network:Network")["ol1@docker01"]
    daemon = engine.of_type("command:remote:Command")["daemon@docker02"]["stdin"]
    anew = any(label["label"] == "crosshost.made" for label in network["labels"])
    said = any("Consul is to be on docker02, and its data does not move: up" in w for w in warned)
    return anew, said, "action=restart" in daemon


def test_networks_are_made_anew_after_a_restart_and_it_is_said_before(monkeypatch, tmp_path):
    assert program(monkeypatch, tmp_path, "docker02") == (True, True, True)


def test_where_it_stays_nothing_is_made_anew(monkeypatch, tmp_path):
    _, said, _ = program(monkeypatch, tmp_path, "docker01")
    assert not said


def test_another_port_or_address_of_the_same_host_is_no_move(monkeypatch, tmp_path):
    _, said, _ = program(monkeypatch, tmp_path, "docker01", store="consul://10.0.0.99:8500")
    assert not said


def test_a_lost_record_of_a_server_that_stays_is_no_move(monkeypatch, tmp_path):
    _, said, _ = program(monkeypatch, tmp_path, "docker01", consul=False)
    assert not said


def test_a_move_that_was_cut_off_is_still_one(monkeypatch, tmp_path):
    # The new server is there and has its record, a daemon still has the store of before.
    facts = {
        "docker01": host(1, "consul://10.0.0.11:8500", consul=True),
        "docker02": host(2, "consul://10.0.0.12:8500", consul=True),
    }
    warned: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda text, *_args, **_named: warned.append(text))
    values = copy.deepcopy(stack_values("lab-overlay"))
    values["consul"] = {**values["consul"], "host": "docker02"}
    run_program(monkeypatch, tmp_path, values, facts, preview=True)
    assert any("Consul is to be on docker02, and its data does not move: up" in w for w in warned)
