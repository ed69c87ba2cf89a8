"""NICs as parents of macvlan networks: VLANs, several networks on one, and who holds it already."""

from __future__ import annotations

import pytest


def mode(lab, nic, host="docker01"):
    return "on" if "PROMISC" in lab.ssh(host, f"ip link show {nic}").stdout else "off"


def test_a_vlan_as_parent_makes_its_nic_promiscuous_and_undoes_it(lab, environment):
    # The lab's kernel has no VLANs: any link of that name stands for the one that Docker makes.
    lab.ssh(
        "docker01",
        "ip link add ens33.20 type veth peer far20; ip link set ens33.20 up; ip link set far20 up",
    )
    try:
        before = {"ens33": mode(lab, "ens33"), "ens33.20": mode(lab, "ens33.20")}
        stack = environment("lab-macvlan")
        stack.config["networks"]["macvlan_1"] |= {"parent": "ens33.20", "hosts": ["docker01"]}
        del stack.config["containers"]["ssh02"]
        stack.write()
        stack.up()
        assert (mode(lab, "ens33"), mode(lab, "ens33.20")) == ("on", before["ens33.20"])
        assert stack.preview().changes == {}
        stack.destroy()
        assert {nic: mode(lab, nic) for nic in before} == before
    finally:
        lab.ssh("docker01", "ip link delete ens33.20")


@pytest.mark.long
def test_a_second_network_on_a_nic_is_refused_where_the_engine_allows_one(lab, environment):
    stack = environment("lab-macvlan")
    stack.config["networks"]["second"] = {
        "strategy": "macvlan", "parent": "ens33", "subnet": "10.9.0.0/24", "hosts": ["docker02"],
    }  # fmt: skip
    stack.write()
    refused = stack.up(check=False)
    assert refused.code != 0
    assert (
        "macvlan_1 and second have one parent, ens33 of docker02, and Docker 20.10.5+dfsg1"
        in refused.text
    )
    assert "macvlan_1" not in lab.ssh("docker01", "docker network ls").stdout, (
        "something was changed"
    )
    del stack.config["networks"]["second"]
    stack.write()
    lab.ssh(
        "docker02", "docker network create -d macvlan --subnet 10.9.0.0/24 -o parent=ens33 others"
    )
    try:
        refused = stack.up(check=False)
        assert refused.code != 0
        assert "macvlan_1 cannot have ens33 of docker02 as its parent, which macvlan network others has, which crosshost did not make" in refused.text  # fmt: skip
        assert "up would stop here: macvlan_1 cannot have ens33 of docker02" in stack.preview().text
    finally:
        lab.ssh("docker02", "docker network rm others")
    stack.up()
    # Another name for the network: the old one goes before the new one is made.
    stack.config["networks"]["lan"] = stack.config["networks"].pop("macvlan_1")
    for container in stack.config["containers"].values():
        container["network"] = "lan"
    stack.write()
    stack.up()
    lab.ssh("docker01", "docker exec ssh01 ping -c 1 -W 2 10.0.0.200")
    assert stack.preview().changes == {}
    stack.reset()
    stack.up()
    assert stack.preview().changes == {}


@pytest.mark.long
def test_two_networks_share_a_nic_and_its_mode_where_the_engine_allows_it(newer, newer_environment):
    stack = newer_environment
    before = mode(newer, "ens33")
    for number in (1, 2):
        stack.config.setdefault("networks", {})[f"lan{number}"] = {
            "strategy": "macvlan", "parent": "ens33", "promiscuous": True,
            "subnet": f"10.9.{number}.0/24",
        }  # fmt: skip
        stack.config["containers"][f"c{number}"] = {
            "host": "docker01", "image": "busybox:1", "command": ["sleep", "1d"], "init": True,
            "network": f"lan{number}", "ip": f"10.9.{number}.9",
        }  # fmt: skip
    stack.write()
    stack.up()
    assert mode(newer, "ens33") == "on"
    assert stack.up().changes == {}
    for number in (1, 2):
        gone = {kind: stack.config[kind].pop(f"{name}{number}") for kind, name in
                (("networks", "lan"), ("containers", "c"))}  # fmt: skip
        stack.write()
        stack.up()
        assert mode(newer, "ens33") == "on", "a network that went took the mode of the other"
        assert stack.preview().changes == {}
        stack.config["networks"][f"lan{number}"] = gone["networks"]
        stack.config["containers"][f"c{number}"] = gone["containers"]
        stack.write()
        stack.up()
    stack.destroy()
    assert mode(newer, "ens33") == before
