"""Containers that are made anew, on engines that give them another MAC address each time."""

from __future__ import annotations

import pytest


@pytest.mark.long
@pytest.mark.parametrize("strategy", ["vxlan", "macvlan"])
def test_the_neighbours_of_a_container_that_is_made_anew_know_its_new_mac_address(
    lab, environment, strategy
):
    lab.up_for("lab-swarm")
    stack = environment("lab-swarm")
    address = mesh(stack) if strategy == "vxlan" else lan(stack)
    stack.up()
    inside(lab, "docker03", "web01", f"ping -c 1 -W 2 {address}")
    assert known(lab, address) == own(lab)
    stack.config["containers"]["web02"]["environment"] = {"A": "1"}
    stack.write()
    assert stack.up().changes["replaced"] == 1
    assert known(lab, address) == own(lab)
    inside(lab, "docker03", "web01", f"ping -c 1 -W 1 {address}")
    assert stack.up().changes == {}


def known(lab, address):
    """The MAC address that web01 has in its cache."""
    shown = inside(lab, "docker03", "web01", f"ip neigh show {address}").split()
    return shown[shown.index("lladdr") + 1]


def own(lab):
    """The MAC address of web02."""
    return inside(lab, "docker04", "web02", "cat /sys/class/net/eth0/address").strip()


def mesh(stack):
    stack.config["networks"] = {"mesh": {"strategy": "vxlan", "subnet": "172.16.2.0/24"}}
    return joined(stack, "mesh", {"web01": "172.16.2.2", "web02": "172.16.2.18"})


def lan(stack):
    stack.config["networks"] = {
        "lan": {
            "strategy": "macvlan",
            "subnet": "10.0.0.0/24",
            "gateway": "10.0.0.2",
            "parent": "ens33",
        }
    }
    return joined(stack, "lan", {"web01": "10.0.0.101", "web02": "10.0.0.102"})


def joined(stack, network, addresses):
    """web01 and web02 on a network; the address of web02."""
    del stack.config["swarm"], stack.config["containers"]["web03"]
    for name, address in addresses.items():
        stack.config["containers"][name] |= {"network": network, "ip": address}
    stack.config["hosts"].pop("docker05")
    stack.write()
    return addresses["web02"]


def inside(lab, host, container, command):
    return lab.ssh(host, f"docker exec {container} {command}").stdout
