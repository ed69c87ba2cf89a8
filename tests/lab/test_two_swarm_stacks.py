"""Two stacks with overlays in one swarm: one leaves and the other does not notice, whoever is first."""

from __future__ import annotations

import pytest

from tests.lab.forged import dropped, knock, send_udp
from tests.lab.host_state import difference, look
from tests.lab.neighbours import own_overlay
from tests.lab.pings import Pings
from tests.lab.waiting import wait

HOSTS = ("docker03", "docker04")
RULES = "{ iptables -t raw -S; ip6tables -t raw -S; } | grep CROSSHOST"
ROLES = "docker node ls --format '{{.Hostname}} {{.ManagerStatus}}'"


@pytest.fixture
def stacks(lab, environment):
    """Two stacks with an overlay on Swarm each on docker03 and docker04."""
    lab.up_for("lab-swarm")
    made = []
    for number in (1, 2):
        stack = environment("lab-swarm")
        del stack.config["swarm"]
        stack.config["hosts"] = {host: stack.config["hosts"][host] for host in HOSTS}
        own_overlay(stack, "net", number, "swarm", HOSTS, 3)
        made.append(stack)
    return made


def looks(lab):
    return {host: look(lab, host) for host in HOSTS}


def between(lab, number):
    """Pings between the two containers of stack NUMBER, while the with statement runs."""
    form = "{{range .NetworkSettings.Networks}}{{println .IPAddress}}{{end}}"
    target = lab.ssh("docker04", f"docker inspect -f '{form}' web{number}4").stdout.split()[0]
    return Pings(lab, "docker03", f"web{number}3", target)


def roles(lab, manager="docker03"):
    rows = lab.ssh(manager, ROLES).stdout.splitlines()
    return dict(row.partition(" ")[::2] for row in rows)


@pytest.mark.long
@pytest.mark.parametrize("first_out", [0, 1])
def test_a_stack_leaves_and_the_others_containers_go_on_reaching_each_other(lab, stacks, first_out):
    before = looks(lab)
    leaves, stays = stacks[first_out], stacks[1 - first_out]
    number = 2 - first_out
    stacks[0].up()
    with between(lab, 1) as pings:
        preview = stacks[1].preview().text
        assert f"docker04 will share the swarm that {stacks[0].name} has it in" in preview
        stacks[1].up()
        assert stacks[0].preview().changes == {}
    assert pings.lost == []
    with between(lab, number) as pings:
        leaves.destroy()
        assert stays.preview().changes == {}
        # Do, undo, redo.
        leaves.up()
        assert stays.preview().changes == {}
        leaves.destroy()
    assert pings.sent > 50
    assert pings.lost == []
    stays.destroy()
    assert not difference(before, looks(lab))


@pytest.mark.long
def test_a_host_manages_for_as_long_as_one_stack_wants_it_to(lab, stacks):
    before = looks(lab)
    first, second = stacks
    first.up()
    second.config["swarm"] = {"managers": ["docker04"], "autolock": True}
    second.write()
    with between(lab, 1) as pings:
        second.up()
        assert roles(lab) == {"docker03": "Leader", "docker04": "Reachable"}
        assert first.preview().changes == {}
        assert second.preview().changes == {}
        # It steps down, as nobody needs it to manage any more, and keys are nobody's spec.
        second.destroy()
        assert roles(lab) == {"docker03": "Leader", "docker04": ""}
        assert first.preview().changes == {}
    assert pings.lost == []
    second.up()
    with between(lab, 2) as pings:
        first.destroy()
        assert roles(lab, "docker04") == {"docker03": "", "docker04": "Leader"}
        assert second.preview().changes == {}
    assert pings.lost == []
    second.destroy()
    assert not difference(before, looks(lab))


@pytest.mark.long
def test_a_store_for_overlays_that_another_stack_has_on_swarm_is_refused(lab, stacks):
    stacks[0].up()
    stacks[1].config["networks"]["net2"]["control_plane"] = "consul"
    stacks[1].config["consul"] = {"host": "docker03", "image": "consul:1.8.7"}
    stacks[1].write()
    outcome = stacks[1].up(check=False)
    assert (
        f"stack {stacks[0].name} has its overlays in the swarm of docker03, which" in outcome.text
    )


def guarded(lab):
    """Strangers reach no port of the engines on docker03, its peer does."""
    for port in (2377, 7946):
        assert knock(lab, "docker03", port) == "dropped"
        lab.ssh("docker04", f"timeout 3 bash -c ': >/dev/tcp/10.0.0.13/{port}'")
    for port in (4789, 7946):
        before = dropped(lab, "docker03", f"udp-{port}")
        send_udp(lab, "docker03", port)
        assert dropped(lab, "docker03", f"udp-{port}") == before + 1


