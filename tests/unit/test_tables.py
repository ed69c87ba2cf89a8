"""What kernels' tables say, in iproute2's form or not at all, and what of it is not as planned."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planning.reachability import interfaces
from planning.reachability.comparison import with_moved
from planning.reachability.links import Ask, HostLink
from planning.reachability.probes import Endpoint, Probe
from planning.reachability.results import AWAY, Result, sentence
from planning.reachability.tables import Tables, read
from tests.unit.kernel_tables import (
    ADDRESSES,
    ENDS,
    IPVLAN,
    MACS,
    MACVLAN,
    OVERLAY,
    UP,
    VXLAN,
    fleet,
    host,
    link,
    on_ipvlan,
    on_lan,
    tables,
)


@pytest.mark.parametrize(
    ("links", "kinds"),
    [
        (OVERLAY, {"link", "mtu", "route", "neighbour", "forwarding entry"}),
        (VXLAN, {"link", "mtu", "route", "neighbour", "forwarding entry"}),
        (MACVLAN, {"link", "mtu", "route", "neighbour"}),
        (IPVLAN, {"link", "mtu", "route", "neighbour"}),
    ],
)
def test_tables_that_are_as_planned_are_one_row_for_each_host_and_kind(links, kinds):
    found = tables(links)
    assert [(one.probe.source_host, one.observed) for one in found if not one.holds] == []
    assert {(one.probe.source_host, one.probe.kind) for one in found} == {
        (name, kind) for name in ADDRESSES for kind in kinds
    }
    assert len(found) == len(ADDRESSES) * len(kinds)


OL1 = Ask("overlay", "web01", "ol1")
WEB01, WEB02 = Ask("container", "web01"), Ask("container", "web02")
HOST = Ask("host")
TO_WEB02 = f"{MACS['web02']} dev vxlan0 dst"


@pytest.mark.parametrize(
    ("links", "ask", "table", "rows", "kind", "words"),
    [
        (OVERLAY, OL1, "forwarding", [f"{TO_WEB02} 10.0.0.12 self", f"{MACS['web02']} dev vxlan0 master br0"],
         "forwarding entry", "the permanent entry for web02 on h1 is gone, which a learned one hides until the network falls idle: "
         f"`nsenter --net=/run/docker/netns/1-abc bridge fdb replace {MACS['web02']} dev vxlan0 dst 10.0.0.12 self permanent`"),
        (OVERLAY, OL1, "forwarding", [], "forwarding entry", "there is no entry for web02 on h1"),
        (OVERLAY, OL1, "forwarding", [f"{TO_WEB02} 10.0.0.99 self permanent"], "forwarding entry",
         "a permanent entry leads to 10.0.0.99, and web02 on h1 is not there"),
        (OVERLAY, OL1, "neighbour", [], "neighbour", "Docker does not know the address of web02 on h1"),
        (OVERLAY, OL1, "neighbour", ["172.16.1.2 dev vxlan0 lladdr 02:00:00:00:00:99 PERMANENT"], "neighbour",
         "Docker takes web02 on h1 (172.16.1.2) for 02:00:00:00:00:99, and it is 02:42:ac:10:01:02"),
        (OVERLAY, OL1, "link", [], "link", "Docker's VXLAN device is gone"),
        (OVERLAY, WEB01, "neighbour", ["172.16.1.2 dev eth0 lladdr 02:00:00:00:00:99 PERMANENT"], "neighbour",
         "a permanent entry of web01 takes web02 on h1 (172.16.1.2) for 02:00:00:00:00:99"),
        (OVERLAY, WEB01, "route", ["default via 172.18.0.1 dev eth1"], "route",
         "web01 sends what is for web02 on h1 out of eth1, not out of eth0"),
        (OVERLAY, WEB01, "route", ["172.16.1.0/24 dev eth0", "unreachable 172.16.1.2"], "route", "on h1 nowhere, not"),
        (OVERLAY, WEB01, "link", [link(12, "eth0@if2", "mtu 1500 state UP", MACS["web01"])], "mtu",
         "the interface of web01 on h0 has MTU 1500, not 1450"),
        (OVERLAY, HOST, "link", [link(2, "ens33", "mtu 1400 state UP")], "mtu",
         "its NIC takes packets of 1400 bytes, and h1 sends ones of 1500"),
        (VXLAN, HOST, "forwarding", ["00:00:00:00:00:00 dev vx1 dst 10.0.0.99 self permanent"], "forwarding entry",
         "vx1 does not send to h1 (10.0.0.12) what it knows no receiver of"),
        (VXLAN, HOST, "forwarding", ["00:00:00:00:00:00 dev vx1 dst 10.0.0.12 self permanent",
         f"{MACS['web02']} dev vx1 dst 10.0.0.99 self permanent"], "forwarding entry",
         "a permanent entry leads to 10.0.0.99, and web02 on h1 is not there"),
        (VXLAN, HOST, "route", ["172.16.1.0/24 dev br-vx1", "172.16.1.2 via 10.0.0.2 dev ens33"], "route",
         "what is for web02 on h1 goes out of ens33, not out of br-vx1"),
        (VXLAN, HOST, "link", [link(2, "ens33", "mtu 1500 state UP")], "link", "the device vx1 is gone"),
        (VXLAN, HOST, "link", [line.replace("mtu 1450 qdisc noqueue master", "mtu 1400 qdisc noqueue master") for line in host("h0")["link"]],
         "link", "MTU of vx1 is 1400, not 1450: run `pulumi up`"),
        (MACVLAN, HOST, "link", [link(2, "ens33", "mtu 1500 state UP")], "link", "ens33 is not promiscuous any more"),
        (MACVLAN, WEB01, "link", [link(12, "eth0@if3", "mtu 1500 state UP") + r"\    macvlan mode bridge"], "link",
         "the interface of web01 on h0 is not up, or not on ens33"),
        (MACVLAN, WEB01, "link", [link(12, "eth0@if2", "mtu 1500 state UP") + r"\    macvlan mode private"], "link",
         "in mode private, not bridge"),
        (MACVLAN, HOST, "link", [link(2, "ens33", "mtu 1500 state UP", flags=f"PROMISC,{UP}")], "link",
         "the host's own device mv1 is gone: run `pulumi up`"),
        (MACVLAN, HOST, "route", ["default via 10.0.0.2 dev ens33"], "link",
         "what is for web01 on h0 goes out of ens33, not out of mv1: run `pulumi up`"),
        (IPVLAN, WEB01, "link", on_ipvlan(ENDS[0], "ipvlan  mode l3 bridge")["link"], "link", "in mode l3, not l2"),
        (IPVLAN, WEB01, "link", on_lan(ENDS[0])["link"], "link", "the interface of web01 on h0 is not up, or not on ens33"),
        (IPVLAN, HOST, "link", [link(2, "ens33", "mtu 1500 state DOWN", flags="BROADCAST")], "link", "ens33 is down"),
        (IPVLAN, WEB01, "neighbour", ["172.16.1.2 dev eth0 lladdr 02:00:00:00:00:99 PERMANENT"], "neighbour",
         "a permanent entry of web01 takes web02 on h1 (172.16.1.2) for 02:00:00:00:00:99"),
    ],
)  # fmt: skip
def test_what_is_not_as_planned_is_a_row_with_its_cause_and_remedy(
    links, ask, table, rows, kind, words
):
    def harm(sections):
        sections["h0"][ask][table] = rows

    broken = [one for one in tables(links, harm) if one.broken]
    assert kind in {one.probe.kind for one in broken}
    said = [sentence(one) for one in broken if one.probe.kind == kind]
    assert any(words in one for one in said), said
    assert all(one.startswith(f"ol1 on h0 is not as planned ({kind})") for one in said)
    assert {one.probe.source_host for one in broken} == {"h0"}


def test_ipvlan_as_kernels_of_4_show_it_is_as_planned():
    def older(sections):
        for name, end in zip(ADDRESSES, ENDS, strict=True):
            row = on_ipvlan(end, "ipvlan  mode l2 addrgenmode eui64")
            sections[name][Ask("container", end.container)] = row

    assert [one for one in tables(IPVLAN, older) if not one.holds] == []


def test_what_the_other_host_does_not_tell_is_not_known_and_nobody_is_accused():
    def silent(sections):
        sections["h1"][WEB02] = "nsenter fails"
        sections["h0"][OL1]["forwarding"] = []

    found = {(one.probe.source_host, one.probe.kind): one for one in tables(OVERLAY, silent)}
    assert found["h0", "forwarding entry"].observed == "unknown"
    assert "the MAC address of web02: nsenter fails" in sentence(found["h0", "forwarding entry"])
    assert not any(one.broken for one in found.values())


def test_what_cannot_be_read_is_not_known():
    def silent(sections):
        sections["h0"][OL1] = "Docker has no network namespace of ol1 here"
        del sections["h1"][Ask("overlay", "web02", "ol1")]["forwarding"]

    found = {(one.probe.source_host, one.probe.kind): one for one in tables(OVERLAY, silent)}
    assert found["h0", "neighbour"].why == "Docker has no network namespace of ol1 here"
    assert found["h1", "forwarding entry"].why == "the host has no command bridge"
    assert found["h1", "neighbour"].holds


def test_a_container_that_does_not_run_is_expected_in_no_table():
    def stopped(sections):
        sections["h1"][WEB02] = AWAY
        sections["h0"][OL1] |= {"forwarding": [], "neighbour": []}

    assert [one for one in tables(OVERLAY, stopped) if one.broken] == []


def test_a_container_that_has_another_address_now_is_the_cause_of_what_does_not_reach_the_old_one():
    def restarted(sections):
        sections["h1"][WEB02]["address"] = [
            "12: eth0    inet 172.16.1.7/24 brd 172.16.1.255 scope global eth0"
        ]

    to_web02 = Probe("ping", "ol1", "web01", "h0", "web02", "h1", "172.16.1.2", "", True)
    results = [Result(to_web02, "no"), Result(replace(to_web02, source="x"), "yes")]
    found = list(with_moved(results, fleet(OVERLAY, restarted)))
    assert "web02 does not have 172.16.1.2 any more" in found[0].cause
    assert found[1].cause == ""
    assert next(with_moved(results, fleet(OVERLAY))).cause == ""


def test_only_what_has_its_form_is_read():
    asked = [HOST, WEB01]
    text = (
        "noise\n# 0 link\n2: en;s33: <UP> mtu 1x00 \\ link/ether zz\n3: x: <UP> mtu 9 state UP\n"
        "# 0 route\n10.0.0.0/8 dev \x1b[31m\n999.0.0.0/8 dev a\n10.0.0.0/8 dev b\n# 0 forwarding\nnothing dev c dst 1.2.3.4\n# 0 end\n"
        "# 1 link\n# 7 end\n"
    )
    found = read(asked, text, "the connection was lost")
    assert set(found[HOST].links) == {"en;s33", "x"}
    assert (found[HOST].links["en;s33"].mtu, found[HOST].links["en;s33"].mac) == (0, "")
    assert [device for _, device in found[HOST].routes] == ["b"]
    assert found[HOST].entries == []
    assert found[WEB01] == Tables(why="the connection was lost")


def test_a_link_is_a_line_and_is_read_back():
    for one in (*OVERLAY, *VXLAN, *MACVLAN, HostLink("n", "h")):
        assert HostLink.read(one.line) == one
    with pytest.raises(ValueError, match="no link"):
        HostLink.read(OVERLAY[0].line + " shell=x")


@pytest.mark.parametrize("ask", [HOST, WEB01])
def test_a_route_to_one_container_alone_is_compared_where_others_are_on_its_host(ask):
    def harm(sections):
        mine = "br-vx1" if ask is HOST else "eth0"
        rows = [f"172.16.1.0/24 dev {mine}", "172.16.1.2 via 10.0.0.2 dev away"]
        sections["h0"][ask]["route"] = rows

    found = fleet(VXLAN, harm)
    # The last one of a host stands for it.
    several = replace(
        found, endpoints=[*found.endpoints, Endpoint("web03", "h1", "ol1", "172.16.1.3")]
    )
    one = next(link for link in several.links if link.host == "h0")
    compare = interfaces.host_routes if ask is HOST else interfaces.routes
    broken = [row for row in compare(one, several) if row.why and not row.unread]
    assert {row.to.container for row in broken if row.to} == {"web02"}
    assert "out of away" in broken[0].why
