"""Containers on real hosts: modes, and changes that must take effect."""

from __future__ import annotations

import time

import pytest

from tests.lab.host_state import look


@pytest.fixture(scope="module")
def shared(shared_environment):
    return shared_environment("lab-modes")


@pytest.fixture
def one(shared):
    """An environment whose only container is to be ``one`` on docker01, on the bridge."""
    stack = shared
    stack.config["containers"] = {
        "one": {"host": "docker01", "image": "busybox:1", "command": ["sleep", "1d"], "init": True}
    }
    stack.write()
    return stack


def inspect(lab, template: str, name: str = "one") -> str:
    return lab.ssh(
        "docker01", "docker", "inspect", "-f", "{{" + template + "}}", name
    ).stdout.strip()


def test_the_four_modes_of_the_notes(lab, environment):
    before = look(lab, "docker01")
    stack = environment("lab-modes")
    stack.up()
    assert lab.ssh("docker01", "docker exec alone ls /sys/class/net").stdout.split() == ["lo"]
    assert "ens33" in lab.ssh("docker01", "docker exec onhost ls /sys/class/net").stdout
    address = inspect(lab, ".NetworkSettings.IPAddress", "bridged")
    assert address.startswith("172.17.")
    assert address in lab.ssh("docker01", "docker exec beside ip address show eth0").stdout
    assert "404" in lab.run(["curl", "-sI", "http://10.0.0.11:8080/"]).stdout
    modes = {name: row["mode"] for name, row in stack.outputs()["containers"].items()}
    assert modes == {
        "alone": "none",
        "onhost": "host",
        "bridged": "bridge",
        "beside": "container:bridged",
    }
    assert stack.up().changes == {}
    assert stack.preview("--refresh").changes == {}
    stack.destroy()
    assert look(lab, "docker01") == before


@pytest.mark.long
def test_a_container_whose_process_ends_at_once_fails_up_with_its_last_lines(lab, one):
    one.config["containers"]["one"]["command"] = ["sh", "-c", "echo no such database >&2; exit 3"]
    one.write()
    outcome = one.up(check=False)
    assert outcome.code != 0
    assert "container one does not run: its process ended with exit code 3" in outcome.text
    assert "no such database" in outcome.text
    assert one.up(check=False).code != 0, "a second up is green although nothing runs"
    one.config["containers"]["one"]["command"] = ["sleep", "1d"]
    one.write()
    one.up()
    assert one.up().changes == {}


@pytest.mark.long
def test_a_container_that_crashes_over_and_over_fails_up(lab, one):
    one.config["containers"]["one"] |= {"command": ["sh", "-c", "exit 4"], "restart": "always"}
    one.write()
    outcome = one.up(check=False)
    assert outcome.code != 0
    assert "keeps ending and being restarted (exit code 4)" in outcome.text


@pytest.mark.long
def test_a_container_that_crashed_once_long_ago_is_no_failure_and_one_that_goes_on_is(lab, one):
    once = "test -e /crashed && exec sleep 1d; touch /crashed; exit 3"
    one.config["containers"]["one"] |= {"command": ["sh", "-c", once], "restart": "always"}
    one.write()
    one.up()
    assert inspect(lab, ".RestartCount") == "1"
    # The list that is checked is another one; so is the engine's version after an upgrade.
    beside = {"host": "docker01", "image": "busybox:1", "command": ["sleep", "1d"], "init": True}
    one.config["containers"]["beside"] = beside
    one.write()
    assert one.up().changes == {"created": 2, "updated": 1, "changes": 3}

    slowly = ["sh", "-c", "sleep 3; echo no disk >&2; exit 4"]
    one.config["containers"]["slow"] = {**beside, "command": slowly, "restart": "always"}
    one.write()
    one.up(check=False)  # green before its first end, which nobody can know
    deadline = time.monotonic() + 20
    while inspect(lab, ".RestartCount", "slow") in ("0", ""):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    one.config["containers"]["beside"] = {**beside, "hostname": "other"}
    one.write()
    outcome = one.up(check=False)
    assert outcome.code != 0
    assert "container slow keeps ending and being restarted" in outcome.text
    assert "no disk" in outcome.text
    assert "container one" not in outcome.text


@pytest.mark.long
def test_words_that_the_plugin_would_ignore_take_effect(lab, one):
    words = one.config["containers"]["one"]
    words |= {"healthcheck": {"test": "true", "interval": "5s"}, "tmpfs": ["/a"], "user": "1"}
    words["stop_grace_period"] = "1s"
    one.write()
    one.up()
    words["healthcheck"] = {"test": "false", "interval": "7s"}
    words["tmpfs"] = ["/b"]
    one.write()
    assert one.up().changes.get("replaced") == 1
    assert inspect(lab, "json .Config.Healthcheck.Test") == '["CMD-SHELL","false"]'
    assert inspect(lab, ".Config.Healthcheck.Interval") == "7s"
    assert "/b" in inspect(lab, "json .HostConfig.Tmpfs")
    # StackModel that are taken away go, too.
    del words["healthcheck"], words["user"], words["init"]
    one.write()
    one.up()
    assert inspect(lab, "json .Config.Healthcheck") == "null"
    assert inspect(lab, "json .Config.User") == '""'
    assert inspect(lab, "json .HostConfig.Init") != "true"
    assert one.up().changes == {}


@pytest.mark.long
def test_limits_and_capabilities_leave_a_second_up_empty_also_after_a_refresh(lab, one):
    one.config["containers"]["one"] |= {
        "cap_add": ["NET_ADMIN"], "cap_drop": ["MKNOD"], "mem_limit": "64m", "cpu_shares": 512,
        "ports": ["8081:81", "80"], "labels": {"a": "b"}, "environment": {"A": "1"},
        "extra_hosts": ["db:10.0.0.5"], "volumes": ["/srv:/srv:ro"], "restart": "unless-stopped",
        "ulimits": {"nofile": 1024}, "stop_grace_period": "1s", "hostname": "one", "dns_opt": ["ndots:2"],
        "userns_mode": "host", "runtime": "runc", "logging": {"options": {"max-size": "1m"}},
    }  # fmt: skip
    one.write()
    one.up()
    assert one.up().changes == {}
    assert one.up("--refresh").changes == {}
    assert one.preview("--refresh").changes == {}
    assert inspect(lab, "json .HostConfig.CapAdd") in ('["CAP_NET_ADMIN"]', '["NET_ADMIN"]')


def test_no_secret_is_in_state_in_plain_text(lab, one):
    one.up()
    state = one.state()
    assert "PRIVATE KEY" not in state
    assert (lab.folder / "id_ed25519").read_text().splitlines()[2] not in state


@pytest.mark.long
def test_containers_and_networks_taken_away_by_hand_are_warned_of_and_come_back(lab, environment):
    stack = environment("lab-macvlan")
    stack.up()
    lab.ssh("docker01", "docker stop -t 0 ssh01")
    lab.ssh("docker02", "docker rm -f ssh02; docker network rm macvlan_1")
    preview = stack.preview().text
    assert "container ssh01 on docker01 does not run (Exited (" in preview
    assert "container ssh02 is gone from docker02: up makes it anew" in preview
    assert "network macvlan_1 is gone from docker02" in preview
    stack.up("--refresh")
    lab.ssh("docker01", "docker exec ssh01 ping -c 1 -W 2 10.0.0.200")
    after = stack.preview()
    assert after.changes == {}
    assert "warning" not in after.text
