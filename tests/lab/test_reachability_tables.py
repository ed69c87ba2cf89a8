"""Faults that still sleep on real hosts: the proof finds them in the kernels' tables."""

from __future__ import annotations

import json

import pytest

from planning.reachability.probes import TABLES
from tests.lab.proofs import asked, failed, proven, rows, within, wrong
from tests.lab.swarm_hosts import HOSTS as SWARM_HOSTS

NAMESPACE = "nsenter --net=$(ls -d /run/docker/netns/*-$(docker network inspect -f '{{.Id}}' ol1 | cut -c 1-10))"


def overlay_device(lab, host):
    shown = lab.ssh(host, f"{NAMESPACE} ip -o link show type vxlan").stdout
    return shown.split(": ")[1].partition("@")[0]


def mac_of(lab, host, container):
    return (
        lab.ssh(host, within(container, "ip -o link show eth0"))
        .stdout.split("ether ")[1]
        .split()[0]
    )


def entries(lab, host, mac):
    return lab.ssh(host, f"{NAMESPACE} bridge fdb show | grep '{mac} .* dst ' || :").stdout


def kinds(found):
    return {row["kind"] for row in found if row["kind"] in TABLES}


def lose_a_permanent_entry(lab, stack, here, there, own, other):
    """The entry of host `here` for container `other` on `there` goes, and a learned one is in its place."""
    mac, device = mac_of(lab, there, other), overlay_device(lab, here)
    address = lab.address(there)
    lab.ssh(here, f"{NAMESPACE} bridge fdb del {mac} dev {device} dst {address}")
    target = stack.outputs()["containers"][own]["addresses"]
    lab.ssh(there, within(other, f"ping -c 1 -W 2 {next(iter(target.values()))}"))
    seen = entries(lab, here, mac)
    assert address in seen
    assert "permanent" not in seen


@pytest.fixture(scope="module")
def overlay(shared_environment):
    """Two containers on each host: an overlay of 20.10 whose last one on a host stops may not come back."""
    stack = proven(shared_environment, "lab-overlay")
    for name, other in (("web11", "web01"), ("web12", "web02")):
        stack.config["containers"][name] = dict(stack.config["containers"][other])
    stack.write()
    stack.up()
    return stack


def test_a_permanent_entry_that_vanished_behind_a_learned_one_fails_the_up_and_the_remedy_mends_it(
    lab, overlay
):
    found = rows(overlay)
    assert wrong(found) == []
    assert kinds(found) == {"link", "mtu", "route", "neighbour", "forwarding entry"}
    lose_a_permanent_entry(lab, overlay, "docker01", "docker02", "web01", "web02")
    words = (
        "ol1 on docker01 is not as planned (forwarding entry): the permanent entry for web02 on docker02 is "
        "gone, which a learned one hides until the network falls idle: "
    )
    text = failed(overlay)
    assert words in text
    remedy = text.partition(words)[2].split("`")[1]
    shown = asked(overlay, "--json")
    assert shown.returncode == 1
    broken = wrong(json.loads(shown.stdout))
    assert [(row["from_host"], row["to"], row["kind"]) for row in broken] == [
        ("docker01", "web02", "forwarding entry")
    ]
    lab.ssh("docker01", remedy)
    overlay.up()
    assert wrong(rows(overlay)) == []


HARMS = {
    "a neighbour that is gone": (
        f"{NAMESPACE} ip neigh del {{to}} dev {{device}}", "Docker does not know the address of web02 on docker02",
    ),
    "an entry that leads astray": (
        f"{NAMESPACE} bridge fdb replace {{mac}} dev {{device}} dst 10.0.0.99 self permanent",
        "web02 on docker02",
    ),
    "a route that is gone": (
        within("web01", "ip route add unreachable {to}"), "web01 sends what is for web02 on docker02 nowhere",
    ),
    "an interface with a larger MTU": (
        within("web01", "ip link set eth0 mtu 1500"), "the interface of web01 on docker01 has MTU 1500, not 1450",
    ),
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("name", HARMS)
def test_what_is_not_as_planned_is_named_and_a_restart_mends_it(lab, overlay, name):
    harm, words = HARMS[name]
    harm = harm.replace("{to}", overlay.outputs()["containers"]["web02"]["addresses"]["ol1"])
    harm = harm.replace("{mac}", mac_of(lab, "docker02", "web02"))
    lab.ssh("docker01", harm.replace("{device}", overlay_device(lab, "docker01")))
    shown = asked(overlay)
    for host, container in (("docker01", "web01"), ("docker02", "web02")):
        lab.ssh(host, f"docker restart -t 1 {container}")
    assert shown.returncode == 1
    assert words in shown.stdout
    overlay.up()
    assert wrong(rows(overlay)) == []


@pytest.mark.long
def test_a_swarm_tells_of_a_vanished_entry_as_well(lab, environment):
    lab.up_for("lab-swarm")
    stack = proven(environment, "lab-swarm")
    stack.up()
    assert wrong(rows(stack)) == []
    containers = {
        one["host"]: name for name, one in stack.config["containers"].items() if "host" in one
    }
    here, there = SWARM_HOSTS[0], SWARM_HOSTS[1]
    lose_a_permanent_entry(lab, stack, here, there, containers[here], containers[there])
    text = failed(stack)
    words = f"the permanent entry for {containers[there]} on {there} is gone"
    assert words in text
    lab.ssh(here, text.partition(words)[2].split("`")[1])
    stack.up()
    assert wrong(rows(stack)) == []
