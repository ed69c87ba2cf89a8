"""What an up interrupts between containers that it does not replace, on real hosts: seen, named, measured."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.lab.interruptions import another, begin, lost, nothing_is_left, told

pytestmark = pytest.mark.timeout(900)
SHUT = "iptables -I INPUT -p udp --dport 4789 -j DROP"
OPEN = "iptables -D INPUT -p udp --dport 4789 -j DROP"


@pytest.fixture(scope="module")
def overlay(shared_environment):
    """Three containers on two hosts; nothing may interrupt those that stay."""
    stack = shared_environment("lab-overlay")
    stack.config["containers"]["web"] = dict(stack.config["containers"]["web01"])
    stack.config["prove"] = {"when": "changed", "strict": True}
    stack.write()
    stack.up()
    return stack


def test_an_up_that_replaces_one_container_of_three_interrupts_not_the_other_two(lab, overlay):
    assert told(overlay) == {}
    another(overlay)
    up = overlay.up()
    rows = told(overlay)
    assert list(rows) == [("web01", "web02")]
    row = rows["web01", "web02"]
    assert (row["expected"], row["observed"], row["ms"]) == ("yes", "yes", 0)
    assert "1 pair of containers on different hosts" in up.text
    assert "0 ms lost" in up.text
    nothing_is_left(lab)
    again = overlay.up()
    assert again.changes == {}
    assert "0 ms lost" not in again.text
    assert told(overlay) == rows
    nothing_is_left(lab)


@pytest.mark.long
def test_a_break_by_hand_is_named_with_both_hosts_and_how_long_and_the_next_up_proves_again(
    lab, overlay
):
    another(overlay)
    run = begin(lab, overlay)
    time.sleep(0.5)
    lab.ssh("docker02", f"{SHUT}; sleep 1; {OPEN}")
    said, _ = run.communicate(timeout=120)
    assert run.returncode != 0, said
    assert 800 <= lost(said) <= 4000
    assert "and nothing was to interrupt them" in said
    nothing_is_left(lab)
    overlay.up()
    assert told(overlay)["web01", "web02"]["ms"] == 0


@pytest.mark.long
def test_where_it_is_not_strict_the_up_succeeds_and_warns(lab, overlay):
    overlay.config["prove"]["strict"] = False
    another(overlay)
    try:
        run = begin(lab, overlay)
        time.sleep(0.5)
        lab.ssh("docker02", f"{SHUT}; sleep 1; {OPEN}")
        said, _ = run.communicate(timeout=120)
        assert run.returncode == 0, said
        assert "warning: web01 on docker01 and web02 on docker02 did not reach each other" in said
        row = told(overlay)["web01", "web02"]
        assert (row["expected"], row["observed"]) == ("yes", "no")
        assert 900 <= row["ms"] <= 2500
    finally:
        overlay.config["prove"]["strict"] = True
        overlay.write()
    overlay.up()


@pytest.mark.long
@pytest.mark.parametrize("live_restore", [False, True])
def test_a_daemon_that_is_restarted_with_containers_that_go_on_interrupts_nobody(
    lab, overlay, live_restore
):
    overlay.config["daemon"] = {
        "settings": {
            "dns": ["10.0.0.2"], "live-restore": live_restore,
            "default-address-pools": [{"base": "10.77.0.0/16", "size": 24}],
        }
    }  # fmt: skip
    overlay.write()
    assert "go on running" in overlay.preview().text
    try:
        overlay.up()
        assert [row["ms"] for row in told(overlay).values()] == [0, 0]
    finally:
        del overlay.config["daemon"]
        overlay.write()
    overlay.up()
    assert [row["ms"] for row in told(overlay).values()] == [0, 0]


@pytest.mark.long
def test_an_up_that_is_killed_leaves_nothing_on_the_hosts(lab, overlay):
    another(overlay)
    run = begin(lab, overlay)
    os.killpg(run.pid, signal.SIGKILL)
    run.communicate(timeout=20)
    nothing_is_left(lab)
    overlay.run("cancel", "--yes")
    lab.run(["python", "-m", "crosshost", "remove-leftovers", "-s", overlay.name, "--yes"])
    overlay.up()
    nothing_is_left(lab)


@pytest.mark.long
def test_a_break_while_things_are_deleted_comes_after_the_proof_and_is_printed(lab, overlay):
    gone = overlay.config["containers"].pop("web")
    overlay.config["containers"]["slow"] = {
        "host": "docker01", "image": "busybox:1", "network": "ol1", "command": ["sleep", "1d"],
        "stop_grace_period": "6s",
    }  # fmt: skip
    overlay.write()
    overlay.up()
    del overlay.config["containers"]["slow"]
    overlay.config["containers"]["web"] = gone
    overlay.write()
    run = overlay.start("up", "--yes", "--skip-preview")
    killed = "timeout 60 docker events --filter container=slow --filter event=kill"
    lab.ssh("docker01", f"{killed} | {{ read -r _ && {SHUT}; sleep 1; {OPEN}; }}")
    said, _ = run.communicate(timeout=120)
    assert run.returncode == 0, said
    assert 800 <= lost(said) <= 4000
    assert told(overlay)["web01", "web02"]["ms"] == 0
    nothing_is_left(lab)
    assert overlay.up().changes == {}


@pytest.mark.long
def test_a_host_that_lacks_ping_is_not_known_and_fails_nothing_where_an_image_is_given(
    lab, overlay
):
    overlay.config["prove"]["image"] = "centos_ssh:v2"
    another(overlay)
    lab.ssh("docker01", "mount --bind /dev/null /bin/ping")
    try:
        overlay.up()
        assert [row["observed"] for row in told(overlay).values()] == ["unknown"]
    finally:
        lab.ssh("docker01", "umount /bin/ping")
        del overlay.config["prove"]["image"]
        overlay.write()
    overlay.up()
