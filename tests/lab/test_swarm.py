"""Overlays on Swarm on real hosts with Docker 28: docker03, docker04 and docker05."""

from __future__ import annotations

import json
import threading
from functools import partial
from itertools import product

import pytest

from tests.lab.host_state import difference, look
from tests.lab.waiting import wait

HOSTS = ("docker03", "docker04", "docker05")
WEBS = {"web01": "docker03", "web02": "docker04", "web03": "docker05"}


@pytest.fixture(scope="module", autouse=True)
def hosts(lab):
    lab.up_for("lab-swarm")


def pings(lab, source, target):
    ping = f"docker exec {source} ping -c 1 -W 2 {target}"
    return lab.ssh(WEBS[source], ping, check=False).returncode == 0


def all_reach_each_other(lab):
    for source, target in product(WEBS, WEBS):
        wait(partial(pings, lab, source, target), 20)


def nodes(lab, manager="docker03"):
    """Hostname -> (status, manager status) of every entry of the list."""
    form = "{{.Hostname}} {{.Status}} {{.ManagerStatus}}"
    rows = lab.ssh(manager, f"docker node ls --format '{form}'").stdout.splitlines()
    split = [row.split(" ") for row in rows]
    assert len({row[0] for row in split}) == len(split), rows
    return {name: (status, "".join(more)) for name, status, *more in split}


def pids(lab):
    form = "docker inspect -f {{.State.Pid}} "
    return {web: lab.ssh(host, form + web).stdout for web, host in WEBS.items()}


def test_the_overlay_on_swarm_works_and_goes_without_a_trace(lab, environment):
    before = {host: look(lab, host) for host in HOSTS}
    dockerd = {host: lab.ssh(host, "pidof dockerd").stdout for host in HOSTS}
    stack = environment("lab-swarm")
    watched = Watch(lab, "docker04")

    with watched:
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
    assert watched.looks > 5
    assert not watched.tokens
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
            "sleep 0.01; done; echo $n; cat /tmp/seen; rm -f /tmp/seen /tmp/enough"
        )
        answer = self._lab.ssh(self._host, loop, timeout=120).stdout.split()
        self.looks, self.tokens = int(answer[0]), answer[1:]

    def __enter__(self):
        self._thread.start()

    def __exit__(self, *_):
        self._lab.ssh(self._host, "touch /tmp/enough")
        self._thread.join()


def test_managers_change_without_a_moment_without_one(lab, environment):
    stack = environment("lab-swarm")
    stack.up()
    all_reach_each_other(lab)
    running = pids(lab)
    network = lab.ssh("docker03", "docker network inspect -f {{.Id}} ol1").stdout
    stack.config["swarm"]["managers"] = ["docker03", "docker04", "docker05"]
    stack.write()
    stack.up()
    assert {roles for _, roles in nodes(lab).values()} == {"Leader", "Reachable"}
    # The first one steps down; another one makes the networks now, which stay as they are.
    stack.config["swarm"]["managers"] = ["docker05"]
    stack.write()
    stack.up()
    # A new leader hears of its nodes one after another.
    wait(lambda: all(status == "Ready" for status, _ in nodes(lab, "docker05").values()), 30)
    assert [role for _, role in nodes(lab, "docker05").values()] == ["", "", "Leader"]
    assert stack.up().changes == {}
    assert stack.preview("--refresh").changes == {}
    assert lab.ssh("docker05", "docker network inspect -f {{.Id}} ol1").stdout == network
    assert pids(lab) == running
    all_reach_each_other(lab)


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


def test_a_host_in_another_swarm_is_refused_and_left_alone(lab, environment):
    stack = environment("lab-swarm")
    stack.up()
    stack.destroy()
    lab.ssh("docker05", "docker swarm init --advertise-addr 10.0.0.15")
    lab.ssh("docker03", "docker swarm init --advertise-addr 10.0.0.13")
    try:
        outcome = stack.up(check=False)
        assert outcome.code != 0
        assert "docker05 is in another swarm than docker03" in outcome.text
        assert nodes(lab, "docker05") == {"docker05": ("Ready", "Leader")}
        lab.ssh("docker03", "docker swarm leave --force")
        outcome = stack.up(check=False)
        assert outcome.code != 0
        assert "docker05 manages a swarm of its own: name it first in" in outcome.text
    finally:
        for host in ("docker03", "docker05"):
            lab.ssh(
                host, "docker swarm leave --force; docker network rm docker_gwbridge", check=False
            )


