"""Macvlan networks on NICs: who holds which, and which NIC is made promiscuous."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest

from tests.unit.fleet import b64, facts_text, networks, run_program, stack_values

COMMAND = "command:remote:Command"


def host_text(
    name: str,
    version: str = "20.10.5+dfsg1",
    held: tuple[str, ...] = (),
    flags: dict[str, str] | None = None,
    **more: Any,
) -> str:
    """A host; ``held``: "NETWORK PARENT STACK" each, of its macvlan networks; ``flags``: of NICs."""
    rows = [row.split(" ") for row in held]
    shown = networks(
        *({"id": f"id{n}{name}", "name": n, "driver": "macvlan", "scope": "local", "stack": s} for n, _, s in rows)
    )  # fmt: skip
    parents = "".join(json.dumps({"id": f"id{n}{name}", "parent": p}) + "\n" for n, p, _ in rows)
    nics = {"ens33": "<UP>", "ens34": "<UP>", **(flags or {})}
    return facts_text(
        hostname=name, version=version, nics=nics, more=(shown, f"parents {b64(parents)}"), **more
    )


def fleet(**others: dict[str, Any]) -> dict[str, Any]:
    values = stack_values("lab-macvlan")
    for number, (name, settings) in enumerate(others.items(), 9):
        values["networks"][name] = {
            "strategy": "macvlan", "parent": "ens33", "subnet": f"10.{number}.0.0/24", **settings,
        }  # fmt: skip
    return values


def refusal(monkeypatch, tmp_path, values, facts):
    with pytest.raises(pulumi.RunError) as caught:
        run_program(monkeypatch, tmp_path, values, facts)
    return str(caught.value)


def both(**words: Any) -> dict[str, str]:
    return {name: host_text(name, **words) for name in ("docker01", "docker02")}


@pytest.mark.parametrize("version", ["20.10.5+dfsg1", "20.10.24", "26.1.5+dfsg1", "27.5.1"])
def test_two_networks_on_one_nic_are_refused_where_the_engine_allows_one(
    monkeypatch, tmp_path, version
):
    said = refusal(monkeypatch, tmp_path, fleet(second={}), both(version=version))
    assert (
        f"macvlan_1 and second have one parent, ens33 of docker01, and Docker {version} there has one "
        "macvlan network on a NIC: give one another parent or other `hosts`, or use Docker 28 or newer"
    ) in said


def test_they_are_made_where_it_allows_several_or_the_nics_differ(monkeypatch, tmp_path):
    engine = run_program(monkeypatch, tmp_path, fleet(second={}), both(version="28.5.2"))
    assert "second@docker02" in engine.resources
    engine = run_program(monkeypatch, tmp_path, fleet(second={"parent": "ens34"}), both())
    assert "second@docker02" in engine.resources


@pytest.mark.parametrize(
    ("held", "whose"),
    [
        ("other ens33 ", "which crosshost did not make"),
        ("macvlan_1 ens33 ", "which crosshost did not make"),
        ("other ens33 prod", "of stack prod"),
    ],
)
def test_a_nic_that_another_network_holds_is_refused(monkeypatch, tmp_path, held, whose):
    facts = {"docker01": host_text("docker01"), "docker02": host_text("docker02", held=(held,))}
    said = refusal(monkeypatch, tmp_path, fleet(), facts)
    assert f"macvlan_1 cannot have ens33 of docker02 as its parent, which macvlan network {held.split()[0]} has, {whose}, " in said  # fmt: skip


def test_a_network_of_the_stack_that_holds_the_nic_goes_first_also_without_a_record(
    monkeypatch, tmp_path
):
    facts = both(held=("before ens33 test",))
    engine = run_program(monkeypatch, tmp_path, fleet(), facts)
    stdin = engine.of_type("command:local:Command")["conflicts"]["stdin"]
    assert "docker01 network idbeforedocker01 before\n" in stdin
    assert "docker02 network idbeforedocker02 before\n" in stdin


@pytest.mark.parametrize("held", ["macvlan_1 ens33 test", "other ens34 prod", "other  prod"])
def test_its_own_network_and_those_on_other_nics_are_no_obstacle(monkeypatch, tmp_path, held):
    engine = run_program(monkeypatch, tmp_path, fleet(), both(held=(held,)))
    assert "macvlan_1@docker01" in engine.resources


def test_one_resource_makes_a_nic_promiscuous_for_all_networks_and_their_vlans(
    monkeypatch, tmp_path
):
    values = fleet(vlan={"parent": "ens33.20", "promiscuous": True}, other={"parent": "ens34"})
    engine = run_program(monkeypatch, tmp_path, values, both(version="28.5.2"))
    nics = {n: i["stdin"] for n, i in engine.of_type(COMMAND).items() if "promiscuous" in n}
    assert set(nics) == {"promiscuous-ens33@docker01", "promiscuous-ens33@docker02"}
    assert all(" nic=ens33 promiscuous=on\n" in stdin for stdin in nics.values())
    assert engine.aliases["promiscuous-ens33@docker01"] == {
        "macvlan_1-ens33@docker01", "vlan-ens33.20@docker01",
    }  # fmt: skip


def test_a_vlan_that_was_made_promiscuous_by_an_earlier_version_stays_so(monkeypatch, tmp_path):
    values = fleet()
    values["networks"]["macvlan_1"]["parent"] = "ens33.20"
    record = "planned=2026-01-01T00:00:00Z nic=ens33.20 promiscuous=on\n"
    facts = both(records={"nic/ens33.20": record}, flags={"ens33.20": "<UP,PROMISC>"})
    engine = run_program(monkeypatch, tmp_path, values, facts)
    stdin = engine.of_type(COMMAND)["promiscuous-ens33@docker01"]["stdin"]
    assert stdin == record
