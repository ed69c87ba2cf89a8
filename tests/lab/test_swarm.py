"""Overlays on Swarm on real hosts with Docker 28: docker03, docker04 and docker05."""

from __future__ import annotations

import json
import threading
from contextlib import ExitStack

import pytest

from tests.lab.forged import dropped, knock, send_udp
from tests.lab.host_state import difference, look
from tests.lab.swarm_hosts import HOSTS, all_reach_each_other, nodes


@pytest.fixture(scope="module", autouse=True)
def hosts(lab):
    lab.up_for("lab-swarm")


@pytest.mark.long
def test_the_overlay_on_swarm_works_and_goes_without_a_trace(lab, environment):
    before = {host: look(lab, host) for host in HOSTS}
    dockerd = {host: lab.ssh(host, "pidof dockerd").stdout for host in HOSTS}
    stack = environment("lab-swarm")
    watched = [Watch(lab, host) for host in HOSTS]

    with ExitStack() as watching:
        for one in watched:
            watching.enter_context(one)
        stack.up("--logtostderr", "-v=8")
    all_reach_each_other(lab)
    assert stack.outputs()["swarm"] == {
        "managers": ["docker03"],
        "workers": ["docker04", "docker05"],
    }
    assert nodes(lab) == {
        "docker03": ("Ready", "Leader"), "docker04": ("Ready", ""), "docker05": ("Ready", ""),
    }  # fmt: skip
    assert {host: lab.ssh(host, "pidof dockerd").stdout for host in HOSTS} == dockerd
    # The token to join with was on no command line and is in no state.
    assert min(one.looks for one in watched) > 5
    assert not any(one.tokens for one in watched)
    assert "SWMTKN" not in stack.state()

    assert stack.up().changes == {}
    assert stack.preview("--refresh").changes == {}

    stack.destroy()
    assert not difference(before, {host: look(lab, host) for host in HOSTS})


class Watch:
    """Looks at a host's process list as fast as it can, for a token to join a swarm with."""

    def __init__(self, lab, host):
        self._lab, self._host = lab, host
        self._thread = threading.Thread(target=self._look)
        self.looks, self.tokens = 0, True

    def _look(self):
        loop = (
            "rm -f /tmp/seen; n=0; while [ ! -e /tmp/enough ]; do n=$((n + 1)); "
            "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -ao 'SWMTK[N]' >>/tmp/seen; "
            "done; echo $n; cat /tmp/seen; rm -f /tmp/seen /tmp/enough"
        )
        answer = self._lab.ssh(self._host, loop, timeout=120).stdout.split()
        self.looks, self.tokens = int(answer[0]), answer[1:]

    def __enter__(self):
        self._thread.start()

    def __exit__(self, *_):
        self._lab.ssh(self._host, "touch /tmp/enough")
        self._thread.join()


@pytest.mark.long
def test_a_host_that_goes_is_off_the_list_and_one_that_comes_is_on_it(lab, environment):
    stack = environment("lab-swarm")
    before = look(lab, "docker05")
    gone = {name: stack.config[name].pop(key) for name, key in
            (("hosts", "docker05"), ("containers", "web03"))}  # fmt: skip
    stack.write()
    stack.up()
    assert set(nodes(lab)) == {"docker03", "docker04"}
    stack.config["hosts"]["docker05"] = gone["hosts"]
    stack.config["containers"]["web03"] = gone["containers"]
    stack.write()
    assert stack.preview().changes.get("to replace") is None
    stack.up()
    all_reach_each_other(lab)
    del stack.config["hosts"]["docker05"], stack.config["containers"]["web03"]
    stack.write()
    stack.up()
    assert set(nodes(lab)) == {"docker03", "docker04"}
    assert look(lab, "docker05") == before
    assert stack.up().changes == {}


@pytest.mark.long
def test_a_host_that_left_by_hand_shows_in_the_preview_and_is_brought_back(lab, environment):
    stack = environment("lab-swarm")
    stack.up()
    lab.ssh("docker05", "docker swarm leave --force")
    preview = stack.preview()
    # Docker takes a host's containers off the networks of a swarm that it leaves.
    assert preview.changes == {"to update": 2, "to replace": 1, "changes": 3}
    assert "docker05 will join the swarm as a worker" in preview.text
    stack.up()
    assert set(nodes(lab)) == set(HOSTS)
    all_reach_each_other(lab)
    assert stack.up().changes == {}


