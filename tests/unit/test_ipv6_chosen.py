"""IPv6 addresses that the stack file chooses, and those that it reserves."""

from __future__ import annotations

import pytest

from planning import records
from planning.problems import ProblemsError
from stacks.settings import parse as parse_settings
from tests.unit import test_macvlan_pool as pools
from tests.unit.fleet import put_key, run_program, stack_values
from tests.unit.meshes import fleet, values
from tests.unit.test_lan_check import LINK_LOCAL, STRANGER, seen

CONTAINER = "docker:index/container:Container"
LAN = "fd12:3456:789a:1::"
MESH = "fd12:3456:789a:2::"


def on_lan(**containers):
    """lab-macvlan with an IPv6 subnet. ``containers``: their further keys."""
    stack = stack_values("lab-macvlan")
    stack["networks"]["macvlan_1"] |= {"subnet6": f"{LAN}/64", "gateway6": f"{LAN}ffff"}
    for name, words in containers.items():
        stack["containers"][name] |= words
    return stack


def problem(stack):
    with pytest.raises(ProblemsError) as caught:
        parse_settings(stack)
    return str(caught.value)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("10.0.0.7", "'10.0.0.7' is no IPv6 address"),
        (f"{LAN}7%eth0", "has a zone"),
        ("fd00::7", f"fd00::7 is outside of the subnet {LAN}/64"),
        (LAN, f"{LAN} is the first address of {LAN}/64, which all its routers have"),
        (f"{LAN}ffff", f"{LAN}ffff is the gateway of macvlan_1 there: write another address"),
        (f"{LAN}c8", f"{LAN}c8 is the address of ssh01, too: write another one"),
        (f"{LAN}abc", f"{LAN}abc is in {LAN}a00/120, which is reserved: write another address"),
    ],
)
def test_an_address_that_cannot_be_is_refused_at_its_key(monkeypatch, tmp_path, address, words):
    put_key(monkeypatch, tmp_path)
    stack = on_lan(ssh02={"ip6": address})
    stack["networks"]["macvlan_1"]["reserved"] = [f"{LAN}a00/120"]
    stack["containers"]["ssh01"]["ip"] = "10.0.0.200"
    stack["containers"]["ssh02"]["ip"] = "10.0.0.100"
    said = problem(stack)
    assert words in said
    assert "containers.ssh02.ip6" in said


def test_two_cannot_choose_the_same_and_a_network_without_a_subnet_has_none(monkeypatch, tmp_path):
    put_key(monkeypatch, tmp_path)
    stack = on_lan(ssh01={"ip6": f"{LAN}53"}, ssh02={"ip6": f"{LAN}53"})
    assert f"{LAN}53 is the address of ssh01, too" in problem(stack)
    del stack["networks"]["macvlan_1"]["subnet6"], stack["networks"]["macvlan_1"]["gateway6"]
    assert "macvlan_1 has no IPv6 subnet: write a `subnet6` there, or take it out" in problem(stack)
    stack = stack_values("lab-overlay")
    stack["containers"]["web01"]["ip6"] = f"{LAN}53"
    assert "Docker's overlays carry IPv4 only" in problem(stack)
    stack["containers"]["web01"] |= {"network": "bridge"}
    assert "networks: {NAME: {ipv6_address: ...}}" in problem(stack)


@pytest.mark.parametrize("key", ["pool", "ip_range"])
def test_the_place_of_an_address_that_is_given_automatically_is_refused(monkeypatch, tmp_path, key):
    put_key(monkeypatch, tmp_path)
    stack = on_lan(ssh02={"ip6": f"{LAN}81"})
    block = "10.0.0.128/26"
    stack["networks"]["macvlan_1"][key] = block if key == "pool" else {"docker01": block}
    assert (
        f"{LAN}81 is at the place of 10.0.0.129, which a container of macvlan_1 may get with it: write one from "
        f"{LAN}100 on" in problem(stack)
    )
    stack["containers"]["ssh02"]["ip6"] = f"{LAN}c8"
    parse_settings(stack)


def test_a_subnet_without_more_addresses_leaves_none_to_choose_on_vxlan(monkeypatch, tmp_path):
    put_key(monkeypatch, tmp_path)
    stack = values(subnet6=f"{MESH}/120")
    stack["containers"]["web02"]["ip6"] = f"{MESH}15"
    assert "write a larger `subnet6`, and one that is at no place of `subnet`" in problem(stack)


def test_it_is_given_to_docker_and_has_the_name_and_nobody_else_moves(monkeypatch, tmp_path):
    def run(**words):
        stack = values(subnet6=f"{MESH}/64")
        stack["dns"] = {"image": "dnsmasq:2.85"}
        stack["containers"]["web02"] |= words
        engine = run_program(monkeypatch, tmp_path, stack, fleet())
        named = records.body(engine.resources["dns@docker01"].inputs["stdin"]).splitlines()
        return engine.of_type(CONTAINER), named

    before, _ = run()
    after, named = run(ip6=f"{MESH}1:53")
    assert after["web02@docker02"]["networksAdvanced"][0]["ipv6Address"] == f"{MESH}1:53"
    assert f"{MESH}1:53 web02 web02.mesh" in named
    assert f"{MESH}10 web02 web02.mesh" not in named
    assert [name for name in before if before[name] != after[name]] == ["web02@docker02"]


def test_docker_is_given_it_where_it_chooses_the_other_one(monkeypatch, tmp_path):
    stack = values(subnet6=f"{MESH}/64")
    stack["containers"]["web02"]["ip6"] = f"{MESH}1:53"
    engine = run_program(monkeypatch, tmp_path, stack, fleet())
    joined = engine.of_type(CONTAINER)["web02@docker02"]["networksAdvanced"][0]
    assert (joined.get("ipv4Address"), joined["ipv6Address"]) == (None, f"{MESH}1:53")


def test_a_pool_leaves_out_the_places_of_what_is_reserved_and_of_hosts(monkeypatch, tmp_path):
    reserved = [f"{LAN}40/127", f"{LAN}1:0/112"]
    stack = pools.values(subnet6=f"{LAN}/64", gateway6=f"{LAN}fe", reserved=reserved)
    had = f"2: ens33    inet6 {LAN}42/64 scope global dynamic\n"
    engine = run_program(monkeypatch, tmp_path, stack, pools.fleet(addresses6=had))
    assert pools.address(engine, "ssh01@docker01") == "10.0.0.67"


def test_the_lan_is_asked_for_it_instead_of_the_one_at_the_place(monkeypatch, tmp_path):
    facts = {name: seen(name, addresses6=LINK_LOCAL) for name in ("docker01", "docker02")}
    stack = on_lan(ssh02={"ip6": f"{LAN}53"})
    engine = run_program(monkeypatch, tmp_path, stack, facts)
    new = {"10.0.0.100", "10.0.0.200", f"{LAN}64", f"{LAN}53"}
    assert engine.lan_asked["docker01"] == new
    with pytest.raises(
        Exception, match=r"ssh02 is to have.* answers docker01 for it: write another address"
    ):
        run_program(monkeypatch, tmp_path, stack, facts, lan={f"{LAN}53": STRANGER})


def test_an_address_that_was_planned_is_to_be_reserved_where_somebody_has_it(monkeypatch, tmp_path):
    stack = pools.values(subnet6=f"{LAN}/64")
    facts = pools.fleet(addresses6=LINK_LOCAL)
    with pytest.raises(Exception, match=f"write {LAN}40 as one of the network's `reserved`"):
        run_program(monkeypatch, tmp_path, stack, facts, lan={f"{LAN}40": STRANGER})
