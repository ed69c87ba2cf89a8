"""Every contract is held against real hosts: what it promises works, what it denies does not."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from components.networks import contracts
from planning.contract import Reach
from tests.lab.host_state import difference, look
from tests.lab.rows import some_often
from tests.lab.waiting import wait

# Contract -> the environment that has it: at least two hosts with a container of centos_ssh each.
ENVIRONMENTS = {
    "macvlan": "lab-macvlan",
    "overlay-consul": "lab-overlay",
    "overlay-swarm": "lab-swarm",
    "vxlan": "lab-vxlan",
    "vxlan-encrypted": "lab-vxlan-encrypted",
}


# What the notes' macvlan and overlay promise, tests of theirs hold each time.
OFTEN = ("overlay-swarm", "vxlan-encrypted")


@pytest.mark.parametrize("contract", some_often({one.key: (one,) for one in contracts()}, *OFTEN))
def test_what_a_contract_says_is_so_and_goes_without_a_trace(lab, environment, contract):
    assert contract.key in ENVIRONMENTS, (
        f"no environment is under the contract {contract.key}: write stacks/Pulumi.lab-NAME.yaml "
        "(two hosts and a container on each), its hosts into lab/fleets.py, and its name here"
    )
    name = ENVIRONMENTS[contract.key]
    lab.up_for(name)
    stack = environment(name)
    hosts = list(stack.config["hosts"])
    before = {host: look(lab, host) for host in hosts}
    add_server(stack)
    if not contract.reach[Reach.PUBLISHED]:
        refused = stack.preview(check=False)
        assert refused.code != 0
        assert "crosshost:containers.server.ports: " in refused.text
        del stack.config["containers"]["server"]["ports"]
        stack.write()

    stack.up()
    there = {path: is_there(contract, path, way) for path, way in ways(lab, stack).items()}
    assert set(there) == set(Reach)
    assert there == dict(contract.reach)

    stack.destroy()
    assert not difference(before, {host: look(lab, host) for host in hosts})


def add_server(stack):
    """A web server beside the first container, with port 8080 of the host mapped to it."""
    first = next(iter(stack.config["containers"].values()))
    server = {
        "host": first["host"],
        "network": first["network"],
        "image": "busybox:1",
        "command": ["httpd", "-f", "-p", "80"],
        "init": True,
        "ports": ["8080:80"],
    }
    if "ip" in first:
        server["ip"] = str(ip_address(first["ip"]) + 1)
    stack.config["containers"]["server"] = server
    stack.write()


def ways(lab, stack):
    """For each path, what tells whether a packet gets there and back."""
    containers = stack.config["containers"]
    one = next(iter(containers))
    here = containers[one]["host"]
    other, there = next((n, c["host"]) for n, c in containers.items() if c["host"] != here)
    host_of = {one: here, other: there, "server": here}
    address = {name: address_of(lab, host, name) for name, host in host_of.items()}
    ping = "ping -c 1 -W 1 "

    def inside(source, target):
        return succeeds(lab.ssh, host_of[source], f"docker exec {source} {ping}{target}")

    def from_host(source, target):
        return succeeds(lab.ssh, source, ping + target)

    def page(address):
        return succeeds(lab.run, ["curl", "--silent", "--max-time", "2", f"http://{address}/"])

    lan = stack.config["hosts"][here]["address"]
    return {
        Reach.SAME_HOST: inside(one, address["server"]),
        Reach.ACROSS: both(inside(one, address[other]), inside(other, address[one])),
        Reach.NAMES: both(inside(one, other), inside(other, one)),
        Reach.OWN_HOST: from_host(here, address[one]),
        Reach.OTHER_HOST: from_host(there, address[one]),
        Reach.FROM_LAN: page(address["server"]),
        Reach.TO_LAN: inside(one, "10.0.0.2"),
        Reach.PUBLISHED: page(f"{lan}:8080"),
    }


def address_of(lab, host, container):
    form = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
    return lab.ssh(host, f"docker inspect -f '{form}' {container}").stdout.strip()


def succeeds(run, *words):
    return lambda: run(*words, check=False).returncode == 0


def both(one, other):
    return lambda: one() and other()


def is_there(contract, path, way):
    """Whether the path is there; one that is promised may take a moment to come about."""
    if not contract.reach[path]:
        return way()
    try:
        wait(way, 15)
    except AssertionError:
        return False
    return True
