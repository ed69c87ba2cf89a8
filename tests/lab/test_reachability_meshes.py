"""Tables of networks without a control plane on real hosts: the proof finds what is not as planned."""

from __future__ import annotations

import pytest

from tests.lab.proofs import asked, proven, rows, within, wrong


@pytest.mark.long
@pytest.mark.parametrize(
    ("like", "harm", "mend", "words"),
    [
        ("lab-vxlan", "bridge fdb del 00:00:00:00:00:00 dev $device dst 10.0.0.12",
         "bridge fdb append 00:00:00:00:00:00 dev $device dst 10.0.0.12", "does not send to docker02 (10.0.0.12)"),
        ("lab-vxlan", "ip link set $device mtu 1400", "ip link set $device mtu 1450",
         "does not send a packet of full size to web02 on docker02 (172.16.2.18) on mesh: on docker01 MTU of vx"),
        ("lab-vxlan", "ip route add 172.16.2.18/32 via 10.0.0.2", "ip route del 172.16.2.18/32",
         "what is for web02 on docker02 goes out of ens33, not out of br-vx"),
        ("lab-macvlan", "ip link set ens33 promisc off", "ip link set ens33 promisc on", "ens33 is not promiscuous any more"),
        ("lab-macvlan", within("ssh01", "ip neigh replace 10.0.0.200 lladdr 02:00:00:00:00:99 dev eth0 nud permanent"),
         within("ssh01", "ip neigh del 10.0.0.200 dev eth0"), "a permanent entry of ssh01 takes ssh02 on docker02"),
    ],
)  # fmt: skip
def test_tables_of_networks_without_a_control_plane_are_compared_too(
    lab, environment, like, harm, mend, words
):
    stack = proven(environment, like)
    stack.up()
    assert wrong(rows(stack)) == []
    find = "device=$(ip -o link show type vxlan | sed -n 's/^[0-9]*: \\(vx[^:@]*\\).*/\\1/p')"
    lab.ssh("docker01", f"{find}; {harm}")
    shown = asked(stack)
    lab.ssh("docker01", f"{find}; {mend}")
    assert shown.returncode == 1
    assert words in shown.stdout
    assert asked(stack).returncode == 0


@pytest.mark.long
def test_a_container_with_a_new_mac_address_is_not_taken_for_another_machine(lab, environment):
    stack = proven(environment, "lab-vxlan")
    stack.up()
    # As engines from 28 on give it one at each start.
    lab.ssh("docker02", within("web02", "ip link set eth0 address 02:00:00:00:00:77"))
    lab.ssh("docker02", within("web02", "iptables -I INPUT -p tcp -j DROP"))
    shown = asked(stack)
    assert "pings arrive in every size and TCP does not" in shown.stdout, shown.stdout
    assert "another machine" not in shown.stdout
