"""VLANs as parents of macvlan networks: made, held by stacks, kept over reboots, and removed."""

from __future__ import annotations

import pytest

from tests.lab import vlans
from tests.lab.host_state import difference, look
from tests.lab.waiting import wait

pytestmark = pytest.mark.long
HOSTS = ("docker03", "docker04")
VLAN = "ens33.20"


@pytest.fixture(scope="module")
def tagged(lab):
    lab.up_for("lab-swarm")
    with vlans.on(lab, HOSTS):
        yield lab


@pytest.fixture
def stacks(tagged, environment):
    """Two stacks with a network on VLAN 20 of two hosts, and a container on each."""
    made = []
    for number in (1, 2):
        stack = environment("lab-swarm")
        del stack.config["swarm"]
        subnet = f"10.20.{number}"
        stack.config["hosts"] = {host: stack.config["hosts"][host] for host in HOSTS}
        stack.config["networks"] = {
            f"vlan{number}": {"strategy": "macvlan", "parent": VLAN, "subnet": f"{subnet}.0/24"}
        }
        stack.config["containers"] = {
            f"v{number}{host}": {
                "host": host, "image": "centos_ssh:v2", "network": f"vlan{number}",
                "ip": f"{subnet}.{10 + i}", "restart": "unless-stopped",
            }
            for i, host in enumerate(HOSTS)
        }  # fmt: skip
        stack.write()
        made.append(stack)
    return made


def there(lab, host="docker03"):
    return lab.ssh(host, f"ip -o link show {VLAN}", check=False).returncode == 0


def reach(lab, number=1):
    """Whether the containers of a stack reach each other."""
    asked = f"docker exec v{number}docker03 ping -c 1 -W 1 10.20.{number}.11"
    return lab.ssh("docker03", asked, check=False).returncode == 0


def test_hosts_reach_each_other_on_a_vlan_that_comes_is_mended_and_goes(tagged, stacks):
    lab, stack = tagged, stacks[0]
    before = {host: look(lab, host) for host in HOSTS}
    stack.up()
    assert reach(lab)
    # On the LAN it has its tag.
    seen = lab.ssh(
        "docker03",
        "docker run --rm --network host --entrypoint timeout centos_ssh:v2 8 tcpdump -lnc 1 -e -i ens33 vlan 20 & "
        "sleep 2; docker exec v1docker03 ping -c 3 10.20.1.11 >/dev/null; wait",
    ).stdout
    assert "vlan 20" in seen
    assert stack.up().changes == {}
    lab.ssh("docker04", f"ip link set {VLAN} down")
    assert stack.preview().changes == {"to update": 1}
    assert stack.up().changes == {"updated": 1}
    assert reach(lab)
    lab.ssh("docker04", f"ip link delete {VLAN}")
    assert stack.up().changes == {"updated": 1}
    lab.ssh("docker04", "docker restart -t 0 v1docker04")
    assert reach(lab)
    # Another one: the first goes.
    stack.config["networks"]["vlan1"]["parent"] = "ens33.30"
    stack.write()
    stack.up()
    assert reach(lab)
    assert not there(lab)
    stack.config["networks"]["vlan1"]["parent"] = VLAN
    stack.write()
    stack.up()
    assert reach(lab)
    stack.destroy()
    assert not difference(before, {host: look(lab, host) for host in HOSTS})


@pytest.mark.parametrize("first_out", [0, 1])
def test_a_vlan_stays_until_the_last_stack_on_it_leaves(tagged, stacks, first_out):
    lab = tagged
    before = {host: look(lab, host) for host in HOSTS}
    for stack in stacks:
        stack.up()
    leaves, stays = stacks[first_out], stacks[1 - first_out]
    leaves.destroy()
    assert reach(lab, 2 - first_out)
    assert stays.preview().changes == {}
    leaves.up()
    assert reach(lab, first_out + 1)
    leaves.destroy()
    stays.destroy()
    assert not difference(before, {host: look(lab, host) for host in HOSTS})


def test_a_vlan_that_was_there_before_stays(tagged, stacks):
    lab, stack = tagged, stacks[0]
    lab.ssh(
        "docker03", f"ip link add link ens33 name {VLAN} type vlan id 20; ip link set {VLAN} up"
    )
    try:
        stack.up()
        assert reach(lab)
        stack.destroy()
        assert there(lab)
        assert not there(lab, "docker04")
    finally:
        lab.ssh("docker03", f"ip link delete {VLAN}")


def test_a_vlan_is_there_again_after_a_reboot(tagged, stacks):
    lab, stack = tagged, stacks[0]
    stack.up()
    for host in HOSTS:
        lab.power_off(host)
    for host in HOSTS:
        lab.power_on(host)
    wait(lambda: reach(lab), 30)
    assert stack.preview().changes == {}


def test_a_kernel_without_vlans_is_refused_before_anything_changes(tagged, stacks):
    lab, stack = tagged, stacks[0]
    vlans.take(lab, "docker04")
    try:
        refused = stack.up(check=False)
    finally:
        vlans.bring(lab, "docker04")
    assert refused.code != 0
    assert "the kernel of docker04 (" in refused.text
    assert f"has no module 8021q, which {VLAN} needs" in refused.text
    assert not there(lab)
