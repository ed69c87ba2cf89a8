"""The LAN is asked before an address of it is first used: for what, by whom, and what follows."""

from __future__ import annotations

import json
from ipaddress import IPv4Address, IPv6Address
from typing import Any

import pulumi
import pytest

from planning import lan_question
from tests.unit.fleet import RecordingEngine, b64, facts_text, run_program, stack_values

ADDRESS = {"docker01": "10.0.0.11", "docker02": "10.0.0.12"}
STRANGER = "52:54:00:12:34:56"
LAN = "fd12:3456:789a:1::"
LINK_LOCAL = (
    "2: ens33    inet6 fe80::11/64 scope link \\       valid_lft forever preferred_lft forever\n"
)


def seen(
    name: str, running: dict[str, str] | None = None, *, ipv6: str = "", addresses6: str = ""
) -> str:
    rows = {
        str(n) * 64: {"Name": one, "IPv4Address": f"{address}/24", "IPv6Address": ipv6}
        for n, (one, address) in enumerate((running or {}).items())
    }
    row = json.dumps({"name": "macvlan_1", "range": "", "containers": rows})
    more = (f"ranges {b64(row)}", f"addresses6 {b64(addresses6)}", "ipv6 1")
    return facts_text(hostname=name, address=ADDRESS[name], more=more)


def asked(
    monkeypatch, tmp_path, facts: Any = None, *, subnet6: str | None = None, **more: Any
) -> RecordingEngine:
    facts = facts or {name: seen(name, addresses6=LINK_LOCAL) for name in ADDRESS}
    values = stack_values("lab-macvlan")
    values["networks"]["macvlan_1"] |= {"subnet6": subnet6} if subnet6 else {}
    return run_program(monkeypatch, tmp_path, values, facts, **more)


def test_two_hosts_are_asked_for_the_addresses_that_are_new(monkeypatch, tmp_path):
    both = {"10.0.0.100", "10.0.0.200"}
    assert asked(monkeypatch, tmp_path).lan_asked == {"docker01": both, "docker02": both}


def test_what_the_stacks_containers_have_is_not_asked_for(monkeypatch, tmp_path):
    facts = {
        "docker01": seen("docker01", {"ssh01": "10.0.0.100"}),
        "docker02": seen("docker02", {"ssh02": "10.0.0.200"}),
    }
    assert asked(monkeypatch, tmp_path, facts).lan_asked == {}


def test_one_of_somebody_else_is_refused_with_the_mac_that_answers(monkeypatch, tmp_path):
    with pytest.raises(pulumi.RunError) as caught:
        asked(monkeypatch, tmp_path, lan={"10.0.0.200": STRANGER})
    assert (
        "10.0.0.200, which ssh02 is to have on macvlan_1, is somebody's on the LAN: "
        f"{STRANGER} answers docker01 for it: write another address" in str(caught.value)
    )


def test_a_container_on_a_host_that_does_not_answer_is_not_asked_for(monkeypatch, tmp_path):
    facts = {"docker01": seen("docker01"), "docker02": (255, "no route")}
    engine = asked(monkeypatch, tmp_path, facts, preview=True, lan={"10.0.0.200": STRANGER})
    assert engine.lan_asked == {"docker01": {"10.0.0.100"}}


def test_a_host_that_cannot_ask_is_refused_only_where_no_other_can(monkeypatch, tmp_path):
    def ask(_engine: Any, _access: Any, host: str, _addresses: Any) -> dict[Any, str] | str:
        return "it has no command ping" if host in silent else {}

    monkeypatch.setattr(RecordingEngine, "ask_lan", ask)
    silent = {"docker01"}
    asked(monkeypatch, tmp_path)
    silent = {"docker01", "docker02"}
    with pytest.raises(pulumi.RunError) as caught:
        asked(monkeypatch, tmp_path)
    assert (
        "the LAN cannot be asked who has 10.0.0.100, 10.0.0.200: docker01: it has no command ping"
        in str(caught.value)
    )


def test_ipv6_addresses_are_asked_for_by_hosts_with_ipv6_on_the_parent(monkeypatch, tmp_path):
    facts = {
        "docker01": seen("docker01"),
        "docker02": seen("docker02", addresses6=LINK_LOCAL.replace("ens33", "eth1") + LINK_LOCAL),
    }
    ipv4 = {"10.0.0.100", "10.0.0.200"}
    engine = asked(monkeypatch, tmp_path, facts, subnet6=f"{LAN}/64")
    assert engine.lan_asked == {"docker01": ipv4, "docker02": {*ipv4, f"{LAN}64", f"{LAN}c8"}}


def test_a_container_that_runs_is_asked_for_by_ipv6_where_its_subnet_is_new(monkeypatch, tmp_path):
    facts = {
        "docker01": seen("docker01", {"ssh01": "10.0.0.100"}, addresses6=LINK_LOCAL),
        "docker02": seen("docker02", {"ssh02": "10.0.0.200"}, ipv6=f"{LAN}c8/64"),
    }
    engine = asked(monkeypatch, tmp_path, facts, subnet6=f"{LAN}/64")
    assert engine.lan_asked == {"docker01": {f"{LAN}64"}}


def test_an_ipv6_address_of_somebody_else_is_refused_with_the_mac_too(monkeypatch, tmp_path):
    with pytest.raises(pulumi.RunError) as caught:
        asked(monkeypatch, tmp_path, subnet6=f"{LAN}/64", lan={f"{LAN}c8": STRANGER})
    assert (
        f"{LAN}c8, which ssh02 is to have on macvlan_1, is somebody's on the LAN: {STRANGER} answers docker01 "
        "for it: write an IPv6 address of its own (`ip6`), or another one than 10.0.0.200, at whose place it is"
        in str(caught.value)
    )


def test_an_ipv6_address_is_asked_for_by_its_nic_and_its_answer_has_a_form():
    wanted: dict[IPv4Address | IPv6Address, str] = {
        IPv6Address(f"{LAN}c8"): "ens33",
        IPv4Address("10.0.0.5"): "",
    }
    assert lan_question.question(wanted).endswith(f"ask 10.0.0.5 &\nask6 {LAN}c8 ens33 &\nwait\n")
    told = f"{LAN}c8 {STRANGER}\n{LAN}c9 {STRANGER}\nfe80::1%$(x) {STRANGER}\n"
    assert lan_question.answers(told, wanted) == {IPv6Address(f"{LAN}c8"): STRANGER}


def test_what_a_host_answers_counts_only_in_its_form():
    wanted = {IPv4Address("10.0.0.5"), IPv4Address("10.0.0.6")}
    told = f"10.0.0.5 {STRANGER}\n10.0.0.6 $(reboot)\n10.0.0.7 {STRANGER}\nnonsense\n"
    assert lan_question.answers(told, wanted) == {IPv4Address("10.0.0.5"): STRANGER}


def test_a_host_has_a_limited_number_of_questions_under_way():
    many = [IPv4Address(f"10.0.1.{n}") for n in range(130)]
    calls = lan_question.question(dict.fromkeys(many, "")).splitlines()[-133:]
    assert [at for at, line in enumerate(calls) if line == "wait"] == [64, 129, 132]
