"""Faults in the middle of a run: hosts go on, nothing is lost, the next up puts all right."""

from __future__ import annotations

import json
import os
import signal
import time

import pytest

from tests.lab.host_state import look
from tests.lab.waiting import FOR_DAEMON_CHANGE

UP = ("up", "--yes", "--skip-preview")
HOSTS = ("docker01", "docker02")
# Waits for a change of daemon.json on a host and halts it in its middle.
HALT = f"""
{FOR_DAEMON_CHANGE}kill -STOP "$pid"
echo "$pid"
"""
FULL_ETC_DOCKER = """
mkdir /run/crosshost-test
cp -p /etc/docker/daemon.json /run/crosshost-test/
mount -t tmpfs -o size=8k none /etc/docker
cp -p /run/crosshost-test/daemon.json /etc/docker/
head -c 64k /dev/zero >/etc/docker/full || true
"""
# Lists the files, complains if daemon.json is another, and takes the full disk away.
LEFT_IN_ETC_DOCKER = """
ls /etc/docker
cmp /etc/docker/daemon.json /run/crosshost-test/daemon.json 2>&1
umount /etc/docker
rm -r /run/crosshost-test
"""


@pytest.fixture
def before(lab):
    """What the hosts are like without us."""
    return {host: look(lab, host).splitlines() for host in HOSTS}


@pytest.fixture
def stack(before, environment):
    return environment("lab-overlay")


@pytest.fixture
def recovers(lab, stack, before):
    """Checks that the hosts are whole, that up converges, and that destroy leaves no trace."""

    def check():
        for host in HOSTS:
            json.loads(lab.ssh(host, "cat /etc/docker/daemon.json").stdout)
        stack.up()
        assert stack.up().changes == {}
        lab.ssh("docker01", "docker exec web01 ping -c 1 -W 2 web02")
        lab.ssh("docker02", "docker exec web02 ping -c 1 -W 2 web01")
        stack.destroy()
        for host in HOSTS:
            assert look(lab, host).splitlines() == before[host]

    return check


@pytest.mark.long
def test_a_host_dies_in_the_middle_of_a_change(lab, stack, recovers):
    up = stack.start(*UP)
    lab.ssh("docker02", HALT)
    lab.power_off("docker02")
    lab.power_on("docker02")
    said, _ = up.communicate(timeout=120)
    assert up.returncode != 0, said
    recovers()


@pytest.mark.long
def test_a_connection_that_drops_leaves_the_change_to_end_by_itself(lab, stack, recovers):
    up = stack.start(*UP)
    pid = lab.ssh("docker02", HALT).stdout.strip()
    lab.ssh(
        "docker02",
        f"at={pid}; until [ $(cat /proc/$at/comm) = sshd ]; do at=$(ps -o ppid= $at | tr -d ' '); "
        "done; kill -KILL $at",
    )
    said, _ = up.communicate(timeout=60)
    assert up.returncode != 0, said
    # The next up finds the change still at work and waits for its end.
    second = stack.start(*UP)
    time.sleep(2)
    lab.ssh("docker02", f"kill -CONT {pid}")
    said, _ = second.communicate(timeout=120)
    assert second.returncode == 0, said
    recovers()


@pytest.mark.long
def test_a_program_that_is_killed_is_run_again(lab, stack, recovers):
    up = stack.start(*UP)
    # Pulumi may know of the network by now, or not.
    lab.ssh("docker01", "until docker network inspect ol1 >/dev/null 2>&1; do sleep 0.02; done")
    os.killpg(up.pid, signal.SIGKILL)
    up.communicate()
    locked = stack.up(check=False)
    assert "locked" in locked.text, locked.text
    # The way out that docs/trouble.md gives.
    stack.run("cancel", "--yes")
    label = f"--label crosshost.stack={stack.name}"
    lab.ssh("docker02", f"docker network create {label} strayed")
    lab.ssh("docker02", f"docker create {label} --network strayed --name stray centos_ssh:v2")
    leftovers = ["python", "-m", "crosshost", "leftovers", "-s", stack.name]
    remove = ["python", "-m", "crosshost", "remove-leftovers", "-s", stack.name]
    said = lab.run(leftovers).stdout.splitlines()
    asked = lab.run(remove).stdout.splitlines()
    assert asked[: len(said)] == said
    assert asked[-1] == "nothing was changed: --yes does it"
    assert lab.run(leftovers).stdout.splitlines() == said
    lab.run([*remove, "--yes"])
    assert {line for line in said if "ol1" not in line} == {
        "docker02: container stray", "docker02: network strayed",
    }  # fmt: skip
    assert lab.run(leftovers).stdout == "nothing is left over\n"
    assert "pending" not in stack.preview().text
    recovers()


@pytest.mark.long
def test_a_full_disk_leaves_all_as_it_was(lab, stack, recovers):
    # First where our own things are kept, then where daemon.json is.
    lab.ssh(
        "docker02",
        "mkdir /var/lib/crosshost; mount -t tmpfs -o nr_inodes=3,mode=755 none /var/lib/crosshost",
    )
    up = stack.up(check=False)
    lab.ssh("docker02", "umount /var/lib/crosshost && rmdir /var/lib/crosshost")
    assert f"cannot write to /var/lib/crosshost/{stack.name}: is the disk full?" in up.text
    lab.ssh("docker02", FULL_ETC_DOCKER)
    up = stack.up(check=False)
    left = lab.ssh("docker02", LEFT_IN_ETC_DOCKER).stdout
    assert (
        "/etc/docker/daemon.json is as it was and cannot be written: cp: error writing" in up.text
    )
    assert "No space left on device" in up.text
    assert left.split() == ["daemon.json", "full"]
    recovers()


@pytest.mark.long
def test_two_ups_at_once_do_not_harm_each_other(lab, stack, recovers, environment):
    other = environment("lab-macvlan")
    first = stack.start(*UP)
    neighbour = other.start(*UP)
    lab.ssh("docker01", "until [ -e /var/lib/crosshost/*overlay ]; do sleep 0.02; done")
    second = stack.up(check=False)
    said, _ = first.communicate(timeout=120)
    assert first.returncode == 0, said
    said, _ = neighbour.communicate(timeout=120)
    assert neighbour.returncode == 0, said
    assert second.code != 0
    assert "the stack is currently locked by 1 lock(s)" in second.text
    assert other.up().changes == {}
    lab.ssh("docker01", "docker exec ssh01 ping -c 1 -W 2 10.0.0.200")
    other.destroy()
    recovers()


@pytest.mark.long
def test_consul_is_down_at_up_and_at_destroy(lab, stack, before):
    stack.up()
    lab.ssh("docker01", "docker stop consul")
    stack.config["containers"]["web03"] = {**stack.config["containers"]["web02"]}
    stack.write()
    preview = stack.preview().text
    assert "Consul on docker01 does not run: up starts it" in preview
    assert "is gone" not in preview
    stack.up()
    lab.ssh("docker01", "docker exec web01 ping -c 1 -W 2 web03")
    assert stack.up().changes == {}

    lab.ssh("docker01", "docker stop consul")
    stack.destroy()
    for host in HOSTS:
        assert look(lab, host).splitlines() == before[host]
