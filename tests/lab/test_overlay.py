"""The notes' overlay on Consul on real hosts."""

from __future__ import annotations

import json

import pytest

from tests.lab.host_state import difference, look

STRANGER = "docker run -d --name stranger --restart always busybox:1 sleep 1d"


@pytest.fixture
def stranger(lab):
    """A container of somebody else's on docker02; its PID."""
    lab.ssh("docker02", STRANGER)
    yield lab.ssh("docker02", "docker inspect -f {{.State.Pid}} stranger").stdout
    lab.ssh("docker02", "docker rm -f stranger")


@pytest.fixture(scope="module")
def running(shared_environment):
    """The notes' overlay, up, for the tests at the end of the file."""
    stack = shared_environment("lab-overlay")
    stack.up()
    return stack


def test_the_notes_overlay_works_and_goes_without_a_trace(lab, environment, stranger):
    before = {host: look(lab, host) for host in ("docker01", "docker02")}
    dockerd = lab.ssh("docker02", "pidof dockerd").stdout
    stack = environment("lab-overlay")

    stack.up()
    # Containers reach each other by name, both ways.
    lab.ssh("docker01", "docker exec web01 ping -c 1 -W 2 web02")
    lab.ssh("docker02", "docker exec web02 ping -c 1 -W 2 web01")
    # Both hosts are in Consul's key-value store, and the outputs say so.
    keys = lab.ssh("docker01", "docker exec consul consul kv get -keys docker/nodes/").stdout
    assert keys.split() == ["docker/nodes/10.0.0.11:0", "docker/nodes/10.0.0.12:0"]
    assert stack.outputs()["consul"] == {"url": "http://10.0.0.11:8500", "hosts": keys.split()}
    # A reload was enough, and the admin's keys are still there.
    assert lab.ssh("docker02", "pidof dockerd").stdout == dockerd
    daemon_json = json.loads(lab.ssh("docker02", "cat /etc/docker/daemon.json").stdout)
    assert daemon_json == {
        "registry-mirrors": ["http://10.0.0.2:5000"],
        "cluster-store": "consul://10.0.0.11:8500",
        "cluster-advertise": "10.0.0.12:0",
    }

    assert stack.up().changes == {}
    assert stack.preview("--refresh").changes == {}

    stack.destroy()
    assert not difference(before, {host: look(lab, host) for host in before})
    # The daemon had to be restarted to leave the store, yet containers never stopped.
    assert lab.ssh("docker02", "docker inspect -f {{.State.Pid}} stranger").stdout == stranger


@pytest.mark.long
def test_an_admins_edit_is_shown_kept_and_survives_destroy(lab, environment):
    original = lab.ssh("docker02", "cat /etc/docker/daemon.json").stdout
    stack = environment("lab-overlay")
    stack.up()
    lab.ssh(
        "docker02",
        """sed -i 's/^{/{\\n    "max-concurrent-downloads": 2,/' /etc/docker/daemon.json""",
    )
    preview = stack.preview()
    assert preview.changes == {"to update": 1}
    assert '+     "max-concurrent-downloads": 2,' in preview.text
    stack.up()
    assert stack.up().changes == {}
    lab.ssh(
        "docker02", """sed -i 's/^{/{\\n    "shutdown-timeout": 20,/' /etc/docker/daemon.json"""
    )
    stack.destroy()
    left = json.loads(lab.ssh("docker02", "cat /etc/docker/daemon.json").stdout)
    assert left == {
        "shutdown-timeout": 20,
        "max-concurrent-downloads": 2,
        "registry-mirrors": ["http://10.0.0.2:5000"],
    }
    lab.ssh("docker02", "cat >/etc/docker/daemon.json; systemctl restart docker", input=original)


@pytest.mark.long
def test_a_deleted_daemon_json_shows_in_the_preview_and_is_repaired(lab, environment):
    original = lab.ssh("docker02", "cat /etc/docker/daemon.json").stdout
    stack = environment("lab-overlay")
    stack.up()
    lab.ssh("docker02", "rm /etc/docker/daemon.json")
    preview = stack.preview()
    assert preview.changes == {"to update": 1}
    assert '-     "registry-mirrors": [' in preview.text
    stack.up()
    assert "consul://10.0.0.11:8500" in lab.ssh("docker02", "cat /etc/docker/daemon.json").stdout
    assert stack.up().changes == {}
    stack.destroy()
    lab.ssh("docker02", "cat >/etc/docker/daemon.json; systemctl restart docker", input=original)


