"""`gw_priority` on a real engine: a container's default route is by the network that has the highest."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def running(lab, shared_environment):
    """A container on macvlan and on vxlan of docker03, which has Docker 28."""
    lab.up_for("lab-swarm")
    stack = shared_environment("lab-swarm")
    del stack.config["swarm"]
    stack.config["hosts"] = {"docker03": stack.config["hosts"]["docker03"]}
    stack.config["networks"] = {
        "lan": {"strategy": "macvlan", "parent": "ens33", "subnet": "10.0.0.0/24", "gateway": "10.0.0.2"},
        "mesh": {"strategy": "vxlan", "subnet": "172.16.2.0/24"},
    }  # fmt: skip
    stack.config["containers"] = {
        "both": {
            "host": "docker03", "image": "centos_ssh:v2",
            "networks": {"lan": {"ipv4_address": "10.0.0.150"}, "mesh": {}},
        }
    }  # fmt: skip
    return stack


def default_route(lab):
    said = lab.ssh("docker03", "docker exec both ip -4 route show default").stdout
    return said.split()[2]


@pytest.mark.parametrize(
    ("lan", "mesh", "gateway"),
    [(1, None, "10.0.0.2"), (None, 1, "172.16.2.1"), (5, 10, "172.16.2.1"), (10, 5, "10.0.0.2"),
     (None, -1, "10.0.0.2")],
)  # fmt: skip
def test_the_highest_one_has_the_default_route(lab, running, lan, mesh, gateway):
    joins = running.config["containers"]["both"]["networks"]
    for name, priority in (("lan", lan), ("mesh", mesh)):
        joins[name].pop("gw_priority", None)
        if priority is not None:
            joins[name]["gw_priority"] = priority
    running.write()
    running.up()
    assert default_route(lab) == gateway
    assert running.up().changes == {}
    assert running.preview("--refresh").changes == {}
