"""A host gets another name in the stack file: nothing on it is touched, and all goes on."""

from __future__ import annotations

import pytest

from tests.lab.host_state import difference, look
from tests.lab.rows import some_often
from tests.lab.swarm_hosts import all_reach_each_other


def rename(stack, old, new):
    """The stack file with another name for a host, everywhere."""
    stack.config["hosts"][new] = stack.config["hosts"].pop(old)
    for container in stack.config["containers"].values():
        if container["host"] == old:
            container["host"] = new
    if "consul" in stack.config and stack.config["consul"]["host"] == old:
        stack.config["consul"]["host"] = new
    if "swarm" in stack.config:
        managers = stack.config["swarm"].get("managers", [])
        stack.config["swarm"]["managers"] = [new if m == old else m for m in managers]
    stack.write()


def started(lab, hosts):
    """When each container on the hosts was started."""
    form = "docker ps -q | xargs docker inspect -f '{{.Name}} {{.Id}} {{.State.StartedAt}}'"
    return {host: sorted(lab.ssh(host, form).stdout.splitlines()) for host in hosts}


@pytest.mark.parametrize(
    ("like", "hosts", "old"),
    some_often(
        [
            ("lab-macvlan", ("docker01", "docker02"), "docker01"),
            ("lab-overlay", ("docker01", "docker02"), "docker01"),
            ("lab-overlay", ("docker01", "docker02"), "docker02"),
            ("lab-swarm", ("docker03", "docker04", "docker05"), "docker03"),
        ],
        0,
    ),
)
def test_a_renamed_host_keeps_all_that_is_on_it_and_the_second_preview_is_empty(
    lab, environment, like, hosts, old
):
    lab.up_for(like)
    before = {host: look(lab, host) for host in hosts}
    stack = environment(like)
    stack.up()
    running = started(lab, hosts)
    # There and back, and there again: what a host was called once is not held against it.
    for one, other in ((old, "moved"), ("moved", old), (old, "elsewhere")):
        rename(stack, one, other)
        preview = stack.preview()
        assert f"{other} was called {one} until now: what is on it is taken over" in preview.text
        # The host's scripts, where its name is kept, and what speaks of hosts by their names.
        assert set(preview.changes) <= {"to update", "changes"}, preview.text
        stack.up()
        assert started(lab, hosts) == running
        assert stack.preview().changes == {}
    if like == "lab-swarm":
        all_reach_each_other(lab)
    stack.destroy()
    assert not difference(before, {host: look(lab, host) for host in hosts})


@pytest.mark.long
def test_a_renamed_host_may_lose_a_container_to_another_one_at_once(lab, environment):
    stack = environment("lab-overlay")
    stack.up()
    rename(stack, "docker02", "moved")
    stack.config["containers"]["web02"]["host"] = "docker01"
    stack.write()
    stack.up()
    assert "web02" not in lab.ssh("docker02", "docker ps -a").stdout
    lab.ssh("docker01", "docker exec web01 ping -c 1 -W 2 web02")
    assert stack.up().changes == {}


@pytest.mark.long
def test_hosts_that_swap_names_are_refused_before_anything_changes(lab, environment):
    stack = environment("lab-macvlan")
    stack.up()
    hosts = stack.config["hosts"]
    hosts["docker01"], hosts["docker02"] = hosts["docker02"], hosts["docker01"]
    stack.write()
    up = stack.up(check=False)
    assert up.code != 0
    assert "nothing was changed:" in up.text
    assert "docker01 and docker02 have swapped their names (or addresses)" in up.text
