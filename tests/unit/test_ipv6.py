"""IPv6 subnets beside IPv4 ones: in the stack file, on hosts, in names, rules and the proof."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv6Network

import pytest
from rich.console import Console

from components.reachability.request import Carrier
from planning import guard, records, second_subnet
from planning.problems import ProblemsError
from planning.reachability.links import Ask
from planning.reachability.probes import Endpoint, plan
from planning.reachability.results import Report, Result
from planning.reachability.tables import read
from reports.reachability import matrix
from stacks.settings import parse as parse_settings
from tests.unit import test_macvlan_pool as pools
from tests.unit.fleet import b64, put_key, run_program, stack_values
from tests.unit.meshes import BRIDGE, NETWORK, fleet, refusal, seen, sent, values
from tests.unit.test_reachability import probe

CONTAINER = "docker:index/container:Container"
SUBNET6 = "fd12:3456:789a:2::/64"


@pytest.mark.parametrize(
    ("lan", "words"),
    [
        ({"subnet6": "10.0.0.0/24"}, "'10.0.0.0/24' is an IPv4 subnet, which is `subnet`'s"),
        ({"subnet": "fd00::/64"}, "'fd00::/64' is an IPv6 subnet: write an IPv4 one"),
        ({"subnet6": "lan"}, "'lan' is no IPv6 subnet, e.g. fd[0-9a-f:]+::/64"),
        ({"subnet6": "fd00::1"}, "'fd00::1' has no prefix length"),
        ({"subnet6": "fd00::1/64"}, "'fd00::1/64' has host bits set: write fd00::/64"),
        ({"subnet6": "fe80::/64"}, "fe80::/64 is no subnet of unicast addresses"),
        ({"subnet6": "ff02::/64"}, "ff02::/64 is no subnet of unicast addresses"),
        ({"subnet6": "fd00:0:0::/48"}, "is more than one network has: write a /64 of it, e.g. fd00::/64"),
        ({"subnet6": "fd00::/121"}, "has fewer addresses than 10.0.0.0/24.*write one of /120 or larger"),
        ({"gateway6": "fd00::1"}, "gateway6: is of `subnet6`, which is missing"),
        ({"subnet6": "fd00::/64", "gateway6": "fd01::1"}, "fd01::1 is no address of fd00::/64"),
        ({"subnet6": "fd00::/64", "gateway6": "10.0.0.1"}, "'10.0.0.1' is no IPv6 address"),
        ({"subnet6": "fd00::/64", "gateway6": "fd00::64"}, "10.0.0.100 has fd00::64 .* which is the gateway of macvlan_1 there"),
        ({"subnet6": "fd00::/64", "reserved": ["fd00::40/122"]}, "10.0.0.100 has fd00::64 .* in fd00::40/122, which is reserved"),
        ({"reserved": ["fd00::1/64"]}, "'fd00::1/64' has host bits set: write fd00::/64"),
        ({"reserved": ["fd00::%eth0"]}, "has a zone"),
        ({"subnet6": "fd00::/64", "adopt": True}, "subnet6: is of no network that is taken over"),
        ({"enable_ipv6": True}, "write e.g. `subnet6: fd[0-9a-f:]+::/64`"),
    ],
)  # fmt: skip
def test_a_subnet_that_cannot_be_is_refused_in_the_file(monkeypatch, tmp_path, lan, words):
    put_key(monkeypatch, tmp_path)
    stack = stack_values("lab-macvlan")
    stack["networks"]["macvlan_1"] |= lan
    with pytest.raises(ProblemsError, match=words):
        parse_settings(stack)


def test_overlays_refuse_it_and_a_vxlan_network_has_no_one_gateway(monkeypatch, tmp_path):
    put_key(monkeypatch, tmp_path)
    stack = stack_values("lab-overlay")
    for word, value in (("subnet6", SUBNET6), ("enable_ipv6", True)):
        stack["networks"]["ol1"][word] = value
        with pytest.raises(ProblemsError, match="Docker's overlays carry IPv4 only"):
            parse_settings(stack)
        del stack["networks"]["ol1"][word]
    with pytest.raises(ProblemsError, match="each host is the gateway of its own containers"):
        parse_settings(values(subnet6=SUBNET6, gateway6="fd12:3456:789a:2::1"))


def test_two_networks_of_one_subnet_and_one_without_its_rules_are_refused(monkeypatch, tmp_path):
    put_key(monkeypatch, tmp_path)
    stack = values(subnet6=SUBNET6)
    stack["networks"]["other"] = {
        "strategy": "vxlan", "subnet": "172.16.9.0/24", "subnet6": "fd12:3456:789a:2::/96",
    }  # fmt: skip
    with pytest.raises(ProblemsError, match="overlaps fd12:3456:789a:2::/64 of mesh: choose"):
        parse_settings(stack)
    stack = values(subnet6=SUBNET6)
    stack["firewall"] = {"mode": "off"}
    with pytest.raises(ProblemsError, match="its IPv6 addresses would be reached from the LAN"):
        parse_settings(stack)


def test_a_proposal_is_a_private_subnet_and_another_one_each_time():
    one, other = second_subnet.proposal(), second_subnet.proposal()
    assert one != other
    assert one.prefixlen == 64
    assert one.subnet_of(IPv6Network("fd00::/8"))


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (("ipv6 0",), "IPv6 is off on docker01"),
        (("ipv6 1", "unread routes6 time"), "the IPv6 routes of docker01 could not be read"),
        (("ipv6 1", "ip6tables 0"), "docker01 has no ip6tables"),
        (
            ("ipv6 1", "routes6 " + b64("fd12:3456:789a::/48 dev eth1 proto static metric 1024 pref medium\n")),
            r"subnet6 fd12:3456:789a:2::/64 meets routes of docker01 \(fd12:3456:789a::/48 by eth1\)",
        ),
        (
            ("ipv6 1", "forwards6 0", "advertised ens33"),
            "docker01 has its IPv6 default route from router advertisements by ens33.*accept_ra = 2",
        ),
    ],
)  # fmt: skip
def test_a_host_that_cannot_have_it_is_refused_from_facts(monkeypatch, tmp_path, facts, words):
    here = {"docker01": seen("docker01", more=facts), "docker02": seen("docker02")}
    said = refusal(monkeypatch, tmp_path, values(subnet6=SUBNET6), here)
    assert pytest.RaisesExc(Exception, match=words).matches(Exception(said))


def test_a_host_that_forwards_already_keeps_its_route_and_routes_of_ours_are_no_strangers(
    monkeypatch, tmp_path
):
    own = b64(f"{SUBNET6} dev {BRIDGE} proto kernel metric 256\nfe80::/64 dev ens33 proto kernel\n")
    facts = ("ipv6 1", "forwards6 1", "advertised ens33", f"routes6 {own}")
    here = {"docker01": seen("docker01", more=facts), "docker02": seen("docker02")}
    run_program(monkeypatch, tmp_path, values(subnet6=SUBNET6), here)


def test_each_host_of_a_vxlan_network_has_slices_of_both_families(monkeypatch, tmp_path):
    stack = values(subnet6=SUBNET6)
    stack["containers"]["web02"]["ip"] = "172.16.2.20"
    facts = {
        "docker01": seen("docker01", more=("ipv6 1", "forwards6 0", "forward6 ACCEPT")),
        "docker02": seen("docker02"),
    }
    engine = run_program(monkeypatch, tmp_path, stack, facts)
    network = engine.of_type(NETWORK)["mesh@docker02"]
    assert network["ipv6"] is True
    assert network["ipamConfigs"][1] == {
        "subnet": SUBNET6, "ipRange": "fd12:3456:789a:2::10/124", "gateway": "fd12:3456:789a:2::11",
    }  # fmt: skip
    joined = {name: one["networksAdvanced"][0] for name, one in engine.of_type(CONTAINER).items()}
    assert joined["web02@docker02"]["ipv6Address"] == "fd12:3456:789a:2::14"
    assert "ipv6Address" not in joined["web01@docker01"]
    header, _ = sent(engine, "docker01")
    assert (header["slice6"], header["forwards6"]) == ("fd12:3456:789a:2::/124", "0,ACCEPT")
    assert sent(engine, "docker02")[0]["forwards6"] == "1"
    rules = records.body(engine.resources["firewall@docker01"].inputs["stdin"])
    assert f"bridge {BRIDGE} {SUBNET6} -\n" in rules
    record = {"vxlan/mesh": engine.resources["mesh-vxlan@docker01"].inputs["stdin"]}
    facts["docker01"] = seen("docker01", records=record, more=("ipv6 1", "forwards6 1"))
    again = run_program(monkeypatch, tmp_path, stack, facts)
    assert sent(again, "docker01")[0]["forwards6"] == "0,ACCEPT"


def test_a_network_without_it_asks_for_nothing_new(monkeypatch, tmp_path):
    engine = run_program(monkeypatch, tmp_path, values(), fleet())
    assert "ipv6" not in engine.of_type(NETWORK)["mesh@docker01"]
    assert "slice6" not in sent(engine, "docker01")[0]


def test_names_have_addresses_of_both_families(monkeypatch, tmp_path):
    stack = values(subnet6=SUBNET6)
    stack["dns"] = {"image": "dnsmasq:2.85"}
    engine = run_program(monkeypatch, tmp_path, stack, fleet())
    served = records.body(engine.resources["dns@docker01"].inputs["stdin"]).splitlines()
    assert "172.16.2.2 web01 web01.mesh" in served
    assert "fd12:3456:789a:2::2 web01 web01.mesh" in served
    assert "fd12:3456:789a:2::10 web02 web02.mesh" in served


def test_addresses_of_a_macvlan_pool_have_their_counterparts_and_leave_the_gateway_out(
    monkeypatch, tmp_path
):
    stack = pools.values(subnet6="fd12:3456:789a:1::/64", gateway6="fd12:3456:789a:1::40")
    engine = run_program(monkeypatch, tmp_path, stack, pools.fleet())
    assert pools.address(engine, "ssh01@docker01") == "10.0.0.65"
    joined = engine.of_type(CONTAINER)["ssh01@docker01"]["networksAdvanced"][0]
    assert joined["ipv6Address"] == "fd12:3456:789a:1::41"
    assert engine.of_type(pools.NETWORK)["macvlan_1@docker01"]["ipamConfigs"][1] == {
        "subnet": "fd12:3456:789a:1::/64", "ipRange": "fd12:3456:789a:1::40/126",
        "gateway": "fd12:3456:789a:1::40",
    }  # fmt: skip


WAYS = {"SAME_HOST": True, "ACROSS": True, "NAMES": False, "OWN_HOST": False, "OTHER_HOST": True, "TO_LAN": True}  # fmt: skip


def test_the_proof_tries_both_families_and_of_ipv6_what_is_known():
    ends = [
        Endpoint(f"c{n}", f"h{n}", "lan", address.format(n + 1))
        for n in (0, 1)
        for address in ("10.0.0.{}", "fd00::{}")
    ]
    hosts = {"h0": "10.0.0.11", "h1": "10.0.0.12"}
    known = {"SAME_HOST": True, "ACROSS": True, "NAMES": False}
    probes = plan(ends, {"lan": WAYS}, hosts, reach6={"lan": known})
    of6 = [one for one in probes if one.family == "IPv6"]
    assert {(one.kind, one.source, one.target) for one in of6} == {
        (kind, f"c{n}", f"fd00::{2 - n}")
        for n in (0, 1)
        for kind in ("ping", "tcp", "transfer", "size")
    }
    assert [one for one in probes if one.family == "IPv4"] == plan(ends, {"lan": WAYS}, hosts)


def test_a_host_that_is_known_by_a_name_or_an_ipv6_address_stands_for_no_lan():
    ends = [Endpoint(f"c{n}", f"h{n}", "lan", f"10.0.0.{n + 1}") for n in (0, 1, 2)]
    to = [
        {(one.source, one.target) for one in plan(ends, {"lan": WAYS}, hosts) if one.to in hosts}
        for hosts in ({}, {"h2": "10.0.0.13"})
    ]
    assert to == [set(), {("c0", "10.0.0.13"), ("c1", "10.0.0.13")}]


def test_the_matrix_says_where_ipv6_alone_is_broken():
    broken = [
        Result(replace(probe(kind), target="fd00::2"), "no", why="no answer")
        for kind in ("ping", "tcp")
    ]
    holds = Result(probe(), "yes")
    for results, said in (
        ([*broken, holds], "2 of 3: ping, tcp by IPv6"),
        ([broken[0], Result(probe(), "no", why="no answer")], "2 of 2: ping"),
    ):
        console = Console(width=100)
        with console.capture() as captured:
            console.print(matrix(Report(results), "ol1", ["h0", "h1"]))
        assert said in captured.get()
        assert ("by IPv6" in captured.get()) == ("by IPv6" in said)


def test_what_a_request_says_of_ipv6_is_read_again():
    carrier = Carrier("macvlan", (), {"ACROSS": True}, {"ACROSS": False})
    assert Carrier.read("macvlan", carrier.words) == carrier


def test_tables_have_addresses_and_routes_of_both_families():
    ask = Ask("container", "web01")
    found = read(
        [ask],
        "# 0 link\n# 0 address\n"
        "12: eth0    inet 172.16.2.2/24 scope global eth0\\       valid_lft forever\n"
        "12: eth0    inet6 fd00::2/64 scope global nodad \\       valid_lft forever\n"
        "# 0 neighbour\n# 0 route\n172.16.2.0/24 dev eth0 proto kernel\n"
        "# 0 route6\nfd00::/64 dev eth0 proto kernel metric 256 pref medium\n"
        "default via fd00::1 dev eth1 metric 1024 pref medium\n# 0 end\n",
    )[ask]
    assert found.addresses["fd00::2"] == "eth0"
    assert found.way_to("fd00::5") == "eth0"
    assert found.way_to("fd01::5") == "eth1"
    assert found.way_to("10.0.0.1") == ""


def test_lines_of_bridges_are_no_ports_for_people():
    content = guard.lines(
        "docker01", [], [guard.GuardedBridge(BRIDGE, IPv6Network(SUBNET6), ("docker01",))]
    )
    assert content == f"bridge {BRIDGE} {SUBNET6} -\n"
    assert guard.describe({"docker01": content}, {}) == []
