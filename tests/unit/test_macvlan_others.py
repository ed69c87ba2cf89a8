"""Macvlan networks of other stacks on the same engines and LAN: what of them a stack's own must leave alone."""

from __future__ import annotations

import json

import pytest

from tests.unit.fleet import b64, facts_text, networks, run_program
from tests.unit.test_macvlan_pool import ADDRESS, address, fleet, refusal, seen, values

GATEWAY = "10.0.0.3"


def beside(
    name: str,
    range_: str = "",
    block: str = "",
    subnet: str = "10.0.0.0/24",
    gateway: str = GATEWAY,
    second: dict[str, str] | None = None,
    own: dict[str, str] | None = None,
) -> str:
    """A host with another stack's network ``lan``, and a container of it, on the NIC; ours too with ``block``."""
    rows = [{"id": "i", "name": "lan", "driver": "macvlan", "scope": "local", "stack": "prod"}]
    if block:
        rows.append({**rows[0], "id": "j", "name": "macvlan_1", "stack": "test"})
    made = {
        "id": "i",
        "parent": "ens33",
        "configs": [
            {"Subnet": subnet, "Gateway": gateway, "IPRange": range_},
            *([second] if second else []),
        ],
        "containers": {"c": {"Name": "other", "IPv4Address": "10.0.0.64/24"}},
    }
    ours = json.dumps({"name": "macvlan_1", "range": block, "containers": {}})
    parents = [made] if own is None else [made, {"id": "j", "parent": "ens33", "configs": [own]}]
    told = "".join(f"{json.dumps(one)}\n" for one in parents)
    facts = (networks(*rows), f"parents {b64(told)}", f"ranges {b64(ours)}")
    return facts_text(hostname=name, address=ADDRESS[name], version="28.5.2", more=facts)


def test_slices_of_another_stack_on_the_parent_are_refused_to_who_is_new_to_them(
    monkeypatch, tmp_path
):
    facts = {**fleet(), "docker02": beside("docker02", "10.0.0.64/29")}
    said = refusal(monkeypatch, tmp_path, values(), facts)
    for host, block in (("docker01", "10.0.0.64/30"), ("docker02", "10.0.0.68/30")):
        assert (
            f"macvlan_1: {block} of {host} meets 10.0.0.64/29, which the network lan on docker02 gives its "
            "containers addresses of, of stack prod: write another `pool`" in said
        )
    run_program(monkeypatch, tmp_path, values(pool="10.0.0.128/26"), facts)
    # Who has them goes on, and so does who is on another LAN.
    facts = {
        "docker01": seen("docker01", "10.0.0.64/30"),
        "docker02": beside("docker02", "10.0.0.64/29", "10.0.0.68/30"),
    }
    run_program(monkeypatch, tmp_path, values(), facts)
    facts = {**fleet(), "docker02": beside("docker02", "10.0.0.64/29")}
    stack = values(parent={"docker01": "ens33", "docker02": "ens33.20"})
    run_program(monkeypatch, tmp_path, stack, facts)


def test_blocks_that_the_file_gives_are_looked_at_too(monkeypatch, tmp_path):
    facts = {**fleet(), "docker02": beside("docker02", "10.0.0.64/29")}
    blocks = {"docker01": "10.0.0.64/30", "docker02": "10.0.0.96/30"}
    said = refusal(monkeypatch, tmp_path, values(pool=None, ip_range=blocks), facts)
    assert "macvlan_1: 10.0.0.64/30 of docker01 meets 10.0.0.64/29" in said
    assert "write another `ip_range`" in said


def test_an_address_of_another_stacks_container_is_given_to_nobody(monkeypatch, tmp_path):
    facts = {"docker01": beside("docker01", "10.0.0.32/28"), "docker02": seen("docker02")}
    engine = run_program(monkeypatch, tmp_path, values(), facts)
    assert address(engine, "ssh01@docker01") == "10.0.0.65"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"gateway": "10.0.0.2", "range_": "10.0.0.32/28"},
         "10.0.0.0/24 is on docker01 the subnet of the network lan there, of stack prod, and an engine gives their "
         "gateway, 10.0.0.2, to one network: write the containers of both into one stack file, or other `hosts`"),
        ({}, "10.0.0.0/24 overlaps on docker01 10.0.0.0/24 of the network lan there, of stack prod, and an engine "
         "has no two networks with the same addresses"),
        ({"subnet": "10.0.0.0/25", "range_": "10.0.0.32/28"}, "10.0.0.0/24 overlaps on docker01 10.0.0.0/25 of the"),
    ],
    ids=["gateway", "all of it", "a part"],
)  # fmt: skip
def test_what_an_engine_has_once_is_refused_to_who_is_new_to_it(monkeypatch, tmp_path, more, said):
    facts = {"docker01": beside("docker01", **more), "docker02": seen("docker02")}
    assert f"macvlan_1: {said}" in refusal(monkeypatch, tmp_path, values(), facts)
    facts["docker01"] = beside("docker01", **{**more, "block": "10.0.0.64/30"})
    run_program(monkeypatch, tmp_path, values(), facts)


LAN = "fd12:3456:789a:1::"
IPV4 = {"Subnet": "10.0.0.0/24", "Gateway": "10.0.0.2", "IPRange": "10.0.0.64/30"}


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ({"Subnet": f"{LAN}/64", "Gateway": f"{LAN}1", "IPRange": f"{LAN}20/124"},
         f"{LAN}/64 is on docker01 the subnet of the network lan there, of stack prod, and an engine gives their "
         f"gateway, {LAN}1, to one network"),
        ({"Subnet": f"{LAN}/64", "Gateway": f"{LAN}2"}, f"{LAN}/64 overlaps on docker01 {LAN}/64 of the network lan"),
        ({"Subnet": f"{LAN}/64", "Gateway": f"{LAN}2", "IPRange": f"{LAN}40/126"},
         f"{LAN}40/126 of docker01 meets {LAN}40/126, which the network lan on docker01 gives its containers"),
    ],
    ids=["gateway", "all of it", "the slice"],
)  # fmt: skip
def test_it_is_the_same_by_ipv6_also_where_that_is_added(monkeypatch, tmp_path, second, said):
    stack = values(subnet6=f"{LAN}/64")
    for own in (None, IPV4):
        block = "10.0.0.64/30" if own else ""
        there = beside("docker01", "10.0.0.32/28", block, second=second, own=own)
        facts = {"docker01": there, "docker02": seen("docker02")}
        assert f"macvlan_1: {said}" in refusal(monkeypatch, tmp_path, stack, facts)
    own = {"Subnet": f"{LAN}/64", "Gateway": f"{LAN}1", "IPRange": f"{LAN}40/126"}
    there = beside("docker01", "10.0.0.32/28", "10.0.0.64/30", second=second, own=own)
    run_program(monkeypatch, tmp_path, stack, {"docker01": there, "docker02": seen("docker02")})
    second = {"Subnet": "fd00::/64", "Gateway": "fd00::1"}
    there = beside("docker01", "10.0.0.32/28", second=second)
    run_program(monkeypatch, tmp_path, stack, {"docker01": there, "docker02": seen("docker02")})


@pytest.mark.parametrize("answer", ["x", "10.0.0.0/24\n", "300.0.0.0/8", "2001:db8::/64", ""])
def test_what_is_no_subnet_is_nobodys(monkeypatch, tmp_path, answer):
    facts = {"docker01": beside("docker01", subnet=answer), "docker02": seen("docker02")}
    run_program(monkeypatch, tmp_path, values(), facts)
