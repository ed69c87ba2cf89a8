"""VLANs as parents of macvlan networks, and interfaces that can be no parent."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from planning.problems import ProblemsError
from planning.reachability.probes import Endpoint, plan
from stacks.settings import parse
from tests.unit.fleet import facts_text, run_program, stack_values

pytestmark = pytest.mark.usefixtures("key_file")
COMMAND = "command:remote:Command"
NETWORK = "docker:index/network:Network"
VLAN = "vlan-ens33.20@docker01"


def values(parent: str = "ens33.20", **others: Any) -> dict[str, Any]:
    found = stack_values("lab-macvlan")
    found["networks"]["macvlan_1"] |= {"parent": parent, "promiscuous": False, **others}
    return found


def fleet(nics: dict[str, str] | None = None, more: tuple[str, ...] = (), **words: Any):
    seen = {"ens33": "<UP>", **(nics or {})}
    return {
        name: facts_text(hostname=name, nics=seen, more=more, **words)
        for name in ("docker01", "docker02")
    }


def refusal(monkeypatch, tmp_path, stack, facts):
    with pytest.raises(pulumi.RunError) as caught:
        run_program(monkeypatch, tmp_path, stack, facts)
    return str(caught.value)


def test_a_vlan_is_made_once_before_the_networks_that_are_on_it(monkeypatch, tmp_path):
    stack = values()
    stack["networks"]["second"] = {
        "strategy": "macvlan", "parent": "ens33.20", "subnet": "10.9.0.0/24",
    }  # fmt: skip
    engine = run_program(monkeypatch, tmp_path, stack, fleet(version="28.5.2"))
    made = {n: i["stdin"] for n, i in engine.of_type(COMMAND).items() if n.startswith("vlan-")}
    assert set(made) == {VLAN, "vlan-ens33.20@docker02"}
    assert made[VLAN].endswith(" nic=ens33 vlan=20 device=ens33.20 before=absent\n")
    assert VLAN in engine.after["macvlan_1@docker01"]
    assert VLAN in engine.after["second@docker01"]
    options = engine.of_type(NETWORK)["macvlan_1@docker01"]["options"]
    assert options == {"parent": "ens33.20"}


RECORD = "planned=2026-01-01T00:00:00Z nic=ens33 vlan=20 device=ens33.20 before=absent\n"


@pytest.mark.parametrize(
    ("nics", "same"),
    [({"ens33.20": "<UP>"}, True), ({"ens33.20": "<BROADCAST>"}, False), ({}, False)],
    ids=["up", "down", "gone"],
)
def test_only_a_vlan_that_is_not_as_it_was_made_is_made_again(monkeypatch, tmp_path, nics, same):
    facts = fleet(nics, records={"vlan/ens33.20": RECORD})
    stdin = run_program(monkeypatch, tmp_path, values(), facts).of_type(COMMAND)[VLAN]["stdin"]
    assert (stdin == RECORD) is same
    assert stdin.endswith(" before=absent\n")


def test_one_that_is_there_already_is_told_to_the_undo(monkeypatch, tmp_path):
    engine = run_program(monkeypatch, tmp_path, values(), fleet({"ens33.20": "<UP>"}))
    assert engine.of_type(COMMAND)[VLAN]["stdin"].endswith(" before=there\n")


def test_on_a_vlan_the_proof_tries_nothing_that_routers_decide():
    networks = {
        number: parse(values(f"ens33{number}")).networks["macvlan_1"] for number in ("", ".20")
    }
    ends = [Endpoint(f"ssh0{n}", f"docker0{n}", "macvlan_1", f"10.0.0.{n}00") for n in (1, 2)]
    hosts = {"docker01": "10.0.0.11", "docker02": "10.0.0.12"}
    tried = {
        number: {
            (probe.kind, probe.source, probe.source_host, probe.to)
            for probe in plan(ends, {"macvlan_1": reach_of(network)}, hosts)
        }
        for number, network in networks.items()
    }
    assert tried[""] - tried[".20"] == {
        ("ping", None, "docker01", "ssh02"), ("ping", None, "docker02", "ssh01"),
        ("ping", "ssh01", "docker01", "docker02"), ("ping", "ssh02", "docker02", "docker01"),
    }  # fmt: skip
    assert ("transfer", "ssh01", "docker01", "ssh02") in tried[".20"]


def reach_of(network):
    return {way.name: works for way, works in network.contract.reach.items()}


@pytest.mark.parametrize("number", ["0", "4095", "020", "99999"])
def test_a_number_that_no_vlan_has_is_refused_with_those_that_they_have(number):
    with pytest.raises(ProblemsError) as caught:
        parse(values(f"ens33.{number}"))
    said = f"ens33.{number} is no VLAN of ens33: write a number from 1 to 4094 after the dot"
    assert said in str(caught.value)


def test_a_name_with_a_dot_and_no_number_is_a_nics_own(monkeypatch, tmp_path):
    engine = run_program(monkeypatch, tmp_path, values("lan.a"), fleet({"lan.a": "<UP>"}))
    assert not [name for name in engine.of_type(COMMAND) if name.startswith("vlan-")]


@pytest.mark.parametrize(
    ("parent", "nics", "more", "said"),
    [
        ("ens44.20", {}, (), "there is no network interface ens44 on docker01: write one that it has (ens33)"),
        ("ens33.20", {}, ("module 8021q missing",),
         "the kernel of docker01 (6.1) has no module 8021q, which ens33.20 needs: install a kernel that"),
        ("ens34", {"ens34": "<UP>", "br0": "<UP>"}, ("bridge_port ens34 br0",),
         "ens34 of docker01 is a port of the bridge br0, which takes all that comes in: write `parent: "
         "{docker01: br0}`"),
        ("wlan0", {"wlan0": "<UP>"}, ("wireless wlan0",),
         "wlan0 of docker01 is wireless, and access points let in no MAC address but the NIC's: write a "
         "wired one (ens33), or `driver: ipvlan`"),
        ("wlan0.20", {"wlan0": "<UP>"}, ("wireless wlan0",), "wlan0.20 of docker01 is wireless"),
    ],
)  # fmt: skip
def test_an_interface_that_can_be_no_parent_is_refused(
    monkeypatch, tmp_path, parent, nics, more, said
):
    assert said in refusal(monkeypatch, tmp_path, values(parent), fleet(nics, more))


@pytest.mark.parametrize(
    ("parent", "nics", "more"),
    [
        ("ens33.20", {"ens33.20": "<UP>"}, ("module 8021q missing",)),
        ("ens34.20", {"ens34": "<UP>"}, ("bridge_port ens34 br0", "module 8021q loadable")),
        ("ens34", {"ens34": "<UP>"}, ("bridge_port ens34 \x1b[2J",)),
    ],
    ids=["there already", "beside a bridge", "nonsense"],
)
def test_others_are_not(monkeypatch, tmp_path, parent, nics, more):
    engine = run_program(monkeypatch, tmp_path, values(parent), fleet(nics, more))
    assert "macvlan_1@docker01" in engine.resources
