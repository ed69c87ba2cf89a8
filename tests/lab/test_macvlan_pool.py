"""macvlan networks with a pool: addresses and names on the LAN, and a LAN that is asked first."""

from __future__ import annotations

import pytest

from tests.lab.host_state import difference, look
from tests.lab.waiting import wait

HOSTS = ("docker01", "docker02")
PINGS = "/proc/sys/net/ipv4/icmp_echo_ignore_all"
HOST_OF = {"ssh01": "docker01", "ssh02": "docker02"}
FIRST = {"ssh01": "10.0.0.128", "ssh02": "10.0.0.144"}


def with_pool(stack):
    stack.config["networks"]["macvlan_1"] |= {"pool": "10.0.0.128/26", "slice": 28}
    stack.config["dns"] = {"image": "dnsmasq:2.85"}
    for container in stack.config["containers"].values():
        del container["ip"]
    stack.restart_containers()


@pytest.fixture(scope="module")
def running(lab, shared_environment):
    """Two hosts with a slice each, proven by the up; tests leave it as it is."""
    stack = shared_environment("lab-macvlan")
    with_pool(stack)
    del stack.config["prove"]
    stack.write()
    stack.up()
    return stack


def back(stack):
    stack.reset()
    with_pool(stack)
    stack.up()


def addresses(stack):
    found = stack.outputs()["containers"]
    return {name: one["addresses"]["macvlan_1"] for name, one in found.items()}


def known(lab):
    """Whether both containers reach each other by name, and so does the LAN by address."""
    by_name = [("ssh01", "ssh02"), ("ssh02", "ssh01.macvlan_1")]
    inside = (
        lab.ssh(HOST_OF[one], f"docker exec {one} ping -c 1 -W 2 {other}", check=False)
        for one, other in by_name
    )
    outside = (lab.ssh(address, "true", check=False) for address in FIRST.values())
    return all(ended.returncode == 0 for ended in (*inside, *outside))


def pids(lab):
    form = "docker inspect -f {{.State.Pid}} "
    return [lab.ssh(host, form + name).stdout for name, host in HOST_OF.items()]


# Before the network of the other tests is there: on these engines a NIC carries one.
@pytest.mark.long
def test_a_pool_takes_over_blocks_that_the_file_gave_and_goes_without_a_trace(lab, environment):
    stack = environment("lab-macvlan")
    network = stack.config["networks"]["macvlan_1"]
    hosts = {host: look(lab, host) for host in HOSTS}
    network["ip_range"] = {"docker01": "10.0.0.128/28", "docker02": "10.0.0.144/28"}
    stack.write()
    stack.up()
    before = pids(lab)
    del network["ip_range"]
    network |= {"pool": "10.0.0.128/26", "slice": 28}
    stack.write()
    stack.up()
    assert pids(lab) == before
    stack.destroy()
    assert not difference(hosts, {host: look(lab, host) for host in HOSTS})


@pytest.mark.long
def test_hosts_give_addresses_of_their_slices_and_names_and_it_is_no_change_again(lab, running):
    assert addresses(running) == FIRST
    assert known(lab)
    assert running.up().changes == {}
    assert running.preview("--refresh").changes == {}


def test_an_address_of_somebody_on_the_lan_is_refused_with_the_mac_that_answers(lab, running):
    before = pids(lab)
    mac = lab.run(["ip", "-o", "link", "show", "lan0"]).stdout.split("link/ether ")[1].split()[0]
    lab.run(["ip", "address", "add", "10.0.0.210/24", "dev", "lan0"])
    # It lets no ping in.
    lab.run(["sh", "-c", f"echo 1 >{PINGS}"])
    try:
        running.config["containers"]["more"] = {
            **running.config["containers"]["ssh01"],
            "ip": "10.0.0.210",
        }
        running.write()
        refused = running.up(check=False)
        assert refused.code != 0
        assert (
            "10.0.0.210, which more is to have on macvlan_1, is somebody's on the LAN: "
            f"{mac} answers docker01 for it: write another address" in refused.text
        )
        assert "10.0.0.210, which more" in running.preview().text
    finally:
        lab.run(["sh", "-c", f"echo 0 >{PINGS}"])
        lab.run(["ip", "address", "del", "10.0.0.210/24", "dev", "lan0"])
    running.up()
    lab.ssh("10.0.0.210", "true")
    back(running)
    assert pids(lab) == before


@pytest.mark.long
def test_containers_and_hosts_come_and_go_and_nobody_else_moves(lab, running):
    before = pids(lab)
    running.config["containers"]["more"] = dict(running.config["containers"]["ssh01"])
    running.write()
    running.up()
    assert addresses(running) == {**FIRST, "more": "10.0.0.129"}
    lab.ssh("docker02", "docker exec ssh02 ping -c 1 -W 2 more")
    del running.config["containers"]["ssh01"]
    running.write()
    running.up()
    assert addresses(running) == {"ssh02": FIRST["ssh02"], "more": "10.0.0.129"}
    back(running)
    assert addresses(running) == FIRST
    assert pids(lab)[1] == before[1]
    del running.config["containers"]["ssh01"], running.config["hosts"]["docker01"]
    running.write()
    running.up()
    assert addresses(running) == {"ssh02": FIRST["ssh02"]}
    assert running.outputs()["networks"]["macvlan_1"]["slices"] == {"docker02": "10.0.0.144/28"}
    back(running)
    assert addresses(running) == FIRST
    assert pids(lab)[1] == before[1]


@pytest.mark.long
def test_a_container_that_moves_gets_an_address_of_its_new_host_and_is_known_there(lab, running):
    running.config["containers"]["ssh02"]["host"] = "docker01"
    running.write()
    running.up()
    assert addresses(running) == {"ssh01": FIRST["ssh01"], "ssh02": "10.0.0.129"}
    lab.ssh("docker01", "docker exec ssh01 ping -c 1 -W 2 ssh02")
    back(running)
    assert known(lab)


@pytest.mark.long
def test_a_host_that_is_off_changes_nothing_and_a_reboot_keeps_all(lab, running):
    lab.power_off("docker02")
    preview = running.preview(check=False)
    lab.power_on("docker02")
    assert preview.code == 0
    assert preview.changes == {}
    assert "slices of macvlan_1: docker01 10.0.0.128/28, docker02 10.0.0.144/28" in preview.text
    wait(lambda: known(lab), 40)
    assert running.preview().changes == {}


@pytest.mark.long
def test_records_that_are_lost_come_back_as_docker_tells(lab, running):
    before = pids(lab)
    for host in HOSTS:
        lab.ssh(host, f"rm -r /var/lib/crosshost/{running.name}/slices-macvlan_1")
    assert running.up().changes == {"updated": 2}
    assert addresses(running) == FIRST
    assert pids(lab) == before
    assert running.up().changes == {}
