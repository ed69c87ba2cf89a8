"""A host that is gone for good: destroy cannot work, and the way out."""

from __future__ import annotations

import json
import time

import pytest

from tests.lab.host_state import difference, look

HOSTS = ("docker01", "docker02")


@pytest.fixture
def forget(lab):
    """Runs python -m crosshost forget on a stack."""

    def run(stack, *words):
        return lab.run(
            ["python", "-m", "crosshost", "forget", "-s", stack.name, *words], check=False
        )

    return run


@pytest.fixture
def anew(lab):
    """Gives hosts that a test has switched off a new disk afterwards."""
    yield
    off = [host.name for host in lab.status() if host.state != "running"]
    if off:
        lab.reset(*off)


def urns(stack):
    return [one["urn"] for one in json.loads(stack.state())["deployment"]["resources"]]


@pytest.mark.long
def test_a_host_that_is_gone_leaves_its_stack_and_a_destroy_leaves_no_trace_on_the_others(
    lab, environment, forget, anew
):
    before = look(lab, "docker01")
    stack = environment("lab-overlay")
    stack.up()
    alive = forget(stack, "docker02", "--yes")
    assert alive.returncode == 1
    assert "docker02 answers on SSH, so" in alive.stderr
    not_bare = forget(stack, "docker02", "--reinstalled", "--yes")
    assert not_bare.returncode == 1
    assert "docker02 was not set up anew: it has /var/lib/crosshost" in not_bare.stderr
    lab.power_off("docker02")
    began = time.monotonic()
    assert stack.destroy(check=False).code != 0
    assert time.monotonic() - began < 60, "a destroy without the host takes its time to fail"

    said = forget(stack, "docker02")
    assert "docker02 does not answer (" in said.stdout
    assert "docker01: takes web02 off network ol1" in said.stdout
    assert said.stdout.endswith("nothing was changed: --yes does it\n")
    assert any(urn.endswith("@docker02") for urn in urns(stack))
    assert forget(stack, "docker02", "--yes").returncode == 0
    assert not any(urn.endswith("docker02") for urn in urns(stack))
    keys = lab.ssh("docker01", "docker exec consul consul kv get -keys docker/nodes/").stdout
    assert keys.split() == ["docker/nodes/10.0.0.11:0"]
    assert "web02" not in lab.ssh("docker01", "docker network inspect ol1").stdout
    stack.destroy()
    assert look(lab, "docker01") == before


@pytest.mark.long
def test_a_network_that_the_gone_host_made_goes_on_at_the_others(lab, environment, forget, anew):
    before = look(lab, "docker02")
    stack = environment("lab-overlay")
    stack.config["consul"]["host"] = "docker02"
    stack.write()
    stack.up()
    pid = lab.ssh("docker02", "docker inspect -f {{.State.Pid}} web02").stdout
    lab.power_off("docker01")
    assert "is handed over: network ol1 to docker02" in forget(stack, "docker01", "--yes").stdout
    without(stack, "docker01", "web01")
    stack.up()
    assert stack.up().changes == {}
    assert lab.ssh("docker02", "docker inspect -f {{.State.Pid}} web02").stdout == pid
    lab.ssh("docker02", "docker exec web02 ping -c 1 -W 2 172.16.1.254")
    stack.destroy()
    assert look(lab, "docker02") == before


@pytest.mark.long
def test_overlays_are_made_anew_where_consul_is_gone_with_its_host(lab, environment, forget, anew):
    before = look(lab, "docker02")
    stack = environment("lab-overlay")
    stack.up()
    lab.power_off("docker01")
    said = forget(stack, "docker01", "--yes").stdout
    assert "`pulumi up` makes them anew, and these containers: web02." in said
    without(stack, "docker01", "web01")
    stack.config["consul"]["host"] = "docker02"
    stack.write()
    # The engine waits for the Consul that it knows at every turn.
    if stack.up(check=False).code != 0:
        stack.up()
    assert stack.up().changes == {}
    lab.ssh("docker02", "docker exec web02 ping -c 1 -W 2 172.16.1.254")
    stack.destroy()
    assert look(lab, "docker02") == before


@pytest.fixture
def swarm(lab, environment):
    """The environment on three hosts with Docker 28."""
    lab.up_for("lab-swarm")
    return environment("lab-swarm")


@pytest.mark.long
def test_a_worker_that_is_gone_leaves_the_swarm_and_a_destroy_leaves_no_trace(
    lab, swarm, forget, anew
):
    before = {host: look(lab, host) for host in ("docker03", "docker04")}
    swarm.up()
    lab.power_off("docker05")
    said = forget(swarm, "docker05", "--yes")
    assert said.returncode == 0, said.stderr
    assert "docker03: takes docker05 off the swarm's list of nodes" in said.stdout
    assert "docker05" not in lab.ssh("docker03", "docker node ls").stdout
    swarm.destroy()
    assert not difference(before, {host: look(lab, host) for host in before})


@pytest.mark.long
def test_the_first_manager_that_is_gone_hands_the_networks_to_the_next(lab, swarm, forget, anew):
    before = {host: look(lab, host) for host in ("docker04", "docker05")}
    swarm.config["swarm"]["managers"] = ["docker03", "docker04", "docker05"]
    swarm.write()
    swarm.up()
    pid = lab.ssh("docker04", "docker inspect -f {{.State.Pid}} web02").stdout
    lab.power_off("docker03")
    said = forget(swarm, "docker03", "--yes")
    assert said.returncode == 0, said.stderr
    assert "is handed over: network ol1 to docker04" in said.stdout
    swarm.config["swarm"]["managers"] = ["docker04"]
    without(swarm, "docker03", "web01")
    swarm.up()
    assert swarm.up().changes == {}
    assert lab.ssh("docker04", "docker inspect -f {{.State.Pid}} web02").stdout == pid
    lab.ssh("docker04", "docker exec web02 ping -c 1 -W 2 web03")
    swarm.destroy()
    assert not difference(before, {host: look(lab, host) for host in before})


@pytest.mark.long
def test_a_swarm_is_made_anew_where_its_only_manager_is_gone(lab, swarm, forget, anew):
    swarm.up()
    lab.power_off("docker03")
    said = forget(swarm, "docker03", "--yes")
    assert said.returncode == 0, said.stderr
    assert "docker03 alone managed the swarm: the overlays in it are lost." in said.stdout
    swarm.config["swarm"]["managers"] = ["docker04"]
    without(swarm, "docker03", "web01")
    swarm.up()
    lab.ssh("docker04", "docker exec web02 ping -c 2 -W 3 web03")
    assert swarm.up().changes == {}


def without(stack, host, *containers):
    """Take a host and its containers out of the stack file."""
    del stack.config["hosts"][host]
    for name in containers:
        del stack.config["containers"][name]
    stack.write()
