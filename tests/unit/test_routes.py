"""Subnets that meet a host's routes, and pools that do not."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planning import routes
from planning.facts import HostFacts, parse
from tests.unit.fleet import facts_text
from tests.unit.fleet import routes as printed

LAN, BRIDGE = "10.0.0.0/24 ens33", "172.17.0.0/16 docker0"


def routed(*found: str) -> HostFacts:
    return parse(facts_text(more=(printed(*found),)))


@pytest.mark.parametrize(
    ("subnet", "found"),
    [
        ("172.16.1.0/24", []),
        ("10.0.0.128/25", ["10.0.0.0/24 by ens33"]),
        ("10.0.0.0/8", ["10.0.0.0/24 by ens33"]),
        ("172.17.3.0/24", ["172.17.0.0/16 by docker0"]),
        ("0.0.0.0/0", ["10.0.0.0/24 by ens33", "172.17.0.0/16 by docker0"]),
    ],
)
def test_a_subnet_meets_the_routes_that_it_shares_addresses_with(subnet, found):
    assert routes.met(IPv4Network(subnet), routed(LAN, BRIDGE)) == found


def test_the_default_route_meets_nothing():
    assert routes.met(IPv4Network("172.16.1.0/24"), routed("0.0.0.0/0 ens33")) == []


def test_every_host_with_such_a_route_has_its_sentence():
    hosts = {"docker01": routed(LAN), "docker02": routed(), "docker03": routed(LAN, BRIDGE)}
    assert list(
        routes.meeting("subnet", IPv4Network("10.0.0.0/16"), hosts, "write 1.2.3.0/24")
    ) == [
        f"subnet 10.0.0.0/16 meets routes of {name} (10.0.0.0/24 by ens33), which containers there "
        "could then not reach: write 1.2.3.0/24"
        for name in ("docker01", "docker03")
    ]


def test_the_pool_is_dockers_own_only_where_that_meets_nothing():
    assert str(routes.free_pool([routed("192.168.1.0/24 ens33", BRIDGE)])) == "10.0.0.0/8"
    assert str(routes.free_pool([routed(LAN)])) == "10.201.0.0/16"
    assert str(routes.free_pool([routed(), routed(LAN, "10.128.0.0/9 wg0")])) == "172.30.0.0/16"


def test_the_pool_keeps_out_of_the_stacks_own_subnets():
    taken = [IPv4Network("172.30.4.0/24")]
    assert str(routes.free_pool([routed("10.0.0.0/8 ens33")], taken)) == "192.168.192.0/20"


@pytest.mark.parametrize(
    ("found", "bridge"),
    [
        ([BRIDGE], "172.18.0.0/16"),
        ([BRIDGE, "172.18.4.0/24 wg0", "172.19.0.0/16 br-1"], "172.20.0.0/16"),
        ([BRIDGE, "172.16.0.0/12 wg0"], None),
        ([LAN], None),
        ([], None),
    ],
)
def test_the_bridge_that_comes_with_overlays_takes_dockers_next_subnet(found, bridge):
    coming = routes.coming_bridge(routed(*found))
    assert (str(coming) if coming else None) == bridge


def test_a_bridge_that_is_there_or_that_others_pools_decide_is_not_foretold():
    route = (printed(BRIDGE),)
    nics = {"docker0": "<UP>", "docker_gwbridge": "<UP>"}
    assert routes.coming_bridge(parse(facts_text(more=route, nics=nics))) is None
    pools = '{"default-address-pools": [{"base": "10.5.0.0/16", "size": 24}]}'
    assert routes.coming_bridge(parse(facts_text(more=route, daemon_json=pools))) is None


def test_routes_of_dockers_own_bridges_can_be_left_out():
    seen = routed(LAN, BRIDGE, "172.18.0.0/16 docker_gwbridge", "172.19.0.0/16 br-0a1b")
    assert [route.nic for route in routes.without_bridges(seen).routes] == ["ens33"]


SUBNETS = st.builds(
    lambda number, length: IPv4Network((number, length), strict=False),
    st.integers(0, 2**32 - 1),
    st.integers(4, 30),
)


@given(st.lists(SUBNETS, max_size=6), st.lists(SUBNETS, max_size=3))
def test_a_pool_meets_nothing(found, taken):
    facts = routed(*(f"{subnet} nic0" for subnet in found))
    pool = routes.free_pool([facts], taken)
    free = [
        p for p in routes.POOLS
        if not any(p.overlaps(s) for s in [*found, *taken])
    ]  # fmt: skip
    if free:
        assert pool == free[0]
    elif pool is not None:
        assert pool.is_private
        assert not any(pool.overlaps(s) for s in [*found, *taken])


def test_where_the_usual_pools_are_taken_another_part_of_private_space_is_found():
    taken = [IPv4Network("172.16.0.0/12"), IPv4Network("192.168.0.0/16")]
    facts = routed("10.128.0.0/9 wg0", "10.0.0.0/24 ens33")
    assert str(routes.free_pool([facts], [*taken, IPv4Network("10.64.0.0/10")])) == "10.63.0.0/16"


def test_there_is_no_pool_where_all_of_private_space_has_routes():
    facts = routed("10.0.0.0/8 wg0", "172.16.0.0/12 wg0", "192.168.0.0/16 wg0")
    assert routes.free_pool([facts]) is None


@given(SUBNETS, SUBNETS)
def test_meeting_is_mutual(one, other):
    assert bool(routes.met(one, routed(f"{other} a"))) == bool(
        routes.met(other, routed(f"{one} a"))
    )
