"""IPv6 subnets beside IPv4 ones, on hosts with Docker 20.10.5."""

from __future__ import annotations

import pytest

from tests.lab.host_state import difference, look

HOSTS = ("docker01", "docker02")


def reaches(lab, host, container, address, *, size=56):
    command = f"docker exec {container} ping -6 -c 1 -W 2 -M do -s {size} {address}"
    return lab.ssh(host, command, check=False).returncode == 0


@pytest.fixture(scope="module")
def macvlan(shared_environment):
    stack = shared_environment("lab-macvlan")
    stack.config["networks"]["macvlan_1"] |= {"subnet6": "fd12:3456:789a:1::/64"}
    stack.write()
    stack.up()
    return stack


def test_containers_on_a_macvlan_network_reach_each_other_by_both_families(lab, macvlan):
    assert reaches(lab, "docker01", "ssh01", "fd12:3456:789a:1::c8", size=1452)
    assert reaches(lab, "docker02", "ssh02", "fd12:3456:789a:1::64")
    assert macvlan.up().changes == {}
    assert macvlan.preview("--refresh").changes == {}


@pytest.fixture
def vxlan(environment):
    stack = environment("lab-vxlan")
    stack.config["networks"]["mesh"] |= {"subnet6": "fd12:3456:789a:2::/64"}
    stack.write()
    return stack


def test_a_vxlan_network_has_slices_of_both_families(lab, vxlan):
    before = {host: look(lab, host) for host in HOSTS}
    vxlan.up()
    assert reaches(lab, "docker01", "web01", "fd12:3456:789a:2::12", size=1402)
    assert reaches(lab, "docker02", "web02", "fd12:3456:789a:2::2")
    assert vxlan.up().changes == {}
    assert vxlan.preview("--refresh").changes == {}
    vxlan.destroy()
    assert not difference(before, {host: look(lab, host) for host in HOSTS})
