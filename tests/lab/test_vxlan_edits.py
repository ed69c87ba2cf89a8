"""VXLAN networks on real hosts: what an edit of the stack file touches, and the way back."""

from __future__ import annotations

import pytest

from tests.lab.meshes import ENDS, back, device, entries, pids, pinged, started
from tests.lab.waiting import wait


@pytest.fixture(scope="module")
def running(shared_environment):
    """The lab's network; tests leave it as it is."""
    return started(shared_environment)


@pytest.mark.long
def test_containers_come_and_go_without_a_touch_of_others(lab, running):
    before = pids(lab)
    more = {
        f"more{n}": {**running.config["containers"][f"web0{n}"], "ip": f"172.16.2.{ip}"}
        for n, ip in ((1, 9), (2, 25))
    }
    del more["more1"]["ip"]
    running.config["containers"] |= more
    running.write()
    running.up()
    address = running.outputs()["containers"]["more1"]["addresses"]["mesh"]
    assert address.startswith("172.16.2.")
    assert 2 < int(address.rpartition(".")[2]) < 16
    assert pinged(lab, [("docker02", "more2", address), ("docker01", "more1", "172.16.2.25")])
    assert pinged(lab)
    back(running)
    assert pids(lab) == before


@pytest.mark.long
def test_another_number_or_port_touches_no_container(lab, running):
    before = pids(lab)
    running.config["networks"]["mesh"] |= {"vni": 42, "port": 4790}
    running.write()
    running.up()
    assert "vxlan id 42 local 10.0.0.11 " in device(lab)
    assert " dstport 4790 " in device(lab)
    assert pinged(lab)
    assert "udp-4790" in lab.ssh("docker01", "iptables -t raw -S").stdout
    assert running.up().changes == {}
    back(running)
    assert pinged(lab)
    assert "udp-4790" not in lab.ssh("docker01", "iptables -t raw -S").stdout
    assert pids(lab) == before


@pytest.mark.long
def test_another_mtu_or_subnet_is_made_in_one_up_and_back(lab, running):
    running.config["networks"]["mesh"]["mtu"] = 1400
    running.write()
    running.up()
    assert pinged(lab)
    assert "mtu 1400" in lab.ssh("docker01", "docker exec web01 ip link show eth0").stdout
    running.config["networks"]["mesh"] = {"strategy": "vxlan", "subnet": "172.16.7.0/24"}
    for container in running.config["containers"].values():
        container["ip"] = container["ip"].replace("16.2.", "16.7.")
    running.write()
    running.up()
    moved = [(host, name, to.replace("16.2.", "16.7.")) for host, name, to in ENDS]
    assert pinged(lab, moved)
    assert running.up().changes == {}
    back(running)
    assert pinged(lab)
    assert " mtu 1450 " in device(lab)


@pytest.mark.long
def test_a_host_that_leaves_and_comes_back_touches_no_container_of_the_other(lab, running):
    before = pids(lab)
    del running.config["containers"]["web02"], running.config["hosts"]["docker02"]
    running.write()
    running.up()
    assert entries(lab) == set()
    assert device(lab, "docker02") == ""
    assert running.up().changes == {}
    back(running)
    assert pinged(lab)
    assert pids(lab)[0] == before[0]


@pytest.mark.long
def test_another_name_or_strategy_in_one_up_and_back(lab, running):
    running.config["networks"]["other"] = running.config["networks"].pop("mesh") | {"vni": 42}
    for container in running.config["containers"].values():
        container["network"] = "other"
    running.write()
    running.up()
    assert pinged(lab)
    running.config["networks"]["other"] = {
        "strategy": "overlay", "control_plane": "swarm", "subnet": "172.16.2.0/24",
    }  # fmt: skip
    running.write()
    running.up()
    assert device(lab) == ""
    wait(lambda: pinged(lab), 15)
    running.config["networks"]["other"] = {"strategy": "vxlan", "subnet": "172.16.2.0/24"}
    running.write()
    running.up()
    assert pinged(lab)
    back(running)
    assert pinged(lab)