@pytest.mark.long
@pytest.mark.parametrize("first_out", [0, 1])
def test_rules_hold_for_the_stack_that_stays(lab, stacks, first_out):
    before = looks(lab)
    # The second one has a peer of its own.
    hosts = stacks[1].config["hosts"]
    stacks[1].reset()
    del stacks[1].config["swarm"], stacks[1].config["containers"]
    stacks[1].config["networks"] = {"net2": {
        "strategy": "overlay", "control_plane": "swarm", "subnet": "172.16.2.0/24",
    }}  # fmt: skip
    assert len(stacks[1].config["hosts"]) > len(hosts)
    stacks[1].write()
    alone = []
    for stack in stacks:
        stack.up()
        alone.append(lab.ssh("docker03", RULES).stdout)
    assert "10.0.0.15" not in alone[0]
    assert "10.0.0.15" in alone[1]
    guarded(lab)
    stacks[first_out].destroy()
    guarded(lab)
    left = lab.ssh("docker03", RULES).stdout
    assert ("10.0.0.15" in left) == (first_out == 0)
    # A reboot of the rules: what is kept on the host is what the other one needs.
    lab.ssh("docker03", "iptables -t raw -F; iptables -t raw -X")
    wait(lambda: lab.ssh("docker03", RULES).stdout == left, 15)
    guarded(lab)
    assert stacks[1 - first_out].preview().changes == {}
    stacks[1 - first_out].destroy()
    assert not difference(before, looks(lab))


@pytest.mark.long
@pytest.mark.parametrize("first_out", [0, 1])
def test_a_swarm_made_by_hand_is_left_as_it_was_by_the_last_of_two(lab, stacks, first_out):
    lab.ssh("docker03", "docker swarm init --advertise-addr 10.0.0.13 --autolock >/dev/null")
    token = lab.ssh("docker03", "docker swarm join-token -q worker").stdout.strip()
    lab.ssh("docker04", f"docker swarm join --token {token} 10.0.0.13:2377")
    ingress = (
        "until docker network inspect docker_gwbridge | grep -q ingress-sbox; do sleep 0.1; done"
    )
    for host in HOSTS:
        lab.ssh(host, ingress, timeout=20)
    before = looks(lab)
    locked = "docker info -f '{{.Swarm.Cluster.Spec.EncryptionConfig.AutoLockManagers}}'"
    try:
        stacks[0].config["swarm"] = {"managers": ["docker03"]}
        stacks[1].config["swarm"] = {"managers": ["docker03", "docker04"]}
        for stack in stacks:
            stack.write()
            stack.up()
        assert lab.ssh("docker03", locked).stdout == "true\n"
        stacks[first_out].destroy()
        stacks[1 - first_out].destroy()
        assert roles(lab) == {"docker03": "Leader", "docker04": ""}
        assert lab.ssh("docker03", locked).stdout == "true\n"
        assert not difference(before, looks(lab))
    finally:
        for host in ("docker04", "docker03"):
            lab.ssh(
                host, "docker swarm leave --force; docker network rm docker_gwbridge", check=False
            )


@pytest.mark.long
@pytest.mark.parametrize("first_out", [0, 1])
def test_what_the_version_before_kept_of_a_swarm_by_stack_is_taken_over(lab, stacks, first_out):
    before = looks(lab)
    for stack in stacks:
        stack.up()
    # The second one took the swarm for one that had been there before.
    for host, role in zip(HOSTS, ("manager", "worker"), strict=True):
        record = f"/var/lib/crosshost/{stacks[1].name}/swarm/record"
        lab.ssh(host, f"sed -i 's/ adopted=no/ adopted={role}/' {record}")
        lab.ssh(host, f"touch /var/lib/crosshost/{stacks[1].name}/swarm/gwbridge")
    stacks[1].up()
    for host in HOSTS:
        lab.ssh(
            host, "rm -r /var/lib/crosshost/@host/swarm /var/lib/crosshost/@host/docker_gwbridge"
        )
    for stack in stacks:
        assert stack.preview().changes == {}
    leaves, stays = stacks[first_out], stacks[1 - first_out]
    with between(lab, 2 - first_out) as pings:
        leaves.destroy()
        assert stays.preview().changes == {}
    assert pings.lost == []
    stays.destroy()
    assert not difference(before, looks(lab))
