"""Names on vxlan networks, from a name server on each host: who knows whom, and what an edit touches."""

from __future__ import annotations

import pytest

from tests.lab.host_state import difference, look
from tests.lab.proofs import asked, failed
from tests.lab.waiting import wait

HOSTS = ("docker01", "docker02")
WEB = {"web01": "172.16.2.2", "web02": "172.16.2.18"}
HOST_OF = {"web01": "docker01", "web02": "docker02"}
IMAGE = "dnsmasq:2.85"
# The world outside, with one name.
OUTSIDE = (
    "docker run --detach --name outside --network host dnsmasq:2.85 --keep-in-foreground --user=root "
    "--conf-file=/dev/null --pid-file= --no-resolv --listen-address=10.0.0.12 --bind-interfaces "
    "--address=/outside.example/192.0.2.7"
)


def names(stack):
    stack.config["dns"] = {"image": IMAGE}
    stack.restart_containers()


@pytest.fixture(scope="module")
def outside(lab):
    """A name server on the LAN, which docker01 asks."""
    resolv = lab.ssh("docker01", "cat /etc/resolv.conf", check=False).stdout
    lab.ssh("docker02", "docker rm --force outside; " + OUTSIDE)
    lab.ssh("docker01", "echo nameserver 10.0.0.12 >/etc/resolv.conf")
    yield
    lab.ssh("docker01", "cat >/etc/resolv.conf", input=resolv)
    lab.ssh("docker02", "docker rm --force outside")


@pytest.fixture(scope="module")
def running(outside, shared_environment):
    """The lab's network with names, proven by the up; tests leave it as it is."""
    stack = shared_environment("lab-vxlan")
    names(stack)
    del stack.config["prove"]
    stack.write()
    stack.up()
    return stack


def back(stack):
    stack.reset()
    names(stack)
    stack.up()


def address(lab, container, name, host=None):
    """What a container gets for a name; "" where it gets nothing."""
    asked = f"docker exec {container} getent ahostsv4 {name}"
    found = lab.ssh(host or HOST_OF[container], asked, check=False).stdout.split()
    return found[0] if found else ""


def pids(lab, *more):
    form = "docker inspect -f {{.State.Pid}} "
    places = [*((host, name) for name, host in HOST_OF.items()), *more]
    return [lab.ssh(host, form + name).stdout for host, name in places]


def servers(stack):
    return [(host, f"crosshost-dns-{stack.name}") for host in HOSTS]


def known(lab):
    """Whether both containers know each other, alone and with the network's name."""
    return all(
        address(lab, one, f"{other}{suffix}") == WEB[other]
        for one in WEB
        for other in WEB
        for suffix in ("", ".mesh")
    )


def test_containers_know_each_other_and_the_world_and_it_is_no_change_again(lab, running):
    assert known(lab)
    assert address(lab, "web01", "outside.example") == "192.0.2.7"
    assert address(lab, "web01", "nobody") == ""
    assert "0.0.0.0:53" not in lab.ssh("docker01", "ss -Hlntu").stdout
    assert running.up().changes == {}
    assert running.preview("--refresh").changes == {}


@pytest.mark.long
def test_a_container_more_is_known_without_a_touch_of_others(lab, running):
    before = pids(lab, *servers(running))
    running.config["containers"]["more"] = {
        "host": "docker02",
        "image": "centos_ssh:v2",
        "networks": {"mesh": {"aliases": ["other"]}},
    }
    running.write()
    running.up()
    its = running.outputs()["containers"]["more"]["addresses"]["mesh"]
    assert {address(lab, "web01", name) for name in ("more", "more.mesh", "other")} == {its}
    assert address(lab, "more", "web01", "docker02") == WEB["web01"]
    assert running.up().changes == {}
    lab.ssh("docker02", "docker restart -t 0 more")
    assert address(lab, "web01", "more") == its
    assert running.preview().changes == {}
    back(running)
    assert address(lab, "web01", "more") == ""
    assert pids(lab, *servers(running)) == before


@pytest.mark.long
def test_another_name_or_host_of_a_container_is_known_and_the_old_one_is_not(lab, running):
    moved = running.config["containers"].pop("web02")
    del moved["ip"]
    running.config["containers"]["app"] = moved
    running.write()
    running.up()
    its = running.outputs()["containers"]["app"]["addresses"]["mesh"]
    assert (address(lab, "web01", "app"), address(lab, "web01", "web02")) == (its, "")
    moved["host"] = "docker01"
    running.write()
    running.up()
    there = running.outputs()["containers"]["app"]["addresses"]["mesh"]
    assert there != its
    assert address(lab, "web01", "app") == there
    back(running)
    assert known(lab)


