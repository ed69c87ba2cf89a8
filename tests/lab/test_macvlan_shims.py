"""Shims on real hosts: a host and its own containers on a macvlan network reach each other."""

from __future__ import annotations

import pytest

from tests.lab.host_state import difference, look
from tests.lab.waiting import wait

HOSTS = ("docker01", "docker02")
OF = {"docker01": "ssh01", "docker02": "ssh02"}


def with_shim(stack):
    stack.config["networks"]["macvlan_1"] |= {"pool": "10.0.0.128/26", "slice": 28, "shim": True}
    for container in stack.config["containers"].values():
        del container["ip"]
    stack.restart_containers()


@pytest.fixture(scope="module")
def running(lab, shared_environment):
    """Two hosts that reach their containers, proven by the up; tests leave it as it is."""
    stack = shared_environment("lab-macvlan")
    with_shim(stack)
    del stack.config["prove"]
    stack.write()
    stack.up()
    return stack


def device(stack):
    return stack.outputs()["networks"]["macvlan_1"]["shims"]


def address(stack, host):
    found = stack.outputs()["containers"][OF[host]]["addresses"]
    return found["macvlan_1"]


def reached(lab, host, target):
    return lab.ssh(host, f"ping -c 1 -W 1 {target}", check=False).returncode == 0


def both_ways(lab, stack, host):
    """Whether a host reaches its container, and is reached by it at the address of its shim."""
    back = f"docker exec {OF[host]} ping -c 1 -W 1 {device(stack)[host]}"
    there = reached(lab, host, address(stack, host))
    return there and lab.ssh(host, back, check=False).returncode == 0


def name_of(lab, host):
    return lab.ssh(host, "ip -br link show type macvlan").stdout.split("@")[0]


def pids(lab):
    form = "docker inspect -f {{.State.Pid}} "
    return [lab.ssh(host, form + name).stdout for host, name in OF.items()]


def test_a_host_reaches_its_containers_and_is_reached(lab, running):
    for host in HOSTS:
        assert both_ways(lab, running, host)
    # All else goes as before: other hosts, and who asks the LAN for a host gets its NIC.
    for host, other in (HOSTS, HOSTS[::-1]):
        assert reached(lab, host, address(running, other))
        assert reached(lab, host, "10.0.0.2")
    nic = lab.ssh("docker01", "cat /sys/class/net/ens33/address").stdout.strip()
    lab.ssh("docker02", "ip neighbour flush dev ens33; ping -c 1 10.0.0.11")
    assert nic in lab.ssh("docker02", "ip neighbour show 10.0.0.11").stdout
    assert running.up().changes == {}
    assert running.preview("--refresh").changes == {}


@pytest.mark.long
@pytest.mark.parametrize(
    "harm",
    ["ip link delete {}", "ip link set {} down", "ip route delete 10.0.0.128/28 dev {}",
     "ip address add 10.0.0.77/32 dev {}", "rm /etc/systemd/system/crosshost-shim-*.service"],
)  # fmt: skip
def test_what_is_broken_by_hand_shows_and_is_mended(lab, running, harm):
    before = pids(lab)
    lab.ssh("docker01", harm.format(name_of(lab, "docker01")))
    preview = running.preview()
    assert "macvlan_1-shim@docker01" in preview.text
    assert running.up().changes["updated"] >= 1
    assert both_ways(lab, running, "docker01")
    assert running.preview().changes == {}
    assert pids(lab) == before


@pytest.mark.long
def test_it_comes_and_goes_beside_containers_that_run_on(lab, running):
    before = pids(lab)
    first = device(running)
    running.config["networks"]["macvlan_1"]["shim"] = False
    running.write()
    running.up()
    assert not reached(lab, "docker01", address(running, "docker01"))
    assert name_of(lab, "docker01") == ""
    units = lab.ssh("docker01", "ls /etc/systemd/system").stdout
    assert "shim" not in units
    running.config["networks"]["macvlan_1"]["shim"] = True
    running.write()
    running.up()
    assert device(running) == first
    assert both_ways(lab, running, "docker01")
    assert pids(lab) == before
    # An address out of the slice is reached, too; one that the shim has is given up for a container's.
    running.config["containers"]["ssh01"]["ip"] = "10.0.0.100"
    running.config["containers"]["ssh02"]["ip"] = first["docker02"]
    running.write()
    running.up()
    assert device(running)["docker02"] != first["docker02"]
    for host in HOSTS:
        assert both_ways(lab, running, host)
    for container in ("ssh01", "ssh02"):
        del running.config["containers"][container]["ip"]
    running.write()
    running.up()
    for host in HOSTS:
        assert both_ways(lab, running, host)


@pytest.mark.long
def test_a_second_stack_on_the_host_has_a_network_with_a_shim_of_its_own(lab, running, environment):
    overlay = environment("lab-overlay")
    overlay.up()
    overlay.destroy()
    assert both_ways(lab, running, "docker01")
    assert running.preview().changes == {}


@pytest.mark.long
def test_it_is_there_again_after_a_reboot(lab, running):
    for host in HOSTS:
        lab.power_off(host)
    for host in HOSTS:
        lab.power_on(host)
    wait(lambda: all(both_ways(lab, running, host) for host in HOSTS), 40)
    assert running.preview().changes == {}


@pytest.mark.long
def test_it_goes_without_a_trace_also_after_records_are_lost(lab, running):
    running.destroy()
    before = {host: look(lab, host) for host in HOSTS}
    assert all("mv" not in text for text in before.values())
    for harm in ("true", f"rm -r /var/lib/crosshost/{running.name}/shim"):
        running.up()
        lab.ssh("docker01", harm)
        running.destroy()
        assert not difference(before, {host: look(lab, host) for host in HOSTS})
    running.up()
