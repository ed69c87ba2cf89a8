"""Names and ports that somebody else has on a host are refused before anything is made."""

from __future__ import annotations

import copy

import pulumi
import pytest

from tests.unit.fleet import (
    containers,
    facts_text,
    listening,
    networks,
    run_program,
    stack_values,
)

pytestmark = pytest.mark.usefixtures("key_file")
WEB = {"id": "c1", "name": "web01", "state": "running", "status": "Up", "networks": "bridge"}
OL1 = {"id": "n1", "name": "ol1", "driver": "bridge", "scope": "local"}


def fleet(**container):
    values = copy.deepcopy(stack_values("lab-overlay"))
    values["containers"] = {"web01": {"host": "docker01", "image": "busybox:1", **container}}
    return values


def said(monkeypatch, tmp_path, values, *facts):
    """What the program refuses, "" where it takes the stack as it is."""
    seen = {
        "docker01": facts_text(more=facts),
        "docker02": facts_text(hostname="docker02", address="10.0.0.12"),
    }
    try:
        run_program(monkeypatch, tmp_path, values, seen)
    except pulumi.RunError as error:
        return str(error)
    return ""


def test_a_network_of_another_stack_with_the_same_name_is_refused_where_it_is(
    monkeypatch, tmp_path
):
    text = said(monkeypatch, tmp_path, fleet(), networks({**OL1, "stack": "first"}))
    assert (
        "networks.ol1: docker01 has a network of that name already, of stack first: write another "
        "name here, or other `hosts`" in text
    )


def test_a_network_made_by_hand_is_refused_and_a_swarms_whose_labels_are_unknown_is_not(
    monkeypatch, tmp_path
):
    text = said(monkeypatch, tmp_path, fleet(), networks({**OL1, "stack": ""}))
    assert "networks.ol1: docker01 has a network of that name already, which crosshost did" in text
    unlabelled = {**OL1, "driver": "overlay", "scope": "swarm", "stack": ""}
    assert said(monkeypatch, tmp_path, fleet(), networks(unlabelled)) == ""


def test_what_the_stack_itself_has_is_in_nobodys_way(monkeypatch, tmp_path):
    mine = {**WEB, "stack": pulumi.get_stack(), "ports": "0.0.0.0:80->80/tcp"}
    facts = (
        networks({**OL1, "stack": pulumi.get_stack()}),
        containers(mine),
        listening('tcp LISTEN 0 128 0.0.0.0:80 0.0.0.0:* users:(("docker-proxy",pid=9,fd=3))'),
    )
    assert said(monkeypatch, tmp_path, fleet(ports=["80:80"]), *facts) == ""


def test_a_container_of_another_stack_or_of_people_with_the_same_name_is_refused(
    monkeypatch, tmp_path
):
    text = said(monkeypatch, tmp_path, fleet(), containers({**WEB, "stack": "first"}))
    assert (
        "containers.web01: docker01 has a container web01 already, of stack first: write another "
        "`container_name`, or remove that one" in text
    )
    own = fleet(container_name="web02")
    text = said(monkeypatch, tmp_path, own, containers({**WEB, "name": "web02", "stack": ""}))
    assert "docker01 has a container web02 already, which crosshost did not make" in text


@pytest.mark.parametrize(
    ("shown", "wanted", "refused"),
    [
        ("0.0.0.0:80->8080/tcp, :::80->8080/tcp", "80:80", True),
        ("0.0.0.0:78-82->78-82/tcp", "10.0.0.11:80:80", True),
        ("10.0.0.11:80->8080/tcp", "80:80", True),
        ("10.0.0.11:80->8080/tcp", "127.0.0.1:80:80", False),
        ("0.0.0.0:80->8080/udp", "80:80", False),
        ("80/tcp", "80:80", False),
        ("0.0.0.0:81->80/tcp", "80:80", False),
        ("0.0.0.0:80->8080/tcp", "80", False),
        ("$(reboot)", "80:80", False),
    ],
)
def test_a_port_that_a_container_of_others_publishes_is_refused(
    monkeypatch, tmp_path, shown, wanted, refused
):
    other = containers({**WEB, "name": "other", "stack": "first", "ports": shown})
    text = said(monkeypatch, tmp_path, fleet(ports=[wanted]), other)
    told = (
        "containers.web01.ports: tcp 80 of docker01 is held by container other, of stack first: "
        "publish another port, or end that one"
    )
    assert (told in text) is refused
    assert refused or text == ""


@pytest.mark.parametrize(
    ("address", "wanted", "refused"),
    [
        ("*", "10.0.0.11:80:80", True),
        ("0.0.0.0", "80:80", True),
        ("[::]", "80:80", True),
        ("[::]", "10.0.0.11:80:80", False),
        ("127.0.0.53%lo", "80:80", True),
        ("127.0.0.53%lo", "10.0.0.11:80:80", False),
        ("[::1]", "80:80", False),
    ],
)
def test_a_port_that_a_program_listens_on_is_refused(
    monkeypatch, tmp_path, address, wanted, refused
):
    nginx = listening(f'tcp LISTEN 0 128 {address}:80 *:* users:(("nginx",pid=9,fd=3))')
    text = said(monkeypatch, tmp_path, fleet(ports=[wanted]), nginx)
    assert ("containers.web01.ports: tcp 80 of docker01 is held by nginx" in text) is refused
    assert refused or text == ""


@pytest.mark.parametrize(
    ("address", "wanted", "refused"),
    [
        ("*", "[fd00::11]:80:80", True),
        ("[::]", "[fd00::11]:80:80", True),
        ("[fd00::11]", "[::]:80:80", True),
        ("[fd00::11]", "[fd00::12]:80:80", False),
        ("[fd00::11]", "80:80", False),
        ("0.0.0.0", "[::]:80:80", False),
    ],
)
def test_so_is_one_on_an_ipv6_address(monkeypatch, tmp_path, address, wanted, refused):
    values = stack_values("lab-vxlan")
    values["networks"]["mesh"]["subnet6"] = "fd12:3456:789a:2::/64"
    values["containers"]["web01"]["ports"] = [wanted]
    nginx = listening(f'tcp LISTEN 0 128 {address}:80 *:* users:(("nginx",pid=9,fd=3))')
    text = said(monkeypatch, tmp_path, values, nginx)
    assert ("containers.web01.ports: tcp 80 of docker01 is held by nginx" in text) is refused
    shown = f"{address.strip('[]')}:80->80/tcp"
    other = containers({**WEB, "name": "other", "stack": "first", "ports": shown})
    text = said(monkeypatch, tmp_path, values, other)
    assert ("tcp 80 of docker01 is held by container other" in text) is refused


def test_a_program_may_be_that_of_our_own_container_on_the_hosts_network(monkeypatch, tmp_path):
    nginx = listening('tcp LISTEN 0 128 0.0.0.0:80 0.0.0.0:* users:(("nginx",pid=9,fd=3))')
    mine = containers({**WEB, "stack": pulumi.get_stack(), "networks": "host"})
    assert said(monkeypatch, tmp_path, fleet(ports=["80:80"]), nginx, mine) == ""