@pytest.mark.long
def test_an_address_that_another_one_is_given_is_its_in_one_up(lab, running):
    del running.config["containers"]["web02"]["ip"]
    running.write()
    running.up()
    assert address(lab, "web01", "web02") == WEB["web02"]
    running.config["containers"]["app"] = {
        **running.config["containers"]["web02"],
        "ip": WEB["web02"],
    }
    running.write()
    running.up()
    assert address(lab, "web01", "app") == WEB["web02"]
    assert address(lab, "web01", "web02") == "172.16.2.16"
    back(running)
    assert known(lab)


@pytest.mark.long
def test_a_host_with_another_name_has_its_server_and_its_names(lab, running):
    running.config["hosts"]["renamed"] = running.config["hosts"].pop("docker01")
    running.config["containers"]["web01"]["host"] = "renamed"
    running.write()
    running.up()
    assert known(lab)
    assert running.up().changes == {}
    back(running)
    assert known(lab)


@pytest.mark.long
def test_a_server_that_was_removed_by_hand_comes_back(lab, running):
    host, name = servers(running)[0]
    lab.ssh(host, f"docker rm --force {name}")
    assert address(lab, "web01", "web02") == ""
    preview = running.preview()
    assert f"container {name} is gone from {host}: up makes it anew" in preview.text
    running.up()
    assert known(lab)
    assert running.up().changes == {}


@pytest.mark.long
def test_a_server_that_is_stopped_or_hangs_is_named_by_the_proof_and_the_remedy_mends_it(
    lab, running
):
    host, name = servers(running)[0]
    cause = f"the name server {name} on {host} "
    remedy = f"`docker restart {name}` there"
    lab.ssh(host, f"docker stop {name}")
    assert f"{cause}is exited: {remedy}" in asked(running).stdout
    lab.ssh(host, f"docker start {name} && docker kill --signal STOP {name}")
    running.config["prove"] = {"when": "always"}
    running.write()
    assert f"{cause}does not answer, or does not know it: {remedy}" in failed(running)
    lab.ssh(host, f"docker restart -t 1 {name}")
    running.up()
    assert known(lab)
    back(running)


@pytest.mark.long
def test_files_that_were_lost_come_back_and_the_server_has_them(lab, running):
    lab.ssh("docker01", f"rm -r /var/lib/crosshost/{running.name}/dns")
    assert running.up().changes == {"updated": 1}
    wait(lambda: known(lab), 10)
    assert running.up().changes == {}


@pytest.mark.long
def test_a_lost_host_takes_only_its_own_server_along(lab, running):
    before = pids(lab, *servers(running))
    lab.power_off("docker02")
    assert address(lab, "web01", "web02") == WEB["web02"]
    assert address(lab, "web01", "web01.mesh") == WEB["web01"]
    lab.power_on("docker02")
    lab.ssh("docker02", "docker start outside")
    wait(lambda: known(lab), 40)
    assert pids(lab, *servers(running))[::2] == before[::2]
    assert running.preview().changes == {}


@pytest.mark.long
def test_names_go_and_come_in_one_up(lab, running):
    del running.config["dns"]
    running.write()
    running.up()
    assert address(lab, "web01", "web02") == ""
    assert "crosshost-dns" not in lab.ssh("docker01", "docker ps --all").stdout
    assert running.up().changes == {}
    back(running)
    assert known(lab)


@pytest.mark.long
def test_two_stacks_have_servers_of_their_own_and_one_goes_without_a_trace(
    lab, running, environment
):
    before = {host: look(lab, host) for host in HOSTS}
    other = environment("lab-vxlan")
    other.config["networks"] = {"second": {"strategy": "vxlan", "subnet": "172.16.8.0/24"}}
    other.config["containers"] = {
        f"app0{n}": {"host": f"docker0{n}", "image": "centos_ssh:v2", "network": "second"}
        for n in (1, 2)
    }
    names(other)
    other.up()
    assert address(lab, "app01", "app02.second", "docker01").startswith("172.16.8.")
    assert address(lab, "app01", "web02", "docker01") == ""
    assert known(lab)
    other.destroy()
    assert not difference(before, {host: look(lab, host) for host in HOSTS})
    assert running.preview().changes == {}


@pytest.mark.long
def test_engines_of_any_age_have_names_and_the_proof_holds(lab, environment):
    hosts = ("docker06", "docker07", "docker08")
    lab.up_for("lab-auto")
    before = {host: look(lab, host) for host in hosts}
    stack = environment("lab-auto")
    stack.config["networks"] = {"mesh": {"strategy": "vxlan", "subnet": "172.16.2.0/24"}}
    stack.config["dns"] = {"image": IMAGE}
    for container in stack.config["containers"].values():
        container["network"] = "mesh"
    del stack.config["prove"]
    stack.write()
    stack.up()
    assert stack.up().changes == {}
    assert stack.preview("--refresh").changes == {}
    stack.destroy()
    assert not difference(before, {host: look(lab, host) for host in hosts})
