"""Another strategy for a network of the same name, there and back, beside a stack that must not notice."""

from __future__ import annotations

from functools import partial
from itertools import pairwise, permutations

import pytest

from tests.lab.host_state import difference, look
from tests.lab.pings import Pings
from tests.lab.waiting import wait

HOSTS = ("docker01", "docker02")
ADDRESSES = {"web01": "10.0.0.101", "web02": "10.0.0.102"}
STRATEGIES = {
    "macvlan": {
        "strategy": "macvlan", "parent": "ens33", "subnet": "10.0.0.0/24", "gateway": "10.0.0.2",
    },
    "consul": {"strategy": "overlay", "control_plane": "consul", "subnet": "172.16.1.0/24"},
    "swarm": {"strategy": "overlay", "control_plane": "swarm", "subnet": "172.16.1.0/24"},
}  # fmt: skip
# Every step from one to another once, and back to where it began.
WHOLE = ("macvlan", "consul", "swarm", "macvlan", "swarm", "consul", "macvlan")
assert set(pairwise(WHOLE)) == set(permutations(STRATEGIES, 2))


def write(stack, strategy):
    """The stack file with another strategy word for its network ol1."""
    stack.config["networks"] = {"ol1": STRATEGIES[strategy]}
    containers = {}
    for name, host in zip(ADDRESSES, HOSTS, strict=True):
        containers[name] = {
            "host": host, "image": "centos_ssh:v2", "network": "ol1", "init": True,
            **({"ip": ADDRESSES[name]} if strategy == "macvlan" else {}),
        }  # fmt: skip
    stack.config["containers"] = containers
    stack.write()


def answered(lab, host, ping):
    return lab.ssh(host, ping, check=False).returncode == 0


def reach_each_other(lab, strategy):
    for source, target, host in (("web01", "web02", "docker01"), ("web02", "web01", "docker02")):
        at = ADDRESSES[target] if strategy == "macvlan" else target
        ping = f"docker exec {source} ping -c 1 -W 2 {at}"
        wait(partial(answered, lab, host, ping), 30)


@pytest.fixture
def neighbour(environment):
    """Another stack on the same hosts: a container on each, on Docker's own bridge."""
    stack = environment("lab-modes")
    stack.config["containers"] = {
        f"next0{n}": {"host": host, "image": "centos_ssh:v2", "init": True}
        for n, host in enumerate(HOSTS, 1)
    }
    stack.write()
    stack.up()
    return stack


@pytest.mark.parametrize(
    "walk",
    [("consul", "macvlan", "swarm"), pytest.param(WHOLE, marks=pytest.mark.long)],
    ids=["some", "all"],
)
@pytest.mark.timeout(900)
def test_every_strategy_becomes_every_other_one_and_a_neighbour_does_not_notice(
    lab, environment, neighbour, walk
):
    before = {host: look(lab, host) for host in HOSTS}
    stack = environment("lab-overlay")
    write(stack, walk[0])
    stack.up()
    with (
        Pings(lab, "docker01", "next01", "10.0.0.2") as one,
        Pings(lab, "docker02", "next02", "10.0.0.2") as two,
    ):
        for old, new in pairwise(walk):
            write(stack, new)
            preview = stack.preview()
            assert "up would stop here" not in preview.text, (old, new, preview.text)
            for name, host in zip(ADDRESSES, HOSTS, strict=True):
                assert f"container {name} on {host} is removed first" in preview.text, preview.text
            stack.up()
            reach_each_other(lab, new)
            assert stack.up().changes == {}, (old, new)
    assert (one.lost, two.lost) == ([], [])
    assert one.sent > 100
    stack.destroy()
    assert not difference(before, {host: look(lab, host) for host in HOSTS})
    assert neighbour.up().changes == {}


@pytest.mark.long
@pytest.mark.timeout(400)
def test_an_overlay_on_consul_gets_another_subnet_and_gateway_and_its_own_again(lab, environment):
    stack = environment("lab-overlay")
    stack.up()
    first = dict(stack.config["networks"]["ol1"])
    edits = (
        {**first, "subnet": "172.16.7.0/24", "gateway": "172.16.7.254"},
        {**first, "subnet": "172.16.7.0/24", "gateway": "172.16.7.1"},
        first,
    )
    for edit in edits:
        stack.config["networks"]["ol1"] = edit
        stack.write()
        # A daemon in a namespace that is gone (tests/lab/test_stray_threads.py) does it the second time.
        once = stack.up(check=False)
        if once.code != 0:
            assert "network is unreachable" in once.text, once.text
            stack.up()
        lab.ssh("docker01", "docker exec web01 ping -c 1 -W 3 web02")
        assert stack.up().changes == {}
    assert stack.preview("--refresh").changes == {}