def test_a_swarm_made_by_hand_is_adopted_and_outlives_destroy(lab, environment):
    lab.ssh("docker03", "docker swarm init --advertise-addr 10.0.0.13")
    token = lab.ssh("docker03", "docker swarm join-token -q worker").stdout.strip()
    lab.ssh("docker04", f"docker swarm join --token {token} 10.0.0.13:2377")
    ingress = (
        "until docker network inspect docker_gwbridge | grep -q ingress-sbox; do sleep 0.1; done"
    )
    for host in ("docker03", "docker04"):
        lab.ssh(host, ingress, timeout=20)
    before = {host: look(lab, host) for host in HOSTS}
    try:
        stack = environment("lab-swarm")
        stack.up()
        all_reach_each_other(lab)
        assert stack.up().changes == {}
        stack.destroy()
        assert set(nodes(lab)) == {"docker03", "docker04"}
        assert not difference(before, {host: look(lab, host) for host in HOSTS})
    finally:
        for host in ("docker04", "docker03"):
            lab.ssh(
                host, "docker swarm leave --force; docker network rm docker_gwbridge", check=False
            )


def test_a_strangers_service_keeps_the_swarm_from_being_ended(lab, environment):
    stack = environment("lab-swarm")
    for name in ("docker04", "docker05"):
        del stack.config["hosts"][name]
    del stack.config["containers"]["web02"], stack.config["containers"]["web03"]
    stack.write()
    stack.up()
    lab.ssh("docker03", "docker service create -d --name theirs busybox:1 sleep 1d")
    try:
        outcome = stack.destroy(check=False)
        assert outcome.code != 0
        assert "it has what crosshost did not make (service theirs)" in outcome.text
        assert "theirs" in lab.ssh("docker03", "docker service ls").stdout
    finally:
        lab.ssh("docker03", "docker service rm theirs")
    stack.destroy()
    assert lab.ssh("docker03", "docker info -f {{.Swarm.LocalNodeState}}").stdout == "inactive\n"


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
def test_every_host_rebooted_in_turn_comes_back_by_itself(lab, environment):
    stack = environment("lab-swarm")
    stack.config["swarm"]["managers"] = list(HOSTS)
    for web in WEBS:
        stack.config["containers"][web]["restart"] = "unless-stopped"
    stack.write()
    stack.up()
    for host in HOSTS:
        lab.power_off(host)
        lab.power_on(host)
        wait(lambda: all(status == "Ready" for status, _ in nodes(lab).values()), 60)
        all_reach_each_other(lab)
    assert stack.preview().changes == {}


@pytest.mark.long
def test_an_only_manager_that_was_set_up_anew_begins_the_swarm_again(lab, environment):
    stack = environment("lab-swarm")
    stack.up()
    lab.reset("docker03")
    preview = stack.preview()
    assert "docker03 will begin a swarm" in preview.text
    assert "docker04 will leave a swarm that is no more and join the swarm" in preview.text
    stack.up("--refresh")
    all_reach_each_other(lab)
    assert stack.up().changes == {}


@pytest.mark.long
def test_a_swarm_without_a_leader_is_said_in_words_and_nothing_is_changed(lab, environment):
    stack = environment("lab-swarm")
    stack.config["swarm"]["managers"] = list(HOSTS)
    stack.write()
    stack.up()
    for host in ("docker04", "docker05"):
        lab.power_off(host)
    try:
        # The leader goes on believing in itself for a while.
        wait(lambda: lab.ssh("docker03", "docker node ls", check=False).returncode != 0, 60)
        preview = stack.preview()
        assert "the swarm of docker03 has no leader" in preview.text
        assert preview.changes == {}
    finally:
        for host in ("docker04", "docker05"):
            lab.power_on(host)
    wait(lambda: lab.ssh("docker03", "docker node ls", check=False).returncode == 0, 60)


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
