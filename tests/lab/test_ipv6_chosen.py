"""IPv6 addresses of the stack file's own choice: given, swapped, moved with a container, and taken back."""

from __future__ import annotations

import pytest

from tests.lab.host_state import difference, look
from tests.lab.meshes import HOSTS
from tests.lab.pings import pinged6
from tests.lab.proofs import proven, rows, wrong
from tests.lab.waiting import wait

LAN, MESH = "fd12:3456:789a:1::", "fd12:3456:789a:2::"
ENDS = {"web01": "docker01", "web02": "docker02", "web03": "docker02"}


def pids(lab):
    form = "docker inspect -f {{.State.Pid}} "
    return {name: lab.ssh(host, form + name).stdout for name, host in ENDS.items()}


def addresses6(stack):
    found = stack.outputs()["containers"]
    return {name: one["ipv6_addresses"]["mesh"] for name, one in found.items()}


def changed(lab, stack, before):
    """Which containers are made anew by an up, after which nothing is left to do."""
    stack.write()
    stack.up()
    assert stack.up().changes == {}
    assert stack.preview("--refresh").changes == {}
    after = pids(lab)
    return {name for name, pid in before.items() if after[name] != pid}, after


@pytest.mark.long
def test_on_vxlan_it_is_given_and_taken_back_and_nobody_else_moves(lab, environment):
    before = {host: look(lab, host) for host in HOSTS}
    stack = proven(environment, "lab-vxlan")
    stack.config["networks"]["mesh"]["subnet6"] = f"{MESH}/64"
    stack.config["dns"] = {"image": "dnsmasq:2.85"}
    containers = stack.config["containers"]
    for container in containers.values():
        del container["ip"]
    containers["web03"] = dict(containers["web02"])
    stack.write()
    stack.up()
    first = addresses6(stack)
    stack.config["prove"] = {"when": "never"}
    containers["web02"]["ip6"] = f"{MESH}1:53"
    anew, running = changed(lab, stack, pids(lab))
    assert anew == {"web02"}
    assert addresses6(stack) == {**first, "web02": f"{MESH}1:53"}
    assert pinged6(lab, "docker01", "web01", f"{MESH}1:53")
    named = lab.ssh("docker01", "docker exec web01 getent ahostsv6 web02.mesh").stdout
    assert named.split()[0] == f"{MESH}1:53"

    containers["web03"]["ip6"], containers["web02"]["ip6"] = f"{MESH}1:53", f"{MESH}2:53"
    anew, running = changed(lab, stack, running)
    assert anew == {"web02", "web03"}
    containers["web02"]["ip6"], containers["web03"]["ip6"] = f"{MESH}1:53", f"{MESH}2:53"
    anew, running = changed(lab, stack, running)
    assert anew == {"web02", "web03"}
    stack.config["prove"] = {"when": "always"}
    stack.write()
    stack.up()
    assert wrong(rows(stack)) == []
    of_ipv6 = [row for row in rows(stack) if row.get("family") == "IPv6"]
    assert {"web02", "web03"} <= {row[end] for row in of_ipv6 for end in ("from", "to")}
    stack.config["prove"] = {"when": "never"}

    containers["web02"]["host"] = "docker01"
    stack.write()
    stack.up()
    assert addresses6(stack)["web02"] == f"{MESH}1:53"
    # It has another MAC address there: neighbours believe the one that just answered for up to 45 s, and then probe it.
    wait(lambda: pinged6(lab, "docker02", "web03", f"{MESH}1:53"), 75)
    containers["web02"]["host"] = "docker02"
    for container in containers.values():
        container.pop("ip6", None)
    anew, running = changed(lab, stack, running)
    assert anew == {"web02", "web03"}
    assert addresses6(stack) == first
    stack.destroy()
    assert not difference(before, {host: look(lab, host) for host in HOSTS})


@pytest.mark.long
def test_docker_is_told_of_it_where_it_chooses_the_ipv4_one_on_the_lan_too(lab, environment):
    before = {host: look(lab, host) for host in HOSTS}
    stack = environment("lab-macvlan")
    stack.config["networks"]["macvlan_1"] |= {
        "subnet6": f"{LAN}/64",
        "ip_range": {"docker01": "10.0.0.128/28", "docker02": "10.0.0.144/28"},
    }
    containers = stack.config["containers"]
    del containers["ssh01"]["ip"]
    containers["ssh01"]["ip6"] = f"{LAN}1:53"
    # The place of an address that nobody gets by itself.
    containers["ssh02"]["ip6"] = f"{LAN}35"
    stack.write()
    stack.up()
    assert pinged6(lab, "docker01", "ssh01", f"{LAN}35")
    assert pinged6(lab, "docker02", "ssh02", f"{LAN}1:53")
    assert stack.up().changes == {}
    assert stack.preview("--refresh").changes == {}
    stack.destroy()
    assert not difference(before, {host: look(lab, host) for host in HOSTS})