@pytest.mark.long
def test_everything_of_ours_on_a_host_may_be_lost_and_comes_back(lab, environment):
    before = look(lab, "docker02")
    keys = json.loads(lab.ssh("docker02", "cat /etc/docker/daemon.json").stdout)
    text = lab.ssh("docker02", "cat /etc/docker/daemon.json").stdout
    stack = environment("lab-overlay")
    stack.up()
    lab.ssh("docker02", "rm -r /var/lib/crosshost")
    # Scripts, images, daemon.json and the list of what is there; the firewall's rules anew.
    assert stack.preview().changes == {"to update": 4, "to replace": 1, "changes": 5}
    stack.up()
    assert stack.up().changes == {}
    lab.ssh("docker01", "docker exec web01 ping -c 1 -W 2 web02")
    stack.destroy()
    assert json.loads(lab.ssh("docker02", "cat /etc/docker/daemon.json").stdout) == keys
    # The keys are what they were; how the file was written was lost.
    lab.ssh("docker02", "cat >/etc/docker/daemon.json", input=text)
    assert look(lab, "docker02") == before


@pytest.mark.long
def test_a_destroy_that_was_cut_off_half_way_is_finished_by_the_next(lab, environment):
    before = look(lab, "docker01")
    stack = environment("lab-overlay")
    stack.up()
    # As after a power cut between the undo's steps: the plan is made, live-restore is on.
    lab.ssh(
        "docker01",
        "cd /var/lib/crosshost/*overlay/daemon && cp -p ../../@host/daemon.json/original final && "
        """sed -i 's/^{/{\\n    "live-restore": true,/' /etc/docker/daemon.json && """
        "systemctl reload docker",
    )
    stack.destroy()
    assert look(lab, "docker01") == before


@pytest.mark.long
def test_endpoints_of_a_dead_host_do_not_keep_the_network_from_being_removed(lab, environment):
    before = look(lab, "docker01")
    stack = environment("lab-overlay")
    stack.up()
    # docker02 loses its container without the store hearing of it.
    lab.ssh(
        "docker01",
        "docker exec consul consul kv export docker/network/v1.0/endpoint >/root/ep.json",
    )
    lab.ssh("docker02", "docker rm -f web02")
    lab.ssh("docker01", "docker exec -i consul consul kv import - </root/ep.json; rm /root/ep.json")
    assert "web02" in lab.ssh("docker01", "docker network inspect ol1").stdout
    stack.destroy()
    assert look(lab, "docker01") == before


@pytest.mark.long
def test_a_daemon_that_refuses_its_new_settings_has_its_old_ones_back(lab, running):
    before = lab.ssh("docker02", "cat /etc/docker/daemon.json").stdout
    base = lab.ssh("docker02", "sha256sum /etc/docker/daemon.json").stdout.split()[0]
    bad = f'planned=x base={base} action=reload own=bip\n{{"registry-mirrors": "nonsense"}}\n'
    script = f"/var/lib/crosshost/{running.name}/scripts/daemon.sh"
    result = lab.ssh("docker02", f"sh {script} apply", input=bad, check=False)
    assert result.returncode == 1
    assert "refused the new daemon.json and has its old one back: " in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert lab.ssh("docker02", "cat /etc/docker/daemon.json").stdout == before
    lab.ssh("docker01", "docker exec web01 ping -c 1 -W 2 web02")
    # A plan made on another file than the one that is there is refused, too.
    stale = 'planned=x base=absent action=reload own=bip\n{"debug": true}\n'
    result = lab.ssh("docker02", f"sh {script} apply", input=stale, check=False)
    assert result.returncode == 1
    assert "changed on the host after it was looked at: run pulumi up again" in result.stderr
    assert running.up().changes == {}


@pytest.mark.long
def test_a_container_moves_on_the_overlay_with_its_name(lab, running):
    running.config["containers"]["web02"]["host"] = "docker01"
    running.write()
    running.up()
    assert "web02" not in lab.ssh("docker02", "docker ps -a").stdout
    lab.ssh("docker01", "docker exec web01 ping -c 1 -W 2 web02")
    assert running.up().changes == {}


@pytest.mark.long
def test_a_strangers_container_on_the_network_is_named_and_not_touched(lab, running):
    lab.ssh("docker02", "docker run -d --name stranger --network ol1 --init busybox:1 sleep 1d")
    try:
        outcome = running.destroy(check=False)
        assert outcome.code != 0
        assert "network ol1 is still used by stranger: remove that" in outcome.text
        assert "stranger" in lab.ssh("docker02", "docker ps").stdout
    finally:
        lab.ssh("docker02", "docker rm -f stranger")
