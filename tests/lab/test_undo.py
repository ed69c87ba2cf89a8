"""Destroy on a host that has lost what crosshost keeps there, or has other scripts than it should."""

from __future__ import annotations

import copy
import json

import pytest

from tests.lab.host_state import look

KEPT = "/var/lib/crosshost"
# What of the host may differ where nobody knows any more what was there: bytes of daemon.json that mean
# the same, images that an up pulled.
_UNKNOWN = ("daemon.json", "images")
OURS = (
    "docker ps --all --quiet --filter label=crosshost.stack; "
    "docker network ls --quiet --filter label=crosshost.stack; "
    "docker volume ls --quiet | grep consul; "
    "ls -d /var/lib/crosshost /run/crosshost* 2>/dev/null; "
    "ls /etc/systemd/system /etc/systemd/system/*.wants | grep crosshost; "
    "{ iptables-save; ip6tables-save; } | grep CROSSHOST; "
    "pgrep -af crosshost | grep -v 'pgrep\\|bash -c\\|sh -c'; "
    "docker network ls --format '{{.Name}} {{.Driver}}' | grep 'overlay\\|macvlan\\|gwbridge'; "
    "docker info -f '{{.Swarm.LocalNodeState}}' | grep -v inactive; "
    "docker info 2>/dev/null | grep 'Cluster Store'"
)
STRATEGIES = {
    "lab-macvlan": ("docker01", "docker02"),
    "lab-overlay": ("docker01", "docker02"),
    "lab-swarm": ("docker03", "docker04", "docker05"),
}


@pytest.fixture(
    params=[
        pytest.param(name, marks=[] if name == "lab-overlay" else pytest.mark.long)
        for name in STRATEGIES
    ]
)
def stack(lab, environment, request):
    """A stack of each strategy, up; ``before``: pictures of its hosts from before it."""
    lab.up_for("lab-swarm" if request.param == "lab-swarm" else "lab-overlay")
    made = environment(request.param)
    if request.param == "lab-macvlan":
        made.config["networks"]["macvlan_1"]["promiscuous"] = True
        made.write()
    made.hosts = STRATEGIES[request.param]
    made.before = {host: parts(look(lab, host)) for host in made.hosts}
    made.up()
    return made


def parts(picture):
    """The picture of a host by its headings."""
    found = {}
    for block in picture.split("== ")[1:]:
        heading, _, text = block.partition("\n")
        found[heading] = text
    return found


def gone(lab, stack, harmed):
    """Nothing of ours is on any host; what is known comes back as it was."""
    for host in stack.hosts:
        assert lab.ssh(host, OURS, check=False).stdout == "", host
        now, was = parts(look(lab, host)), copy.deepcopy(stack.before[host])
        if host in harmed:
            for name in _UNKNOWN:
                now.pop(name), was.pop(name)
        assert now == was, host


def settings(lab, host):
    return json.loads(lab.ssh(host, "cat /etc/docker/daemon.json").stdout)


def raw(text):
    return "cannot open" in text or "No such file" in text or "not found" in text


@pytest.mark.parametrize("which", [0, pytest.param(-1, marks=pytest.mark.long)])
def test_destroy_without_what_is_kept_on_a_host(lab, stack, which):
    host = stack.hosts[which]
    daemon_json = settings(lab, host)
    lab.ssh(host, f"rm -rf {KEPT}")
    outcome = stack.destroy()
    assert not raw(outcome.text), outcome.text
    assert f"{host}: {KEPT}/{stack.name} was gone: what was there before the first up" in (
        " ".join(outcome.text.split())
    )
    gone(lab, stack, [host])
    assert settings(lab, host) == {
        key: daemon_json[key] for key in daemon_json if "cluster" not in key
    }
    images = lab.ssh(host, "docker image ls -q | sort").stdout
    # Do, undo, redo.
    stack.up()
    assert stack.up().changes == {}
    stack.destroy()
    gone(lab, stack, [host])
    assert lab.ssh(host, "docker image ls -q | sort").stdout == images


@pytest.mark.long
def test_destroy_where_scripts_are_of_another_version(lab, stack):
    for host in stack.hosts:
        lab.ssh(host, f"for f in {KEPT}/{stack.name}/scripts/*.sh; do echo 'exit 7' >$f; done")
    outcome = stack.destroy()
    assert "were not those of this version: they are installed anew" in (
        " ".join(outcome.text.split())
    )
    gone(lab, stack, [])
    stack.up()
    assert stack.up().changes == {}
    assert "anew" not in stack.destroy().text
    gone(lab, stack, [])


@pytest.mark.long
def test_a_host_that_is_taken_off_the_stack_needs_nothing_either(lab, environment):
    lab.up_for("lab-swarm")
    stack = environment("lab-swarm")
    stack.hosts = STRATEGIES["lab-swarm"]
    stack.before = {host: parts(look(lab, host)) for host in stack.hosts}
    stack.up()
    lab.ssh("docker05", f"rm -rf {KEPT}")
    del stack.config["hosts"]["docker05"], stack.config["containers"]["web03"]
    stack.write()
    outcome = stack.up()
    assert not raw(outcome.text), outcome.text
    assert lab.ssh("docker05", OURS, check=False).stdout == ""
    assert stack.up().changes == {}
    stack.destroy()
    gone(lab, stack, ["docker05"])


@pytest.mark.long
@pytest.mark.parametrize("name", ["lab-vxlan", "lab-lan", "lab-overlay"])
def test_destroy_where_units_were_removed(lab, environment, name):
    lab.up_for(name)
    stack = environment(name)
    stack.hosts = list(stack.config["hosts"])
    stack.before = {host: parts(look(lab, host)) for host in stack.hosts}
    stack.up()
    host = stack.hosts[0]
    assert lab.ssh(host, "rm -v /etc/systemd/system/crosshost-*.service").stdout
    stack.destroy()
    gone(lab, stack, [])
