"""Who may reach the ports that engines need of each other: the lines that hosts are told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from planning import guard, records
from planning.facts import HostFacts, parse
from planning.facts.swarm import NodeAddress, SwarmFacts
from planning.guard import AccessRule
from tests.unit.fleet import facts_text

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PEERS = {"docker01": ("10.0.0.11",), "docker02": ("10.0.0.9", "192.168.7.2")}
VXLAN = AccessRule((("udp", 4789),), ("docker01", "docker02"), PEERS, ("10.1.0.0/16",))
CONSUL = AccessRule((("tcp", 8500),), ("docker01",), PEERS)
LINE = "udp 4789 local,10.0.0.11 10.0.0.11\n"


def facts(record: str | None = None) -> HostFacts:
    return parse(facts_text(records={"firewall": record} if record else {}))


def swarm(*addresses: str, manager: str = "") -> SwarmFacts:
    nodes = [NodeAddress(id=f"n{i}", address=a, manager="") for i, a in enumerate(addresses)]
    if manager:
        nodes.append(NodeAddress(id="m", address="0.0.0.0", manager=manager))
    return SwarmFacts(state="active", node_addresses=nodes)


def test_a_host_lets_its_peers_in_and_keeps_its_containers_from_them():
    assert guard.lines("docker02", [VXLAN, CONSUL]) == (
        "udp 4789 local,10.0.0.11 10.0.0.9,10.0.0.11,10.1.0.0/16,192.168.7.2\n"
        "tcp 8500 10.0.0.11 10.0.0.9,10.0.0.11,192.168.7.2\n"
    )
    assert guard.lines("docker01", [CONSUL]) == "tcp 8500 local 10.0.0.9,10.0.0.11,192.168.7.2\n"


def test_a_host_without_a_part_in_it_has_no_rules():
    assert guard.lines("docker03", [VXLAN, CONSUL]) == ""


def test_one_port_that_two_planes_need_is_open_to_the_peers_of_both():
    other = AccessRule(
        (("udp", 4789),), ("docker01",), {"docker01": ("10.0.0.11",), "x": ("10.9.9.9",)}
    )
    line = guard.lines("docker01", [VXLAN, other])
    assert line.split()[-1] == "10.0.0.9,10.0.0.11,10.1.0.0/16,10.9.9.9,192.168.7.2"


def test_an_intact_host_is_told_the_same_again():
    first, since = guard.stdin(LINE, [], record=None, intact=False, now=NOW)
    later = NOW + timedelta(hours=1)
    assert guard.stdin(LINE, [], record=first, intact=True, now=later) == (first, since)


def test_rules_that_are_gone_are_made_again_in_the_same_generation():
    first, since = guard.stdin(LINE, [], record=None, intact=False, now=NOW)
    later = NOW + timedelta(hours=1)
    text, again = guard.stdin(LINE, [], record=first, intact=False, now=later)
    assert (text != first, again) == (True, since)


OTHER = "udp 4789 local,10.0.0.11 10.0.0.12\n"
MORE = "udp 4789 local,10.0.0.11 10.0.0.11,10.0.0.12\ntcp 8500 local 10.0.0.11\n"


def test_who_comes_is_let_in_in_the_same_generation():
    first, since = guard.stdin(LINE, [], record=None, intact=False, now=NOW)
    later = NOW + timedelta(seconds=1)
    text, again = guard.stdin(MORE, [], record=first, intact=True, now=later)
    assert (records.body(text), again) == (MORE, since)


def test_who_is_left_out_is_so_in_another_generation_and_the_way_back_is_a_third():
    first, since = guard.stdin(LINE, [], record=None, intact=False, now=NOW)
    other, next_ = guard.stdin(OTHER, [], record=first, intact=True, now=NOW + timedelta(seconds=1))
    _, last = guard.stdin(LINE, [], record=other, intact=True, now=NOW + timedelta(seconds=2))
    assert len({since, next_, last}) == 3


def test_nodes_of_the_swarm_that_are_no_hosts_of_the_stack_are_let_in():
    seen = swarm("10.0.0.11", "10.0.0.30", manager="10.0.0.31:2377")
    assert guard.strangers(["10.0.0.11"], [facts()], [seen]) == {"10.0.0.30", "10.0.0.31"}


def test_a_node_that_was_let_in_as_a_host_and_is_none_any_more_is_leaving():
    record, _ = guard.stdin(
        "tcp 2377 local 10.0.0.11,10.0.0.30,10.0.0.40\n", ["10.0.0.40"], record=None, intact=False
    )
    seen = swarm("10.0.0.11", "10.0.0.30", "10.0.0.40")
    assert guard.strangers(["10.0.0.11"], [facts(record)], [seen]) == {"10.0.0.40"}


def test_where_no_manager_tells_its_nodes_those_of_before_stay():
    record, _ = guard.stdin(LINE, ["10.0.0.40"], record=None, intact=False)
    assert guard.strangers(["10.0.0.11"], [facts(record)], [SwarmFacts()]) == {"10.0.0.40"}
    none, _ = guard.stdin(LINE, [], record=None, intact=False)
    assert guard.strangers(["10.0.0.11"], [facts(none)], [SwarmFacts()]) == set()


def test_the_description_names_hosts_ports_and_who_reaches_them_once():
    contents = {host: guard.lines(host, [VXLAN, CONSUL]) for host in PEERS}
    names = {a: host for host, known in PEERS.items() for a in known}
    assert guard.describe(contents, names) == [
        "docker01, docker02 will let only docker02, docker01, 10.1.0.0/16 reach udp 4789",
        "docker01 will let only docker02 reach tcp 8500",
    ]


def test_hosts_that_let_in_nobody_else_have_each_other():
    alone = AccessRule((("udp", 4789), ("tcp", 7946)), tuple(PEERS), PEERS)
    contents = {host: guard.lines(host, [alone]) for host in PEERS}
    names = {a: host for host, known in PEERS.items() for a in known}
    assert guard.describe(contents, names) == [
        "docker01, docker02 will let only each other reach udp 4789, tcp 7946"
    ]


def test_a_host_without_peers_lets_nobody_in():
    alone = AccessRule((("tcp", 8500),), ("docker01",), {"docker01": ("10.0.0.11",)})
    contents = {"docker01": guard.lines("docker01", [alone])}
    assert guard.describe(contents, {"10.0.0.11": "docker01"}) == [
        "docker01 will let no other machine reach tcp 8500"
    ]


def test_a_record_has_the_form_that_facts_take_for_sound():
    record, _ = guard.stdin(LINE, ["10.0.0.40", "10.0.0.5"], record=None, intact=False)
    assert records.header_fields(facts(record).records["firewall"])["nodes"] == "10.0.0.40,10.0.0.5"
