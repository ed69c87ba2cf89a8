"""``rotate-keys`` on states: whom it asks for a new key, and what it says where one does not make it."""

from __future__ import annotations

import pytest

from crosshost.change import rotate_keys as command
from crosshost.remote import Done

FOLDER = "/var/lib/crosshost/prod/scripts"


def key(network: str, host: str, sudo: str = ""):
    return {
        "urn": f"urn:pulumi:prod::crosshost::a$b::{network}-key@{host}",
        "type": "command:remote:Command",
        "inputs": {"create": f"{sudo}sh {FOLDER}/wireguard-key.sh apply"},
    }


STATE = {
    "deployment": {
        "resources": [
            key("mesh", "docker01"),
            key("mesh", "docker02", "sudo -n "),
            key("x-key", "docker01"),
            {**key("mesh", "docker01"), "inputs": {"create": f"sh {FOLDER}/vxlan.sh apply"}},
        ]
    }
}


@pytest.fixture
def told(monkeypatch):
    """What hosts are told to run; docker02 cannot."""
    ran = []

    class Hosts:
        def run(self, host, line):
            ran.append((host, line))
            return Done(1, "", "no\x1bspace") if host == "docker02" else Done(0, "", "")

    monkeypatch.setattr("crosshost.state.export", lambda _: STATE)
    monkeypatch.setattr(command, "connect", lambda *_: Hosts())
    return ran


def test_each_host_of_the_network_is_asked_and_one_that_fails_is_named(told):
    with pytest.raises(SystemExit, match=r"docker02: no\\x1bspace\nmend that and run this again"):
        command.rotate_keys("prod", "mesh", yes=True)
    assert told == [
        ("docker01", f"sh {FOLDER}/wireguard-key.sh renew mesh"),
        ("docker02", f"sudo -n sh {FOLDER}/wireguard-key.sh renew mesh"),
    ]


def test_one_network_alone_and_then_an_up(told, capsys):
    command.rotate_keys("prod", "x-key", yes=True)
    assert told == [("docker01", f"sh {FOLDER}/wireguard-key.sh renew x-key")]
    assert "run `pulumi up -s prod`" in capsys.readouterr().out


def test_nothing_is_done_without_an_answer_or_a_network(told):
    command.rotate_keys("prod", None)
    with pytest.raises(SystemExit, match="no network other that is encrypted"):
        command.rotate_keys("prod", "other", yes=True)
    assert told == []