@pytest.mark.long
def test_the_containers_mtu_is_the_one_asked_for_and_encryption_needs_its_module(lab, environment):
    stack = environment("lab-swarm")
    stack.config["networks"]["ol1"]["mtu"] = 1300
    stack.write()
    stack.up()
    link = lab.ssh("docker04", "docker exec web02 ip -o link show eth0").stdout
    assert " mtu 1300 " in link
    assert stack.up().changes == {}
    assert stack.preview("--refresh").changes == {}
    stack.config["networks"]["ol1"]["encrypted"] = True
    stack.write()
    outcome = stack.up(check=False)
    assert outcome.code != 0
    assert "has no module esp4, without which encrypted traffic is dropped" in outcome.text


@pytest.mark.long
def test_a_strangers_container_on_another_host_is_named(lab, environment):
    stack = environment("lab-swarm")
    stack.up()
    run = "docker run -d --name stranger --network ol1 --init busybox:1 sleep 1d"
    id_ = lab.ssh("docker05", run).stdout.split()[-1][:12]
    try:
        outcome = stack.destroy(check=False)
        assert outcome.code != 0
        assert f"network ol1 is still used by container {id_} on docker05 (which is" in outcome.text
    finally:
        lab.ssh("docker05", "docker rm -f stranger")


@pytest.mark.long
def test_autolock_gives_no_key_away(lab, environment):
    stack = environment("lab-swarm")
    stack.config["swarm"]["autolock"] = True
    stack.write()
    stack.up()
    info = json.loads(lab.ssh("docker03", "docker info -f '{{json .Swarm.Cluster.Spec}}'").stdout)
    assert info["EncryptionConfig"]["AutoLockManagers"] is True
    assert "SWMKEY" in lab.ssh("docker03", "docker swarm unlock-key").stdout
    assert "SWMKEY" not in stack.state()
    stack.config["swarm"]["autolock"] = False
    stack.write()
    assert stack.up().changes == {"updated": 1}
    assert stack.up().changes == {}


@pytest.fixture
def deploy(lab):
    """A user of each host who is not root: in the group docker, may use sudo, has our key."""
    for host in HOSTS:
        lab.ssh(
            host,
            "useradd --create-home --shell /bin/sh --groups docker deploy && "
            "install -d -m 700 -o deploy -g deploy /home/deploy/.ssh && "
            "install -m 600 -o deploy -g deploy /root/.ssh/authorized_keys /home/deploy/.ssh/ && "
            "echo 'deploy ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/deploy",
        )
    yield "deploy"
    for host in HOSTS:
        lab.ssh(host, "rm -f /etc/sudoers.d/deploy; pkill -KILL -u deploy; userdel -rf deploy")


@pytest.mark.long
def test_a_user_with_sudo_makes_a_swarm_and_ends_it(lab, environment, deploy):
    before = {host: look(lab, host) for host in HOSTS}
    stack = environment("lab-swarm")
    stack.config["ssh"] |= {"user": deploy, "sudo": True}
    stack.write()
    stack.up()
    all_reach_each_other(lab)
    assert stack.up().changes == {}
    stack.destroy()
    assert not difference(before, {host: look(lab, host) for host in HOSTS})


@pytest.mark.long
def test_a_stranger_on_the_lan_reaches_no_port_of_the_swarm(lab, environment):
    stack = environment("lab-swarm")
    stack.up()
    for host in HOSTS:
        for port in (2377, 7946):
            assert knock(lab, host, port) == "dropped", (host, port)
        for port in (7946, 4789):
            before = dropped(lab, host, f"udp-{port}")
            send_udp(lab, host, port)
            assert dropped(lab, host, f"udp-{port}") == before + 1, (host, port)
    all_reach_each_other(lab)
    # Without the guard they are open: that is what kept the stranger away.
    stack.config["firewall"] = {"mode": "off"}
    stack.write()
    stack.up()
    assert knock(lab, "docker03", 2377) == "open"
    assert knock(lab, "docker04", 7946) == "open"
