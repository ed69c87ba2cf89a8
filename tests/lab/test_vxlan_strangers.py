"""VXLAN networks on real hosts: what strangers and other stacks may do, and what is left of one."""

from __future__ import annotations

import pytest

from tests.lab.forged import Victim, forged_arrive
from tests.lab.host_state import difference, look
from tests.lab.meshes import HOSTS, back, device, entries, pids, pinged, second, started
from tests.lab.pings import Pings


@pytest.fixture(scope="module")
def running(shared_environment):
    """The lab's network; tests leave it as it is."""
    return started(shared_environment)


def victim(lab):
    words = device(lab).split()
    inside = lab.ssh("docker01", "docker exec web01 cat /sys/class/net/eth0/address").stdout.strip()
    vni, port = words[words.index("id") + 1], words[words.index("dstport") + 1]
    return Victim("docker01", "web01", vni, port, inside, "172.16.2.2")


@pytest.mark.long
def test_crafted_packets_reach_containers_without_the_guard_and_do_not_with_it(lab, running):
    assert not forged_arrive(lab, victim(lab))
    running.config["firewall"] = {"mode": "off"}
    running.write()
    running.up()
    assert forged_arrive(lab, victim(lab))
    back(running)
    assert not forged_arrive(lab, victim(lab))
    assert pinged(lab)


@pytest.mark.long
def test_two_stacks_on_the_same_hosts_do_not_meet_and_one_goes_without_a_trace(
    lab, running, environment
):
    before = {host: look(lab, host) for host in HOSTS}
    ids = pids(lab)
    stack = environment("lab-vxlan")
    second(stack)
    containers = stack.config.pop("containers")
    stack.config["networks"]["second"]["subnet"] = "172.16.2.128/25"
    stack.write()
    refused = stack.up(check=False)
    assert refused.code != 0
    assert "subnet 172.16.2.128/25 meets routes of docker01 (172.16.2.0/24 by br-vx" in refused.text

    number = device(lab).split(" vxlan id ")[1].split()[0]
    stack.config["networks"]["second"] |= {"subnet": "172.16.8.0/24", "vni": int(number)}
    stack.write()
    refused = stack.up(check=False)
    assert refused.code != 0
    assert f"VNI {number} at udp 4789 is taken on docker01 by vx" in refused.text

    del stack.config["networks"]["second"]["vni"]
    stack.config["containers"] = containers
    stack.write()
    stack.up()
    assert pinged(lab, [("docker01", "app01", "172.16.8.18"), ("docker02", "app02", "172.16.8.2")])
    # Networks of one host are apart, and so are those of hosts.
    for to in ("172.16.2.2", "172.16.2.18"):
        assert not pinged(lab, [("docker01", "app01", to)])
    assert running.preview().changes == {}
    with Pings(lab, "docker01", "web01", "172.16.2.18") as pings:
        stack.destroy()
    assert pings.lost == []
    assert pids(lab) == ids
    assert not difference(before, {host: look(lab, host) for host in HOSTS})


@pytest.mark.long
def test_a_destroy_needs_nothing_that_is_kept_on_hosts(lab, environment):
    stack = environment("lab-vxlan")
    second(stack)
    lab.ssh("docker01", "docker pull -q centos_ssh:v2")
    before = {host: look(lab, host) for host in HOSTS}
    stack.up()
    lab.ssh("docker01", f"rm -r /var/lib/crosshost/{stack.name}")
    stack.destroy()
    assert not difference(before, {host: look(lab, host) for host in HOSTS})


@pytest.mark.long
def test_engines_of_any_age_share_a_network_and_the_proof_holds(lab, environment):
    hosts = ("docker06", "docker07", "docker08")
    lab.up_for("lab-auto")
    before = {host: look(lab, host) for host in hosts}
    stack = environment("lab-auto")
    stack.config["networks"] = {"mesh": {"strategy": "vxlan", "subnet": "172.16.2.0/24"}}
    for container in stack.config["containers"].values():
        container["network"] = "mesh"
    del stack.config["prove"]
    stack.write()
    stack.up()
    for host in hosts:
        assert len(entries(lab, host)) == 2
    assert stack.up().changes == {}
    assert stack.preview("--refresh").changes == {}
    stack.destroy()
    assert not difference(before, {host: look(lab, host) for host in hosts})
