"""What on real hosts keeps a vxlan or macvlan network from working is refused before an up makes anything."""

from __future__ import annotations

import pytest

from tests.lab.host_state import difference, look
from tests.lab.meshes import HOSTS, pinged
from tests.lab.waiting import wait

pytestmark = pytest.mark.long
UDP = (
    "systemd-run --quiet --unit=squatter perl -MIO::Socket::INET -e "
    '\'@s = (IO::Socket::INET->new(LocalAddr => "{at}", LocalPort => {port}, Proto => "udp") or die); sleep 600\''
)
SHUT = "iptables {} INPUT -p udp --dport 4789 -s 10.0.0.11 -j DROP"
LINKS = "ip link add br9 type bridge; ip link add p9 type veth peer q9; ip link set p9 master br9; ip link set p9 up"


@pytest.mark.parametrize(
    ("harm", "undo", "said"),
    [
        (UDP.format(at="0.0.0.0", port=4789), "systemctl stop squatter",
         "udp 4789 of docker02 is held by perl"),
        ("ip route add 172.16.2.64/26 via 10.0.0.2", "ip route delete 172.16.2.64/26",
         "mesh: subnet 172.16.2.0/24 meets routes of docker02 (172.16.2.64/26 by ens33)"),
        (SHUT.format("-I"), SHUT.format("-D"),
         "docker02's own firewall keeps docker01 from udp 4789: allow that there"),
    ],
    ids=["port", "route", "firewall"],
)  # fmt: skip
def test_what_is_in_the_way_of_a_mesh_on_one_host_is_said_and_nothing_is_made(
    lab, environment, harm, undo, said
):
    stack = environment("lab-vxlan")
    lab.ssh("docker02", harm)
    try:
        wait(lambda: said in stack.preview().text, 10)
        before = {host: look(lab, host) for host in HOSTS}
        refused = stack.up(check=False)
        assert refused.code != 0
        assert said in refused.text
        assert not difference(before, {host: look(lab, host) for host in HOSTS})
    finally:
        lab.ssh("docker02", undo)
    stack.up()
    assert pinged(lab)


def test_a_port_of_a_bridge_is_no_parent_and_nothing_is_made(lab, environment):
    stack = environment("lab-macvlan")
    stack.config["networks"]["macvlan_1"]["parent"] = {"docker01": "p9", "docker02": "ens33"}
    stack.write()
    lab.ssh("docker01", LINKS)
    try:
        before = {host: look(lab, host) for host in HOSTS}
        refused = stack.up(check=False)
        assert refused.code != 0
        assert (
            "macvlan_1: p9 of docker01 is a port of the bridge br9, which takes all that comes in: write "
            "`parent: {docker01: br9}`" in refused.text
        )
        assert not difference(before, {host: look(lab, host) for host in HOSTS})
    finally:
        lab.ssh("docker01", "ip link delete br9; ip link delete p9")


@pytest.mark.parametrize("at", ["127.0.0.53", "0.0.0.0"])
def test_who_has_port_53_on_a_host_as_systemd_resolved_does_is_in_no_names_way(
    lab, environment, at
):
    stack = environment("lab-vxlan")
    stack.config["dns"] = {"image": "dnsmasq:2.85"}
    stack.write()
    lab.ssh("docker01", UDP.format(at=at, port=53))
    try:
        stack.up()
        lab.ssh(
            "docker01", "systemctl is-active squatter && docker exec web01 ping -c 1 -W 2 web02"
        )
    finally:
        lab.ssh("docker01", "systemctl stop squatter")
