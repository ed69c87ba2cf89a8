"""Hosts on the Consul overlay that boot: after a power cut, and while Consul is away."""

from __future__ import annotations

from functools import partial

import pytest

from tests.lab.waiting import wait

PING = "docker exec web01 ping -c 1 -W 2 web02"
PING_BACK = "docker exec web02 ping -c 1 -W 2 web01"


@pytest.mark.long
@pytest.mark.timeout(600)
def test_after_a_power_cut_of_all_hosts_an_up_makes_what_does_not_start_by_itself_anew(
    lab, environment
):
    stack = environment("lab-overlay")
    stack.up()
    power_cut(lab)
    settled(lab)
    assert "container web02 on docker02 does not run" in stack.preview().text
    stack.up()
    wait(lambda: lab.ssh("docker01", PING, check=False).returncode == 0, 30)
    assert stack.up().changes == {}


@pytest.mark.long
@pytest.mark.timeout(600)
def test_all_hosts_may_lose_their_power_at_once_consul_s_too(lab, environment):
    stack = environment("lab-overlay")
    stack.restart_containers()
    stack.up()
    power_cut(lab)
    wait(lambda: lab.ssh("docker01", PING, check=False).returncode == 0, 120)
    wait(lambda: lab.ssh("docker02", PING_BACK, check=False).returncode == 0, 60)
    assert stack.preview().changes == {}


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_host_that_boots_without_consul_comes_back_by_itself_once_it_is_there(lab, environment):
    stack = environment("lab-overlay")
    for name in ("web01", "web02"):
        stack.config["containers"][name]["restart"] = "unless-stopped"
    stack.config["containers"]["idle"] = {
        "host": "docker02", "image": "busybox:1", "command": ["sleep", "1d"], "init": True,
        "network": "ol1", "restart": "unless-stopped",
    }  # fmt: skip
    stack.write()
    stack.up()
    lab.ssh("docker02", "docker stop idle")
    lab.power_off("docker02")
    lab.power_off("docker01")
    lab.power_on("docker02", wait=False)
    # Docker 20.10 waits for its store for a minute before its API is there.
    wait(lambda: lab.ssh("docker02", "timeout 3 docker ps", check=False).returncode == 0, 240)
    assert "web02" not in lab.ssh("docker02", "docker ps").stdout
    lab.power_on("docker01", wait=False)
    wait(lambda: "web02" in lab.ssh("docker02", "timeout 3 docker ps", check=False).stdout, 200)
    wait(lambda: "web01" in lab.ssh("docker01", "timeout 3 docker ps", check=False).stdout, 200)
    settled(lab)
    wait(lambda: lab.ssh("docker01", PING, check=False).returncode == 0, 60)
    assert "idle" not in lab.ssh("docker02", "docker ps").stdout, "a person had stopped it"
    assert "container idle on docker02 does not run" in stack.preview().text
    # What it takes to be as before is nothing.
    lab.ssh("docker02", "docker start idle")
    assert stack.preview().changes == {}


@pytest.mark.long
def test_a_host_that_lost_its_power_has_its_containers_reachable_again(lab, environment):
    stack = environment("lab-overlay")
    stack.config["containers"]["web02"]["restart"] = "unless-stopped"
    stack.write()
    stack.up()
    lab.ssh("docker02", "docker run -d --name stranger --restart always busybox:1 sleep 1d")
    try:
        lab.power_off("docker02")
        lab.power_on("docker02")
        wait(lambda: lab.ssh("docker01", PING, check=False).returncode == 0, 60)
        wait(lambda: lab.ssh("docker02", PING_BACK, check=False).returncode == 0, 30)
        # Docker alone does not get there: its overlay driver refuses the container for good.
        journal = "journalctl -b -u 'crosshost-boot-*' --no-pager"
        assert "could not get network sandbox" in lab.ssh("docker02", journal).stdout
        # The daemon was restarted for that, and what ran meanwhile went on running.
        age = "awk '{print $22}' /proc/$(%s)/stat"
        started = age % "docker inspect -f {{.State.Pid}} stranger"
        daemon = age % "pidof dockerd"
        assert int(lab.ssh("docker02", started).stdout) < int(lab.ssh("docker02", daemon).stdout)
        assert stack.preview().changes == {}
    finally:
        lab.ssh("docker02", "docker rm -f stranger")


@pytest.mark.long
@pytest.mark.timeout(600)
def test_containers_that_docker_started_before_its_engine_joined_are_started_again(
    lab, environment
):
    stack = environment("lab-overlay")
    containers = stack.config["containers"]
    for name in ("web01", "web02"):
        containers[name]["restart"] = "always"
    common = {"host": "docker01", "image": "busybox:1", "command": ["sleep", "1d"], "init": True,
              "restart": "unless-stopped"}  # fmt: skip
    containers["db01"] = {**common, "network": "ol1"}
    containers["sidecar"] = {**common, "network": "container:db01"}
    stack.write()
    stack.up()
    journal = "journalctl -b -u 'crosshost-boot-*' --no-pager"
    for _ in range(3):
        lab.power_off("docker01")
        # Docker waits for the store, whose server it starts itself, with each container.
        lab.power_on("docker01", wait=False)
        wait(lambda: lab.ssh("docker01", f"timeout 5 {PING}", check=False).returncode == 0, 200)
        settled(lab)
        for name in ("web01", "db01", "sidecar"):
            ping = f"timeout 5 docker exec {name} ping -c 1 -W 2 web02"
            wait(partial(succeeds, lab, "docker01", ping), 60)
        wait(lambda: lab.ssh("docker02", PING_BACK, check=False).returncode == 0, 30)
        stopped = (
            "grep -l 'HasBeenManuallyStopped\":true' /var/lib/docker/containers/*/config.v2.json"
        )
        assert lab.ssh("docker01", stopped, check=False).stdout == ""
        assert stack.preview().changes == {}
        if "started before the engine had joined" in lab.ssh("docker01", journal).stdout:
            return
    pytest.fail("Docker joined its peers first at every boot: nothing was shown")


def power_cut(lab):
    """Both hosts lose their power at once, and have it again."""
    for host in ("docker01", "docker02"):
        lab.power_off(host)
    for host in ("docker01", "docker02"):
        lab.power_on(host)


def succeeds(lab, host, command):
    return lab.ssh(host, command, check=False).returncode == 0


def is_not_active(lab, host, asked):
    return "active" not in lab.ssh(host, asked, check=False).stdout.split()


def settled(lab):
    """Until the units have started what Docker could not, or did too early."""
    unit = "systemctl is-active 'crosshost-boot-*'"
    for host in ("docker01", "docker02"):
        wait(partial(is_not_active, lab, host, unit), 60)
