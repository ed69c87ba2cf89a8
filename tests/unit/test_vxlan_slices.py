"""Slices of VXLAN networks: hosts keep theirs, and a new one gets a free one."""

from __future__ import annotations

import json
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planning import slices
from tests.unit.fleet import b64, facts_text, run_program
from tests.unit.meshes import (
    HOSTS,
    fleet,
    recorded,
    seen,
    sent,
    values,
)

NETS = st.integers(12, 27).map(lambda length: IPv4Network(f"172.16.0.0/{length}"))


@st.composite
def fleets(draw: st.DrawFn) -> tuple[IPv4Network, int, list[str], dict[str, IPv4Network]]:
    subnet = draw(NETS)
    prefix = draw(st.integers(subnet.prefixlen + 1, min(subnet.prefixlen + 5, 30)))
    names = draw(st.lists(st.sampled_from([f"h{n}" for n in range(40)]), unique=True))
    kept = draw(
        st.dictionaries(
            st.sampled_from([f"h{n}" for n in range(40)]),
            st.integers(0, (1 << (prefix - subnet.prefixlen)) - 1).map(
                lambda n: IPv4Network((int(subnet[0]) + (n << (32 - prefix)), prefix))
            ),
        )
    )
    return subnet, prefix, names, kept


@given(fleets())
def test_slices_are_apart_and_in_the_subnet_and_hosts_keep_theirs(fleet_):
    subnet, prefix, names, kept = fleet_
    found = slices.assign(subnet, prefix, names, kept, {})
    blocks = list(found.values())
    assert all(block.subnet_of(subnet) and block.prefixlen == prefix for block in blocks)
    assert len({block.network_address for block in blocks}) == len(blocks)
    for host in names:
        others = [kept[other] for other in names if other != host and other in kept]
        if host in kept and kept[host] not in others:
            assert found[host] == kept[host]
    # All have one, as long as there are some.
    assert len(found) == min(len(names), 1 << (prefix - subnet.prefixlen))


@given(fleets(), st.integers(0, 39))
def test_a_host_more_or_less_moves_nobody(fleet_, number):
    subnet, prefix, names, kept = fleet_
    before = slices.assign(subnet, prefix, names, kept, {})
    other = [*(name for name in names if name != f"h{number}"), "new"]
    after = slices.assign(subnet, prefix, other, before, {})
    assert {host: after[host] for host in before if host in other} == {
        host: block for host, block in before.items() if host in other
    }


def test_a_new_host_gets_the_slice_of_its_containers_addresses_and_none_of_others():
    subnet = IPv4Network("172.16.2.0/24")
    chosen = {"a": [IPv4Address("172.16.2.40")], "b": [IPv4Address("172.16.2.2")]}
    assert slices.assign(subnet, 28, ["a", "b", "c"], {}, chosen) == {
        "a": IPv4Network("172.16.2.32/28"),
        "b": IPv4Network("172.16.2.0/28"),
        "c": IPv4Network("172.16.2.16/28"),
    }


@pytest.mark.parametrize(
    ("block", "containers"),
    [("172.16.2.0/28", 14), ("172.16.2.16/28", 15), ("172.16.2.240/28", 14), ("172.16.2.4/30", 3)],
)
def test_a_slice_has_room_for_all_but_the_gateway_and_the_subnets_ends(block, containers):
    assert slices.room(IPv4Network("172.16.2.0/24"), IPv4Network(block)) == containers


def test_a_new_host_gets_a_free_slice_though_its_name_comes_first(monkeypatch, tmp_path):
    kept = recorded(monkeypatch, tmp_path)
    stack = values(3)
    stack["hosts"]["a"] = stack["hosts"].pop("docker03")
    facts = {name: seen(name, records=kept[name]) for name in kept} | {
        "a": facts_text(hostname="a", address="10.0.0.13")
    }
    engine = run_program(monkeypatch, tmp_path, stack, facts)
    found = {name: sent(engine, name)[0]["slice"] for name in facts}
    assert found == {
        "docker01": "172.16.2.0/28",
        "docker02": "172.16.2.16/28",
        "a": "172.16.2.32/28",
    }


def test_a_host_that_does_not_answer_keeps_its_slice_as_the_others_know_it(monkeypatch, tmp_path):
    kept = recorded(monkeypatch, tmp_path, 3)
    stack = values(3)
    facts: dict[str, Any] = {"docker03": seen("docker03", records=kept["docker03"])}
    facts |= {"docker01": (255, "no route"), "docker02": (255, "no route")}
    engine = run_program(monkeypatch, tmp_path, stack, facts, preview=True)
    assert [sent(engine, name)[0]["slice"] for name in HOSTS] == [
        "172.16.2.0/28",
        "172.16.2.16/28",
        "172.16.2.32/28",
    ]


def test_where_all_records_are_lost_docker_tells_the_slices(monkeypatch, tmp_path):
    rows = {"docker01": "172.16.2.32/28", "docker02": "172.16.2.0/28"}
    facts = {
        name: seen(name, more=(f"ranges {b64(json.dumps({'name': 'mesh', 'range': block}))}",))
        for name, block in rows.items()
    }
    engine = run_program(monkeypatch, tmp_path, values(), facts)
    assert {name: sent(engine, name)[0]["slice"] for name in rows} == rows


def test_a_removed_hosts_slice_is_free_again(monkeypatch, tmp_path):
    kept = recorded(monkeypatch, tmp_path)
    stack = values(3)
    del stack["hosts"]["docker01"], stack["containers"]["web01"]
    facts = {
        "docker02": seen("docker02", records=kept["docker02"]),
        "docker03": seen("docker03"),
    }
    engine = run_program(monkeypatch, tmp_path, stack, facts)
    assert sent(engine, "docker02")[0]["slice"] == "172.16.2.16/28"
    assert sent(engine, "docker03")[0]["slice"] == "172.16.2.0/28"


def test_chosen_addresses_choose_the_slices_and_given_ones_decide(monkeypatch, tmp_path):
    stack = values(ip_range={"docker02": "172.16.2.128/26"})
    stack["containers"]["web01"]["ip"] = "172.16.2.77"
    engine = run_program(monkeypatch, tmp_path, stack, fleet())
    assert sent(engine, "docker01")[0]["slice"] == "172.16.2.64/28"
    assert sent(engine, "docker02")[0]["slice"] == "172.16.2.128/26"
