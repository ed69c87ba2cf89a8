"""The Consul server of an overlay is lost: its container, its data, or what is in its store."""

from __future__ import annotations

from functools import partial

import pytest

from tests.lab.host_state import difference, look
from tests.lab.waiting import FOR_DAEMON_CHANGE, wait

HOSTS = ("docker01", "docker02")


@pytest.fixture(scope="module")
def running(lab, shared_environment):
    """The notes' overlay, up."""
    stack = shared_environment("lab-overlay")
    stack.before = {host: look(lab, host) for host in HOSTS}
    stack.up()
    return stack


def pids(lab):
    form = "docker inspect -f {{.State.Pid}} "
    return [lab.ssh(f"docker0{n}", f"{form} web0{n}", check=False).stdout.strip() for n in (1, 2)]


def pings(lab, source, target):
    ping = f"docker exec web0{source} ping -c 1 -W 2 web0{target}"
    return lab.ssh(f"docker0{source}", ping, check=False).returncode == 0


@pytest.fixture
def works(lab, running):
    """Checks that the containers reach each other by name, and that nothing is left to do."""

    def check():
        wait(partial(pings, lab, 1, 2), 20)
        wait(partial(pings, lab, 2, 1), 20)
        assert running.up().changes == {}
        assert running.preview("--refresh").changes == {}

    return check


def test_a_removed_server_comes_back_with_its_data_and_no_container_is_touched(lab, running, works):
    before = pids(lab)
    lab.ssh("docker01", "docker rm -f consul")
    preview = running.preview()
    assert "Consul on docker01 does not run: up starts it" in preview.text
    assert "gone" not in preview.text
    assert preview.changes.get("to replace") == 1, preview.text
    running.up()
    assert pids(lab) == before
    works()


@pytest.mark.long
def test_a_server_that_lost_its_data_too_gets_its_networks_anew_and_it_is_said_before(
    lab, running, works
):
    before = pids(lab)
    lab.ssh("docker01", "docker rm -f -v consul && docker volume rm consul-data")
    preview = running.preview()
    assert (
        "Consul on docker01 does not run: up begins it anew, as its data is lost too, and makes the "
        "overlays and their containers anew"
    ) in preview.text
    running.up()
    assert not set(pids(lab)) & set(before)
    works()


@pytest.mark.long
def test_an_emptied_store_shows_in_the_preview_and_is_filled_again(lab, running, works):
    lab.ssh("docker01", "docker exec consul consul kv delete -recurse docker/")
    preview = running.preview()
    assert "network ol1 is gone from docker01: up makes it anew" in preview.text, preview.text
    running.up()
    works()


@pytest.mark.long
@pytest.mark.parametrize("how", ["stop", "rm -f"])
def test_a_refresh_without_the_server_loses_nothing(lab, running, works, how):
    before = pids(lab)
    lab.ssh("docker01", f"docker {how} consul")
    running.up("--refresh", check=False)
    running.up()
    assert pids(lab) == before
    works()


@pytest.mark.long
def test_a_removed_container_and_network_are_made_anew_by_a_plain_up(lab, running, works):
    lab.ssh("docker02", "docker rm -f web02")
    assert "container web02 is gone from docker02: up makes it anew" in running.preview().text
    running.up()
    works()
    lab.ssh("docker01", "docker rm -f web01")
    lab.ssh("docker02", "docker rm -f web02; docker network rm ol1")
    running.up()
    works()
    lab.ssh("docker02", "docker stop web02")
    running.up()
    works()


@pytest.mark.long
def test_another_host_for_the_server_makes_networks_anew_and_says_so_there_and_back(
    lab, running, works
):
    for host in ("docker02", "docker01"):
        before = pids(lab)
        running.config["consul"]["host"] = host
        running.write()
        preview = running.preview().text
        assert f"Consul is to be on {host}, and its data does not move: up makes" in preview
        running.up()
        assert not set(pids(lab)) & set(before)
        works()
        there = {at: lab.ssh(at, "docker ps --format '{{.Names}}'").stdout.split() for at in HOSTS}
        assert [at for at in HOSTS if "consul" in there[at]] == [host]


# Waits for a change of daemon.json on the host, and ends it with all that it has begun.
CUT = f"""
{FOR_DAEMON_CHANGE}sleep 0.05
pkill -KILL -f '^sh .*/daemon.sh apply'
"""


@pytest.mark.long
@pytest.mark.timeout(400)
def test_a_move_of_the_server_that_is_cut_off_half_way_is_ended_by_the_next_up(lab, running, works):
    running.config["consul"]["host"] = "docker02"
    running.write()
    up = running.start("up", "--yes", "--skip-preview")
    lab.ssh("docker01", CUT)
    said, _ = up.communicate(timeout=150)
    assert up.returncode != 0, said
    running.up()
    works()
    running.config["consul"]["host"] = "docker01"
    running.write()
    running.up()
    works()


def test_after_all_that_nothing_is_left(lab, running):
    running.destroy()
    assert not difference(running.before, {host: look(lab, host) for host in HOSTS})
