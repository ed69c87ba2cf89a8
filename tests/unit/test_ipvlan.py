"""`driver: ipvlan`. No lab's kernel has it: what is here is what is planned and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest

from planning.problems import ProblemsError
from stacks.settings import parse
from tests.unit.fleet import b64, facts_text, networks, run_program, stack_values

pytestmark = pytest.mark.usefixtures("key_file")
NETWORK = "docker:index/network:Network"


def values(**lan: Any) -> dict[str, Any]:
    found = stack_values("lab-macvlan")
    del found["networks"]["macvlan_1"]["promiscuous"]
    found["networks"]["macvlan_1"] |= {"driver": "ipvlan", **lan}
    return found


def fleet(*more: str, **words: Any) -> dict[str, str]:
    words.setdefault("nics", {"ens33": "<UP>"})
    return {
        name: facts_text(hostname=name, more=more, **words) for name in ("docker01", "docker02")
    }


def refusal(monkeypatch, tmp_path, stack, facts):
    with pytest.raises(pulumi.RunError) as caught:
        run_program(monkeypatch, tmp_path, stack, facts)
    return str(caught.value)


def test_the_engine_makes_it_in_mode_l2(monkeypatch, tmp_path):
    engine = run_program(monkeypatch, tmp_path, values(), fleet("module ipvlan loadable"))
    made = engine.of_type(NETWORK)["macvlan_1@docker01"]
    assert made["driver"] == "ipvlan"
    assert made["options"] == {"parent": "ens33", "ipvlan_mode": "l2"}
    asked = engine.of_type("command:local:Command")["reachability"]["stdin"]
    assert "link macvlan_1 docker01 parent=ens33 driver=ipvlan\n" in asked


def test_a_kernel_without_it_is_refused(monkeypatch, tmp_path):
    said = refusal(monkeypatch, tmp_path, values(), fleet("module ipvlan missing"))
    assert "the kernel of docker01 (6.1) has no module ipvlan: install a kernel that has it" in said
    engine = run_program(
        monkeypatch, tmp_path, stack_values("lab-macvlan"), fleet("module ipvlan missing")
    )
    assert engine.of_type(NETWORK)["macvlan_1@docker01"]["driver"] == "macvlan"


def test_it_may_be_on_a_wireless_nic_and_not_on_a_port_of_a_bridge(monkeypatch, tmp_path):
    run_program(monkeypatch, tmp_path, values(), fleet("wireless ens33"))
    said = refusal(monkeypatch, tmp_path, values(), fleet("bridge_port ens33 br0"))
    assert "ens33 of docker01 is a port of the bridge br0" in said


def test_a_nic_carries_networks_of_one_driver(monkeypatch, tmp_path):
    stack = values()
    stack["networks"]["second"] = {
        "strategy": "macvlan", "parent": "ens33", "subnet": "10.9.0.0/24",
    }  # fmt: skip
    said = refusal(monkeypatch, tmp_path, stack, fleet(version="28.5.2"))
    assert (
        "macvlan_1 and second have one parent, ens33 of docker01, which can carry networks of one driver: "
        "write the same `driver` for all, or another parent" in said
    )
    other = {"id": "i", "name": "other", "driver": "macvlan", "scope": "local", "stack": "prod"}
    parent = "parents " + b64(json.dumps({"id": "i", "parent": "ens33"}))
    said = refusal(
        monkeypatch, tmp_path, values(), fleet(networks(other), parent, version="28.5.2")
    )
    assert (
        "macvlan_1 cannot have ens33 of docker01 as its parent, which macvlan network other has, of stack "
        "prod, and which can carry networks of one driver: write `driver: macvlan`, or another parent"
        in said
    )


def test_the_network_of_another_driver_goes_before_it_is_made(monkeypatch, tmp_path):
    row = {"id": "i", "name": "macvlan_1", "driver": "macvlan", "scope": "local", "stack": "test"}
    parent = "parents " + b64(json.dumps({"id": "i", "parent": "ens33"}))
    engine = run_program(monkeypatch, tmp_path, values(), fleet(networks(row), parent))
    stdin = engine.of_type("command:local:Command")["conflicts"]["stdin"]
    assert "docker01 network i macvlan_1\n" in stdin


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"promiscuous": True}, "with `driver: ipvlan` all frames have the NIC's MAC address: take it out"),
        ({"shim": True, "pool": "10.0.0.128/26"}, "shim: is there for `driver: macvlan` only: take it out"),
        ({"driver": "bridge"}, "driver"),
    ],
)  # fmt: skip
def test_what_does_not_go_with_it_is_refused(more, said):
    with pytest.raises(ProblemsError) as caught:
        parse(values(**more))
    assert said in str(caught.value)
