"""docs/from-consul.md on real hosts: each step by the page's own commands and edits."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from tests.lab.host_state import difference, look
from tests.lab.pings import Pings
from tests.lab.reader import Reader
from tests.pages import headings

HOSTS = ("docker01", "docker02")
# Heading of a step -> the network that containers reach each other on meanwhile.
STEPS = {
    "Put the containers on a vxlan network too": "backend",
    "Leave the overlay and Consul": "mesh",
    "Go on to an overlay on Swarm": "mesh",
    "Leave vxlan": "backend",
}
AT = {
    "backend": {"web": "172.16.1.11", "db": "172.16.1.12"},
    "mesh": {"web": "172.16.2.11", "db": "172.16.2.18"},
}
pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]


@contextmanager
def neighbour(lab, network):
    """A container of nobody's stack on docker02, which pings others on the network."""
    lab.ssh("docker02", f"docker run -d --name watch --network {network} busybox:1 sleep 1d")
    try:
        yield
    finally:
        lab.ssh("docker02", "docker rm -f watch")


@contextmanager
def lost_for_at_most(limit, lab, addresses):
    """Each address was lost to the neighbour for a while, ``limit`` seconds at most, and answers at the end."""
    pings = {name: Pings(lab, "docker02", "watch", at) for name, at in addresses.items()}
    with pings["web"], pings["db"]:
        yield
    lost = {name: len(one.lost) / 10 for name, one in pings.items()}
    print("lost, in seconds:", lost, {name: one.sent for name, one in pings.items()})
    for name, one in pings.items():
        assert 0 < lost[name] <= limit, (name, lost)
        assert one.sent - 1 not in one.lost, (name, one.lost)


def store(lab, host):
    return lab.ssh(host, "docker info -f {{.ClusterStore}}").stdout.strip()


def test_a_fleet_on_consul_moves_to_vxlan_and_on_to_swarm_and_each_container_is_away_for_seconds(
    lab, tmp_path_factory
):
    before = {host: look(lab, host) for host in HOSTS}
    reader = Reader(lab, tmp_path_factory.mktemp("reader"), "from-consul.md", "prod")
    assert list(STEPS) == headings(reader.page)
    try:
        reader.begins()
        for step, carrier in STEPS.items():
            with neighbour(lab, carrier), lost_for_at_most(10, lab, AT[carrier]):
                reader.does(step)
            reader.nothing_is_left_to_do()
            if step != "Leave vxlan":
                lab.ssh("docker01", f"docker exec web ping -c 1 -W 2 {AT['mesh']['db']}")
            if step != "Put the containers on a vxlan network too":
                assert {store(lab, host) for host in HOSTS} <= {"", "<no value>"}
        lab.ssh("docker01", "docker exec web ping -c 1 -W 2 db")
        for host in HOSTS:
            swarm = lab.ssh(host, "docker info -f {{.Swarm.LocalNodeState}}").stdout
            assert swarm.strip() == "active"
    finally:
        reader.leaves()
    assert not difference(before, {host: look(lab, host) for host in HOSTS})
