"""Overlays on Swarm on docker01 and docker02, whose Docker 20.10.5 takes a network off a host too late."""

from __future__ import annotations

import pytest

from tests.lab.host_state import difference, look

HOSTS = ("docker01", "docker02")


@pytest.mark.long
def test_the_only_container_of_a_host_is_made_anew_again_and_again(lab, environment):
    before = {host: look(lab, host) for host in HOSTS}
    stack = environment("lab-overlay")
    del stack.config["consul"]
    (network,) = stack.config["networks"].values()
    network["control_plane"] = "swarm"
    for number, container in enumerate(stack.config["containers"].values()):
        container["ip"] = f"172.16.1.{10 + number}"
    for run in range(6):
        for container in stack.config["containers"].values():
            container["environment"] = {"RUN": str(run)}
        stack.write()
        stack.up()
        lab.ssh("docker01", "docker exec web01 ping -c 1 -W 2 web02")
    assert stack.preview().changes == {}
    stack.destroy()
    assert not difference(before, {host: look(lab, host) for host in HOSTS})
