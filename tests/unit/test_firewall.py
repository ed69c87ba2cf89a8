"""What a host's own firewall does to the first packet of a peer."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from planning import facts, firewall_iptables, firewall_nft, ports
from planning.facts.firewall import Firewall
from planning.firewall import Packet, verdict
from planning.ports import Peer
from tests.unit.fleet import facts_text


def packet(protocol="udp", port=4789, source="10.0.0.12", nic="ens33") -> Packet:
    return Packet(protocol, port, IPv4Address(source), IPv4Address("10.0.0.11"), nic)


VXLAN = packet()
IPTABLES = [
    ("nothing but policies", ["-P INPUT ACCEPT", "-P FORWARD DROP"], "open"),
    ("a policy that drops", ["-P INPUT DROP"], "shut"),
    ("another port", ["-P INPUT ACCEPT", "-A INPUT -p udp -m udp --dport 53 -j DROP"], "open"),
    ("another protocol", ["-P INPUT ACCEPT", "-A INPUT -p tcp --dport 4789 -j DROP"], "open"),
    ("the port in a range", ["-P INPUT ACCEPT", "-A INPUT -p udp --dport 4000:5000 -j DROP"], "shut"),
    ("the port in a list", ["-P INPUT ACCEPT", "-A INPUT -p udp -m multiport --dports 53,4789 -j REJECT --reject-with icmp-port-unreachable"], "shut"),
    ("all but this port", ["-P INPUT ACCEPT", "-A INPUT -p udp ! --dport 4789 -j DROP"], "open"),
    ("all but the peer's subnet", ["-P INPUT ACCEPT", "-A INPUT ! -s 10.0.0.0/24 -j DROP"], "open"),
    ("the peer", ["-P INPUT ACCEPT", "-A INPUT -s 10.0.0.12/32 -j DROP"], "shut"),
    ("another host's address", ["-P INPUT ACCEPT", "-A INPUT -d 10.0.0.99/32 -j DROP"], "open"),
    ("another NIC", ["-P INPUT ACCEPT", "-A INPUT -i eth+ -j DROP"], "open"),
    ("NICs of a kind", ["-P INPUT ACCEPT", "-A INPUT -i ens+ -j DROP"], "shut"),
    ("only answers come in", ["-P INPUT DROP", "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"], "shut"),
    ("new ones come in", ["-P INPUT DROP", "-A INPUT -m state --state NEW -j ACCEPT"], "open"),
    ("the first rule that decides", ["-P INPUT DROP", "-A INPUT -p udp -j ACCEPT", "-A INPUT -j DROP"], "open"),
    ("a log before a drop", ["-P INPUT ACCEPT", '-A INPUT -j LOG --log-prefix "a b: "', "-A INPUT -j DROP"], "shut"),
    ("a chain that comes back", ["-P INPUT DROP", "-N own", "-A INPUT -j own", "-A INPUT -j ACCEPT", "-A own -p tcp -j DROP"], "open"),
    ("a chain that returns early", ["-P INPUT ACCEPT", "-N own", "-A INPUT -j own", "-A own -p udp -j RETURN", "-A own -j DROP"], "open"),
    ("a chain gone to ends with the policy", ["-P INPUT DROP", "-N own", "-A INPUT -g own", "-A INPUT -j ACCEPT", "-A own -p tcp -j DROP"], "shut"),
    ("an unknown match that would let in", ["-P INPUT DROP", "-A INPUT -m recent --update --seconds 60 --name x --rsource -j ACCEPT"], "unknown"),
    ("an unknown match that would keep out", ["-P INPUT ACCEPT", "-A INPUT -m recent --update -j DROP"], "unknown"),
    ("a comment that looks like a rule", ["-P INPUT ACCEPT", '-A INPUT -p tcp -m comment --comment "-j DROP" -j DROP'], "open"),
    ("a chain that calls itself", ["-P INPUT ACCEPT", "-N a", "-A INPUT -j a", "-A a -j a"], "unknown"),
    ("ufw's way to drop what is not for the host", ["-P INPUT DROP", "-N ufw-not-local", "-N ufw-user-input",
      "-A INPUT -j ufw-not-local", "-A INPUT -j ufw-user-input",
      "-A ufw-not-local -m addrtype --dst-type LOCAL -j RETURN",
      "-A ufw-not-local -m addrtype --dst-type MULTICAST -j RETURN",
      "-A ufw-not-local -m limit --limit 3/min --limit-burst 10 -j LOG", "-A ufw-not-local -j DROP",
      "-A ufw-user-input -s 10.0.0.12/32 -p udp -m udp --dport 4789 -j ACCEPT"], "open"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rules", "expected"), [c[1:] for c in IPTABLES], ids=[c[0] for c in IPTABLES]
)
def test_iptables_rules_let_in_what_the_kernel_would(rules, expected):
    assert verdict(firewall_iptables.chains("\n".join(rules)), VXLAN) == expected


# `nft -j list ruleset` of nftables 1.0.6, handles removed.
NFT = """
{"nftables": [{"metainfo": {"version": "1.0.6", "json_schema_version": 1}},
{"table": {"family": "inet", "name": "filter"}},
{"set": {"family": "inet", "name": "trusted", "table": "filter", "type": "ipv4_addr", "flags": ["interval"], "elem": [{"prefix": {"addr": "10.0.0.0", "len": 24}}, "192.0.2.7"]}},
{"chain": {"family": "inet", "table": "filter", "name": "input", "type": "filter", "hook": "input", "prio": 0, "policy": "drop"}},
{"chain": {"family": "inet", "table": "filter", "name": "vx"}},
{"rule": {"family": "inet", "table": "filter", "chain": "input", "expr": [{"match": {"op": "==", "left": {"ct": {"key": "state"}}, "right": {"set": ["established", "related"]}}}, {"accept": null}]}},
{"rule": {"family": "inet", "table": "filter", "chain": "input", "expr": [{"vmap": {"key": {"ct": {"key": "state"}}, "data": {"set": [["invalid", {"drop": null}], ["established", {"accept": null}]]}}}]}},
{"rule": {"family": "inet", "table": "filter", "chain": "input", "expr": [{"match": {"op": "==", "left": {"meta": {"key": "iifname"}}, "right": "lo"}}, {"accept": null}]}},
{"rule": {"family": "inet", "table": "filter", "chain": "input", "expr": [{"match": {"op": "==", "left": {"meta": {"key": "l4proto"}}, "right": {"set": ["icmp", "ipv6-icmp"]}}}, {"accept": null}]}},
{"rule": {"family": "inet", "table": "filter", "chain": "input", "expr": [{"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": {"set": [22, {"range": [80, 90]}]}}}, {"accept": null}]}},
{"rule": {"family": "inet", "table": "filter", "chain": "input", "expr": [{"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": "@trusted"}}, {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 7946}}, {"accept": null}]}},
{"rule": {"family": "inet", "table": "filter", "chain": "input", "expr": [{"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": {"prefix": {"addr": "10.0.0.0", "len": 24}}}}, {"match": {"op": "==", "left": {"payload": {"protocol": "udp", "field": "dport"}}, "right": 7946}}, {"counter": {"packets": 0, "bytes": 0}}, {"accept": null}]}},
{"rule": {"family": "inet", "table": "filter", "chain": "input", "expr": [{"match": {"op": "==", "left": {"payload": {"protocol": "udp", "field": "dport"}}, "right": 4789}}, {"jump": {"target": "vx"}}]}},
{"rule": {"family": "inet", "table": "filter", "chain": "input", "expr": [{"match": {"op": "!=", "left": {"payload": {"protocol": "udp", "field": "dport"}}, "right": 53}}, {"log": {"prefix": "x"}}, {"limit": {"rate": 5, "burst": 5, "per": "second"}}]}},
{"rule": {"family": "inet", "table": "filter", "chain": "input", "expr": [{"match": {"op": "==", "left": {"payload": {"protocol": "th", "field": "dport"}}, "right": 8500}}, {"accept": null}]}},
{"rule": {"family": "inet", "table": "filter", "chain": "input", "expr": [{"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 2377}}, {"limit": {"rate": 5, "burst": 5, "per": "second"}}, {"accept": null}]}},
{"rule": {"family": "inet", "table": "filter", "chain": "input", "expr": [{"reject": {"type": "icmpx", "expr": "port-unreachable"}}]}},
{"rule": {"family": "inet", "table": "filter", "chain": "vx", "expr": [{"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": "10.0.0.12"}}, {"return": null}]}},
{"rule": {"family": "inet", "table": "filter", "chain": "vx", "expr": [{"match": {"op": "==", "left": {"meta": {"key": "iifname"}}, "right": "ens33"}}, {"accept": null}]}}]}
"""


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (packet("tcp", 22), "open"),
        (packet("tcp", 85), "open"),
        (packet("tcp", 91), "shut"),
        (packet("udp", 22), "shut"),
        (packet("tcp", 7946), "open"),
        (packet("tcp", 7946, source="10.0.1.12"), "shut"),
        (packet("tcp", 7946, source="192.0.2.7"), "open"),
        (packet("udp", 7946), "open"),
        (packet("udp", 4789), "shut"),
        (packet("udp", 4789, source="10.0.0.13"), "open"),
        (packet("udp", 4789, source="10.0.0.13", nic=None), "unknown"),
        (packet("tcp", 8500), "open"),
        (packet("tcp", 2377), "unknown"),
        (packet("tcp", 9999, nic="lo"), "open"),
    ],
    ids=lambda v: v if isinstance(v, str) else f"{v.protocol} {v.port} from {v.source} {v.nic}",
)
def test_nftables_rules_let_in_what_the_kernel_would(first, expected):
    assert verdict(firewall_nft.chains(NFT), first) == expected


def test_tables_that_iptables_keeps_in_nftables_are_left_to_iptables():
    text = NFT.replace('"input"', '"INPUT"')
    assert firewall_nft.chains(text) == {}


def host(firewall: Firewall) -> Peer:
    seen = facts.parse(facts_text()).model_copy(update={"firewall": firewall})
    return Peer("10.0.0.11", seen)


@pytest.mark.parametrize(
    "text", ["", "{}", "Error: no JSON", '{"nftables": 1}', '{"nftables": [1]}']
)
def test_rules_that_cannot_be_read_are_neither_open_nor_shut(text):
    assert ports.gate(host(Firewall(nft=text)).facts, VXLAN) == "unknown"
    assert ports.gate(host(Firewall(iptables='-A INPUT "')).facts, VXLAN) == "unknown"


def test_a_firewall_is_shut_if_one_of_its_tables_is_and_open_only_if_all_are():
    opened, closed = "-P INPUT ACCEPT", "-P INPUT DROP"
    gates = {
        "none read": Firewall(),
        "both open": Firewall(iptables=opened, iptables_legacy=opened),
        "old one shut": Firewall(iptables=opened, iptables_legacy=closed),
        "nftables shut": Firewall(iptables=opened, nft=NFT),
        "firewalld unread": Firewall(iptables=opened, firewalld=True),
    }
    assert {name: ports.gate(host(rules).facts, VXLAN) for name, rules in gates.items()} == {
        "none read": "unknown",
        "both open": "open",
        "old one shut": "shut",
        "nftables shut": "shut",
        "firewalld unread": "unknown",
    }


LEGACY = "iptables-legacy -I INPUT -p udp --dport 4789 -s 10.0.0.12 -j ACCEPT"


@pytest.mark.parametrize(
    ("rules", "remedy"),
    [
        (Firewall(iptables="-P INPUT ACCEPT\n-A INPUT -p udp --dport 4789 -j DROP"),
         f"{LEGACY.replace('-legacy', '')}`, as the rule `-A INPUT -p udp --dport 4789 -j DROP` drops it"),
        (Firewall(iptables="-P INPUT ACCEPT\n-N mine\n-A INPUT -p udp -j mine\n-A mine -j DROP"),
         f"{LEGACY.replace('-legacy', '')}`, as the rule `-A mine -j DROP` drops it"),
        (Firewall(iptables_legacy="-P INPUT DROP\n-A INPUT -p tcp -j ACCEPT"),
         f"{LEGACY}`, as the policy of INPUT drops it"),
        (Firewall(nft=NFT.replace('"chain": "input", "expr": [{"reject"',
                                  '"chain": "input", "handle": 7, "expr": [{"reject"')),
         "nft insert rule inet filter input ip saddr 10.0.0.12 udp dport 4789 accept`, as the rule with "
         "handle 7 of chain input drops it"),
        (Firewall(iptables="-P INPUT ACCEPT\n-A INPUT --comment \x1b[2J -j DROP"),
         f"{LEGACY.replace('-legacy', '')}`"),
        (Firewall(iptables="-P INPUT DROP\n-A INPUT --odd 3 -j DROP"),
         f"{LEGACY.replace('-legacy', '')}`"),
    ],
    ids=["a rule", "a rule of a chain of its own", "a policy", "nftables", "text that is none", "which one is not certain"],
)  # fmt: skip
def test_what_drops_a_packet_is_named_with_what_lets_it_in(rules, remedy):
    hosts = {"h1": host(rules), "h2": Peer("10.0.0.12", host(Firewall()).facts)}
    (told,) = ports.shut(hosts, [("udp", 4789)], guarding=["h1"]).values()
    assert told.endswith(f"from udp 4789: allow that there, e.g. `{remedy}")


OUT = """
{"nftables": [
 {"chain": {"family": "inet", "table": "shut", "name": "mine", "type": "filter", "hook": "output", "policy": "accept"}},
 {"rule": {"family": "inet", "table": "shut", "chain": "mine", "handle": 2, "expr": [
  {"match": {"op": "==", "left": {"meta": {"key": "oifname"}}, "right": "lo"}}, {"accept": null}]}},
 {"rule": {"family": "inet", "table": "shut", "chain": "mine", "handle": 3, "expr": [
  {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 8500}}, {"drop": null}]}}
]}"""


@pytest.mark.parametrize(
    ("rules", "remedy"),
    [
        (Firewall(nft=OUT), "nft insert rule inet shut mine ip daddr 10.0.0.12 tcp dport 8500 accept`, as the rule "
                            "with handle 3 of chain mine drops it"),
        (Firewall(iptables="-P OUTPUT DROP\n-A OUTPUT -o lo -j ACCEPT"),
         "iptables -I OUTPUT -p tcp --dport 8500 -d 10.0.0.12 -j ACCEPT`, as the policy of OUTPUT drops it"),
        (Firewall(iptables="-P OUTPUT DROP", ufw=True), "ufw allow out proto tcp to 10.0.0.12 port 8500`, as the policy of "
                                                        "OUTPUT drops it"),
        # Whether it leaves by that NIC is not known.
        (Firewall(iptables="-P OUTPUT ACCEPT\n-A OUTPUT -o ens33 -p tcp -j DROP"), ""),
        (Firewall(iptables="-P INPUT DROP\n-P OUTPUT ACCEPT"), ""),
    ],
)  # fmt: skip
def test_a_host_whose_own_firewall_keeps_its_packets_back_is_named_with_what_lets_them_out(
    rules, remedy
):
    hosts = {"h1": host(rules), "h2": Peer("10.0.0.12", host(Firewall()).facts)}
    told = ports.unsent(hosts, [("tcp", 8500)], {"h2": hosts["h2"]})
    start = "h1's own firewall keeps it from tcp 8500 of h2: allow that there, e.g. `"
    assert told == ({"h1": start + remedy} if remedy else {})
    shut = ports.shut(hosts, [("tcp", 8500)], guarding=["h2"])
    assert shut == told


def test_the_nic_of_a_packet_is_the_one_that_holds_the_hosts_address():
    first = ports.packet(host(Firewall()), ("udp", 4789), "10.0.0.12")
    assert first == VXLAN


def test_a_host_known_by_a_name_is_not_judged():
    assert (
        ports.packet(Peer("docker01.example.com", host(Firewall()).facts), ("udp", 1), "10.0.0.12")
        is None
    )
