"""docs/from-consul.md on real hosts: each step by the page's own commands and edits."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from tests.lab.host_state import difference, look
from tests.lab.pings import Pings
from tests.lab.reader import Reader

HOSTS = ("docker01", "docker02")
JOIN, LEAVE = "Put the containers on a vxlan network too", "Leave the overlay and Consul"
pytestmark = [pytest.mark.long, pytest.mark.timeout(450)]


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


def test_a_fleet_on_consul_moves_to_vxlan_and_each_container_is_away_for_seconds(
    lab, tmp_path_factory
):
    before = {host: look(lab, host) for host in HOSTS}
    reader = Reader(lab, tmp_path_factory.mktemp("reader"), "from-consul.md", "prod")
    try:
        reader.begins()
        with (
            neighbour(lab, "backend"),
            lost_for_at_most(10, lab, {"web": "172.16.1.11", "db": "172.16.1.12"}),
        ):
            reader.does(JOIN)
        reader.nothing_is_left_to_do()
        lab.ssh("docker01", "docker exec web ping -c 1 -W 2 172.16.2.18")
        with (
            neighbour(lab, "mesh"),
            lost_for_at_most(10, lab, {"web": "172.16.2.11", "db": "172.16.2.18"}),
        ):
            reader.does(LEAVE)
        reader.nothing_is_left_to_do()
        for host in HOSTS:
            store = lab.ssh(host, "docker info -f {{.ClusterStore}}").stdout.strip()
            assert store in ("", "<no value>")
    finally:
        reader.leaves()
    assert not difference(before, {host: look(lab, host) for host in HOSTS})
