"""The real program under mocks: rules for engines' ports, before what they guard, and what is said."""

from __future__ import annotations

import re

import pulumi
import pytest

from tests.unit.fleet import containers, facts_text, listening, run_program, stack_values
from tests.unit.swarms import host_text

OLD = {
    f"docker0{n}": facts_text(hostname=f"docker0{n}", address=f"10.0.0.1{n}") for n in range(1, 4)
}
NEW = {name: host_text(name) for name in ("docker03", "docker04", "docker05")}
COMMAND, CONTAINER = "command:remote:Command", "docker:index/container:Container"


@pytest.fixture
def run(monkeypatch, tmp_path):
    return lambda values, facts: run_program(monkeypatch, tmp_path, values, facts)


@pytest.fixture
def warned(monkeypatch):
    lines: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda text, *_, **__: lines.append(text))
    return lines


def rules(engine):
    """Host -> the lines that it is told."""
    return {
        name.removeprefix("firewall@"): inputs["stdin"].partition("\n")[2]
        for name, inputs in engine.of_type(COMMAND).items()
        if name.startswith("firewall@")
    }


def test_all_hosts_have_their_rules_before_an_engine_joins_the_store_or_consul_is_there(run):
    engine = run(stack_values("lab-overlay"), OLD)
    both = {"firewall@docker01", "firewall@docker02"}
    for name in ("daemon@docker01", "daemon@docker02", "consul@docker01"):
        assert both <= engine.after[name], name


def test_all_hosts_have_their_rules_before_one_is_in_the_swarm(run):
    engine = run(stack_values("lab-swarm"), NEW)
    every = {f"firewall@{name}" for name in NEW}
    for name in NEW:
        assert every <= engine.after[f"swarm@{name}"], name


def test_peers_of_a_swarm_are_let_in_by_the_addresses_that_engines_talk_by(run):
    values = stack_values("lab-swarm")
    values["swarm"] = {"advertise": {"docker04": "192.168.7.4"}, "data_path_port": 4790}
    values["firewall"] = {"allow": ["10.20.0.0/16"]}
    peers = "10.0.0.13,10.0.0.14,10.0.0.15,10.20.0.0/16,192.168.7.4"
    assert rules(run(values, NEW))["docker03"].splitlines() == [
        f"{port} local,10.0.0.14,10.0.0.15,192.168.7.4 {peers}"
        for port in ("tcp 2377", "udp 4790", "tcp 7946", "udp 7946")
    ]


def test_who_may_look_at_consul_reaches_its_port_and_no_other(run):
    values = stack_values("lab-overlay")
    values["consul"]["allow"] = ["10.9.0.7/32"]
    lines = rules(run(values, OLD))["docker01"].splitlines()
    assert [line.split()[1] for line in lines if "10.9.0.7" in line] == ["8500"]


@pytest.mark.parametrize("off", ["off", False])
def test_without_the_guard_there_are_no_rules_and_it_is_said_who_can_write(run, warned, off):
    values = stack_values("lab-overlay")
    values["firewall"] = {"mode": off}
    assert rules(run(values, OLD)) == {}
    assert [line for line in warned if "everybody who reaches 10.0.0.11:8500 can write" in line]


def test_with_the_guard_nothing_is_said_of_who_can_write(run, warned):
    run(stack_values("lab-overlay"), OLD)
    assert not [line for line in warned if "can write" in line]


def test_macvlan_alone_needs_no_rules(run):
    assert rules(run(stack_values("lab-macvlan"), OLD)) == {}


def test_a_host_without_overlays_has_no_rules_and_is_let_in_by_none(run):
    values = stack_values("lab-overlay")
    values["hosts"]["docker03"] = {**values["hosts"]["docker01"], "address": "10.0.0.13"}
    values["networks"]["ol1"]["hosts"] = ["docker01", "docker02"]
    found = rules(run(values, OLD))
    assert set(found) == {"docker01", "docker02"}
    assert "10.0.0.13" not in "".join(found.values())


def test_consul_is_published_on_its_hosts_address_only(run):
    ports = run(stack_values("lab-overlay"), OLD).of_type(CONTAINER)["consul@docker01"]["ports"]
    assert ports == [{"internal": 8500, "external": 8500, "ip": "10.0.0.11"}]


def test_where_the_host_has_not_that_address_consul_is_on_all_and_it_is_said(run, warned):
    facts = {**OLD, "docker01": facts_text(hostname="docker01", address="192.168.0.4")}
    engine = run(stack_values("lab-overlay"), facts)
    assert "ip" not in engine.of_type(CONTAINER)["consul@docker01"]["ports"][0]
    assert [line for line in warned if "Consul listens on all of its addresses" in line]


def test_a_consul_on_all_addresses_is_made_anew_and_it_is_said_why(run, warned):
    proxy = 'tcp LISTEN 0 4096 0.0.0.0:8500 0.0.0.0:* users:(("docker-proxy",pid=9,fd=4))'
    ours = containers(
        {"id": "a1", "name": "consul", "state": "running", "status": "Up", "stack": "test"}
    )
    host = facts_text(hostname="docker01", more=(listening(proxy), ours))
    run(stack_values("lab-overlay"), {**OLD, "docker01": host})
    assert [line for line in warned if "Consul on docker01 is made anew" in line]


def test_a_host_without_iptables_is_refused_unless_the_guard_is_off(run):
    bare = OLD["docker02"].replace("iptables ", "unread iptables 127\nno ")
    facts = {**OLD, "docker02": bare}
    with pytest.raises(pulumi.RunError, match="docker02 has no iptables that works"):
        run(stack_values("lab-overlay"), facts)
    values = stack_values("lab-overlay")
    values["firewall"] = {"mode": "off"}
    run(values, facts)


def test_what_is_the_same_again_is_sent_word_for_word(run):
    first = run(stack_values("lab-overlay"), OLD)
    # Planned long ago: what is planned anew differs by its time.
    stdin = {
        n: re.sub(r"planned=\S+", "planned=2026-01-01T00:00:00Z", i["stdin"])
        for n, i in first.of_type(COMMAND).items()
        if "firewall" in n
    }
    facts = {
        host: facts_text(
            hostname=host,
            address=f"10.0.0.1{host[-1]}",
            records={"firewall": stdin[f"firewall@{host}"]},
            more=("guard intact",),
        )
        for host in ("docker01", "docker02")
    }
    second = run(stack_values("lab-overlay"), facts).of_type(COMMAND)
    assert {name: second[name]["stdin"] for name in stdin} == stdin
    changed = facts["docker02"].replace("guard intact", "guard changed")
    third = run(stack_values("lab-overlay"), {**facts, "docker02": changed}).of_type(COMMAND)
    name = "firewall@docker02"
    assert third[name]["stdin"] != stdin[name]
    assert third[name]["triggers"] == second[name]["triggers"]


def test_hosts_whose_address_is_not_known_now_keep_the_rules_that_they_have(run, monkeypatch):
    values = stack_values("lab-swarm")
    values["swarm"] = {"advertise": "ens33"}
    first = run(values, NEW)
    stdin = {n: i["stdin"] for n, i in first.of_type(COMMAND).items() if "firewall" in n}
    facts = {
        host: host_text(
            host, records={"firewall": stdin[f"firewall@{host}"]}, more=("guard intact",)
        )
        for host in NEW
    }
    values["hosts"]["docker05"]["address"] = "node5.example.com"
    run_facts = {**facts, "docker05": (255, "no route")}
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: True)
    second = run(values, run_facts).of_type(COMMAND)
    for name in ("firewall@docker03", "firewall@docker04"):
        assert second[name]["stdin"] == stdin[name]
