"""Published ports on real hosts: in any order, on any address, without a change at the next up."""

from __future__ import annotations

import pytest

from tests.lab.host_state import look

IN_ANY_ORDER = {
    "mixed": ["8081:81", "80"],
    "free": ["83", "82", "100"],
    "same": ["8091:90", "8090:90"],
    "reversed": ["8092:92", "8093:92"],
    "three": ["8086:9", "8084:9", "8085:9", "8086:9/udp", "8084:9/udp"],
    "protocols": ["8097:97/udp", "8096:97"],
    "both": ["99", "8099:99"],
    "addresses": ["10.0.0.11:8072:72", "127.0.0.1:8072:72"],
    "range": ["8065-8067:65-67", "68-69"],
}


def container(ports, **words):
    return {
        "host": "docker01", "image": "busybox:1", "init": True, "stop_grace_period": "1s", "restart": "no",
        "command": ["sh", "-c", "while :; do nc -l -p 72 -e echo here; done"], "ports": ports,
        **words,
    }  # fmt: skip


def bindings(lab, name):
    form = "{{range $p, $b := .HostConfig.PortBindings}}{{range $b}}{{.HostIp}}:{{.HostPort}}:{{$p}} {{end}}{{end}}"
    return sorted(lab.ssh("docker01", f"docker inspect -f '{form}' {name}").stdout.split())


def answers(lab, host, address, port):
    found = lab.ssh(host, f"timeout 3 bash -c 'cat </dev/tcp/{address}/{port}'", check=False)
    return "here" in found.stdout


@pytest.mark.long
@pytest.mark.parametrize("engine", ["20.10.5", "28.5.2"])
def test_ports_in_any_order_leave_every_further_up_empty(request, engine):
    if engine == "20.10.5":
        stack = request.getfixturevalue("environment")("lab-modes")
    else:
        stack = request.getfixturevalue("newer_environment")
    stack.config["containers"] = {name: container(ports) for name, ports in IN_ANY_ORDER.items()}
    stack.write()
    stack.up()
    assert stack.up().changes == {}
    assert stack.preview("--refresh").changes == {}
    assert stack.up("--refresh").changes == {}
    assert stack.up().changes == {}
    # A change that is made in place leaves them alone.
    for words in stack.config["containers"].values():
        words["restart"] = "unless-stopped"
    stack.write()
    assert stack.up().changes == {"updated": len(IN_ANY_ORDER)}
    assert stack.up("--refresh").changes == {}


@pytest.mark.long
def test_one_port_on_two_addresses_of_a_host_changes_in_words_and_goes_back(lab, environment):
    before = look(lab, "docker01")
    stack = environment("lab-modes")
    stack.config["containers"] = {"one": container(["127.0.0.1:8072:72"])}
    stack.write()
    stack.up()
    assert answers(lab, "docker01", "127.0.0.1", 8072)
    assert not answers(lab, "docker02", "10.0.0.11", 8072)

    def change(*ports):
        stack.config["containers"]["one"]["ports"] = list(ports)
        stack.write()
        preview = stack.preview()
        # The container, and the list that is checked after it.
        assert preview.changes == {"to replace": 1, "to update": 1, "changes": 2}, preview.text
        assert stack.up().changes == {"replaced": 1, "updated": 1, "changes": 2}
        assert stack.up().changes == {}
        return preview.text

    said = change("127.0.0.1:8072:72", "10.0.0.11:8072:72")
    assert "10.0.0.11:8072:72/tcp 127.0.0.1:8072:72/tcp" in said
    assert answers(lab, "docker01", "127.0.0.1", 8072)
    assert answers(lab, "docker02", "10.0.0.11", 8072)

    said = change("127.0.0.1:8072:72", "10.0.0.11:8073:72")
    assert "127.0.0.1:8072:72/tcp 10.0.0.11:8073:72/tcp" in said
    assert answers(lab, "docker02", "10.0.0.11", 8073)
    assert not answers(lab, "docker02", "10.0.0.11", 8072)
    stack.config["containers"]["one"]["ports"].reverse()
    stack.write()
    assert stack.up().changes == {}, "the order alone is a change"

    change("127.0.0.1:8072:72")
    assert bindings(lab, "one") == ["127.0.0.1:8072:72/tcp"]
    assert not answers(lab, "docker02", "10.0.0.11", 8073)
    stack.destroy()
    assert look(lab, "docker01") == before
