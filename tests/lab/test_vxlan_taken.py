"""A running VXLAN network is changed to what others on its hosts have, and back; people put containers on it."""

from __future__ import annotations

import pytest

from tests.lab.host_state import difference, look
from tests.lab.meshes import HOSTS, pids, pinged, started
from tests.lab.test_taken_networks import UDP
from tests.lab.waiting import wait

pytestmark = pytest.mark.long
OTHER = "docker run -d --name other --network mesh --ip {} centos_ssh:v2 sleep 999"


@pytest.fixture(scope="module")
def running(shared_environment):
    return started(shared_environment)


def moved(stack):
    """The network to another subnet, with its containers' addresses."""
    stack.config["networks"]["mesh"]["subnet"] = "172.16.77.0/24"
    for one in stack.config["containers"].values():
        one["ip"] = one["ip"].replace("172.16.2.", "172.16.77.")


def mesh(**change):
    return lambda stack: stack.config["networks"]["mesh"].update(change)


@pytest.mark.parametrize(
    ("harm", "undo", "edit", "said"),
    [
        ("ip link add vxother type vxlan id 4242 dstport 4789", "ip link delete vxother", mesh(vni=4242),
         "mesh: VNI 4242 at udp 4789 is taken on docker02 by vxother: write another `vni` or `port`"),
        (UDP.format(at="0.0.0.0", port=4790), "systemctl stop squatter", mesh(port=4790),
         "udp 4790 of docker02 is held by perl"),
        ("ip route add 172.16.77.64/26 via 10.0.0.2", "ip route delete 172.16.77.64/26", moved,
         "mesh: subnet 172.16.77.0/24 meets routes of docker02 (172.16.77.64/26 by ens33)"),
        ("docker network create --subnet 172.16.77.0/25 other", "docker network rm other", moved,
         "mesh: subnet 172.16.77.0/24 meets routes of docker02 (172.16.77.0/25 by br-"),
    ],
    ids=["vni", "port", "route", "network"],
)  # fmt: skip
def test_an_edit_to_what_is_taken_is_refused_goes_back_without_a_change_and_works_once_it_is_free(
    lab, running, harm, undo, edit, said
):
    before = pids(lab)
    lab.ssh("docker02", harm)
    try:
        edit(running)
        running.write()
        wait(lambda: said in running.preview().text, 10)
        there = {host: look(lab, host) for host in HOSTS}
        refused = running.up(check=False)
        assert refused.code != 0
        assert said in refused.text
        assert not difference(there, {host: look(lab, host) for host in HOSTS})
        assert pinged(lab)
        running.reset()
        running.restart_containers()
        assert running.preview().changes == {}
    finally:
        lab.ssh("docker02", undo)
    assert pids(lab) == before
    edit(running)
    running.write()
    running.up()
    running.reset()
    running.restart_containers()
    running.up()
    assert pinged(lab)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("172.16.2.20", "172.16.2.20 on mesh is of the slice of docker02"),
        ("172.16.2.5", "172.16.2.5 on mesh is that of web03"),
    ],
)
def test_a_container_of_people_with_an_address_that_is_not_its_is_named_and_not_touched(
    lab, running, address, said
):
    before = pids(lab)
    lab.ssh("docker01", OTHER.format(address))
    try:
        running.config["containers"]["web03"] = {
            **running.config["containers"]["web01"],
            "ip": "172.16.2.5",
        }
        running.write()
        assert said in running.preview().text
        refused = running.up(check=False)
        assert refused.code != 0
        assert f"{said}, and container other on docker01 has it" in refused.text
        assert lab.ssh("docker01", "docker ps --format '{{.Names}}'").stdout.count("other") == 1
        lab.ssh("docker01", "docker network disconnect mesh other")
        running.up()
        assert pids(lab) == before
    finally:
        lab.ssh("docker01", "docker rm -f other")
        running.reset()
        running.restart_containers()
        running.up()
