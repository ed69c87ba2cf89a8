"""Who manages a swarm, whose swarm it is, and what becomes of it, on real hosts with Docker 28."""

from __future__ import annotations

import pytest

from tests.lab.host_state import difference, look
from tests.lab.swarm_hosts import HOSTS, WEBS, all_reach_each_other, nodes, pids
from tests.lab.waiting import wait


@pytest.fixture(scope="module", autouse=True)
def hosts(lab):
    lab.up_for("lab-swarm")


@pytest.mark.long
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


@pytest.mark.long
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


@pytest.mark.long
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
        stack.config["swarm"]["managers"] = ["docker03", "docker04", "docker05"]
        stack.write()
        stack.up()
        all_reach_each_other(lab)
        assert {role for _, role in nodes(lab).values()} == {"Leader", "Reachable"}
        assert stack.up().changes == {}
        stack.destroy()
        # With the roles that they had.
        assert {name: role for name, (_, role) in nodes(lab).items()} == {
            "docker03": "Leader", "docker04": "",
        }  # fmt: skip
        assert not difference(before, {host: look(lab, host) for host in HOSTS})
    finally:
        for host in ("docker04", "docker03"):
            lab.ssh(
                host, "docker swarm leave --force; docker network rm docker_gwbridge", check=False
            )


@pytest.mark.long
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
