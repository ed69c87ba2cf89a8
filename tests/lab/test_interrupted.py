"""Runs that are ended in their middle: hosts go on, and the next up converges."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest

from tests.lab.host_state import difference, look
from tests.lab.waiting import wait

UP = ("up", "--yes", "--skip-preview")
DESTROY = ("destroy", "--yes", "--skip-preview")
HOSTS = ("docker01", "docker02")
# What is there once a run is in its middle, on docker01.
NETWORK = "docker network inspect ol1 >/dev/null 2>&1"
CONTAINER_GONE = "! docker inspect web01 >/dev/null 2>&1"


@pytest.fixture
def before(lab):
    return {host: look(lab, host) for host in HOSTS}


@pytest.fixture
def stack(before, environment):
    return environment("lab-overlay")


def all_reach_each_other(lab):
    lab.ssh("docker01", "docker exec web01 ping -c 1 -W 2 web02")
    lab.ssh("docker02", "docker exec web02 ping -c 1 -W 2 web01")


def pulumi_of(run: subprocess.Popen[str]) -> int:
    """The process ID of pulumi itself in a run's process group."""
    found = subprocess.run(
        ["pgrep", "-o", "-x", "-g", str(run.pid), "pulumi"],
        capture_output=True,
        text=True,
        check=True,
    )
    return int(found.stdout)


def end_in_the_middle(lab, stack, words, middle, name):
    """Begin a run, send it a signal once ``middle`` holds on docker01, and have its end.

    SIGINT goes to all of it, as Ctrl-C does; SIGTERM to pulumi alone, as a job's runner does.
    """
    run = stack.start(*words)
    lab.ssh("docker01", f"until {middle}; do sleep 0.02; done")
    if name == "SIGINT":
        os.killpg(run.pid, signal.SIGINT)
    else:
        os.kill(pulumi_of(run), signal.SIGTERM)
    said, _ = run.communicate(timeout=120)
    assert run.returncode != 0, said
    assert "Traceback" not in said, said
    # Nothing of the run is left on this machine.
    wait(lambda: subprocess.run(["pgrep", "-g", str(run.pid)], check=False).returncode != 0, 20)


@pytest.mark.long
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_an_up_that_is_ended_is_run_again(lab, stack, before, name):
    end_in_the_middle(lab, stack, UP, NETWORK, name)
    for host in HOSTS:
        assert lab.ssh(host, "systemctl is-active docker").stdout.strip() == "active"
    stack.up()
    all_reach_each_other(lab)
    assert stack.up().changes == {}
    stack.destroy()
    assert not difference(before, {host: look(lab, host) for host in HOSTS})


@pytest.mark.long
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_destroy_that_is_ended_is_run_again_or_taken_back(lab, stack, before, name):
    stack.up()
    end_in_the_middle(lab, stack, DESTROY, CONTAINER_GONE, name)
    if name == "SIGINT":
        stack.up()
        all_reach_each_other(lab)
        assert stack.up().changes == {}
    stack.destroy()
    assert not difference(before, {host: look(lab, host) for host in HOSTS})
