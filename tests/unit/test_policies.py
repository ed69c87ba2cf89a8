"""Policies: what a stack file may not say where they are on, with the line, and nothing where they are off."""

from __future__ import annotations

from typing import Any

import pytest

from planning.problems import ProblemsError
from stacks.settings import parse
from tests.unit.fleet import stack_values

pytestmark = pytest.mark.usefixtures("key_file")
ALL = {"no_open_api": True, "no_latest": True, "restart_set": True, "no_lan_ports": True}


def stack(policies: dict[str, Any], **words: Any) -> dict[str, Any]:
    """One container on an overlay, in line with every policy but for some words."""
    values = stack_values("lab-overlay")
    good = {"host": "docker01", "image": "a:1", "network": "ol1", "restart": "always"}
    values["containers"] = {"one": {**good, **words}}
    values["policies"] = policies
    return values


def problems(values: dict[str, Any]) -> list[str]:
    try:
        parse(values)
    except ProblemsError as error:
        return [f"{p.where}: {p.sentence}" for p in error.problems]
    return []


def test_what_keeps_to_every_policy_is_read():
    assert problems(stack(ALL)) == []
    assert problems(stack(ALL, ports=["127.0.0.1:80:80"], image="a@sha256:" + "0" * 64)) == []


def test_policies_that_are_off_refuse_nothing():
    words = {
        "image": "a", "restart": "no", "ports": ["80:80"], "volumes": ["/run/docker.sock:/s"],
    }  # fmt: skip
    values = stack({}, **words)
    del values["containers"]["one"]["restart"]
    values["daemon"] = {"api": {"insecure_anyone_who_reaches_the_port_owns_the_host": True}}
    assert problems(values) == []
    values["policies"] = ALL
    assert len(problems(values)) == 5


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"image": "registry:5000/a"}, "one.image: registry:5000/a is another image tomorrow"),
        ({"image": "a:latest"}, "write a version, e.g. a:1.2 (policy no_latest of this stack)"),
        ({"ports": ["80"]}, "one.ports[0]: opens 80/tcp of docker01 to the LAN"),
        ({"ports": ["127.0.0.1:1:1", "10.0.0.11:53:53/udp"]}, "one.ports[1]: opens 10.0.0.11:53:53/udp"),
        ({"network": "host"}, "one.network: all that it listens on is open to the LAN on docker01"),
        ({"volumes": ["/var/run/docker.sock:/s:ro"]}, "one.volumes[0]: who is in one owns docker01"),
    ],
)  # fmt: skip
def test_what_breaks_a_policy_is_refused_in_its_place(words, said):
    (found,) = problems(stack(ALL, **words))
    assert said in found


def test_what_is_listed_may_be_open():
    ports = {"ports": ["443:443", "53:53/udp"]}
    assert problems(stack({**ALL, "lan_ports": [443, "53/udp"]}, **ports)) == []
    assert len(problems(stack({**ALL, "lan_ports": [443, 53]}, **ports))) == 1, "53 is tcp"
    assert problems(stack({**ALL, "lan_ports": ["one"]}, **ports)) == []
    assert problems(stack({**ALL, "lan_ports": ["one"]}, network="host")) == []
    socket = {"volumes": ["/run/docker.sock:/s"]}
    assert problems(stack({**ALL, "docker_socket": ["one"]}, **socket)) == []


def test_a_container_with_an_address_of_the_lan_is_open_to_it():
    values = stack_values("lab-macvlan")
    values["policies"] = {"no_lan_ports": True}
    assert "ssh01.network: has an address of the LAN on macvlan_1" in problems(values)[0]
    values["policies"]["lan_ports"] = ["ssh01", "ssh02"]
    assert problems(values) == []


def test_consul_is_open_only_where_nothing_guards_it():
    values = stack({"no_open_api": True})
    values["firewall"] = {"mode": "off"}
    assert problems(values) == [
        "crosshost:consul: its port is open to whoever reaches it: write a token, tls, or `mode: guard` in "
        "crosshost:firewall (policy no_open_api of this stack)"
    ]
    values["firewall"] = {"mode": "guard"}
    assert problems(values) == []


def test_one_that_is_to_end_needs_no_restart():
    values = stack(ALL, depends_on={"setup": {"condition": "service_completed_successfully"}})
    values["containers"]["setup"] = {"host": "docker02", "image": "a:1", "network": "ol1"}
    assert problems(values) == []
    values["containers"]["one"]["depends_on"] = ["setup"]
    assert "setup: says no `restart`" in problems(values)[0]


@pytest.mark.parametrize("entry", [True, "80-90/tcp", "80/icmp", "", "a b"])
def test_what_is_no_port_and_no_name_cannot_be_listed(entry):
    assert "is no port" in problems(stack({"lan_ports": [entry]}))[0]


def test_a_services_breach_has_its_line_in_the_compose_file(tmp_path):
    (tmp_path / "compose.yaml").write_text(
        "services:\n  web:\n    image: nginx\n    restart: always\n"
    )
    values = stack({"no_latest": True})
    values["compose"] = {"file": "compose.yaml", "on": "docker01"}
    with pytest.raises(ProblemsError) as caught:
        parse(values, base=tmp_path)
    assert [(p.place, p.where) for p in caught.value.problems] == [
        ("compose.yaml:3", "services.web.image")
    ]
