"""``init``: from hosts to a first stack file that is right, and nothing written where something is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from components.processes import Ended
from crosshost.__main__ import app
from crosshost.start import host_keys, ssh_hosts
from crosshost.start.ssh_hosts import configured
from planning.facts import HostFacts
from reports.proposal import free_subnet, propose
from reports.verdicts import judge
from stacks import files
from stacks.first_file import STRATEGIES
from tests.unit.fleet import facts_text, listening, put_key, routes, seen_by

KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIMDiBLryL5561Efx3XKB+rK/77e73Wg6a+3QKagle+HK"
FINGERPRINT = "SHA256:"
NEW: dict[str, Any] = {"version": "28.5.2", "backends": ()}


def fake_run(known: bool = True, shown: str = f"10.0.0.11 ssh-ed25519 {KEY}\n", user: str = "root"):
    def run(argv, **_):
        if argv[0] == "ssh":
            host = argv[-1].rpartition("@")[2]
            address = {"one": "10.0.0.11", "two": "10.0.0.12"}.get(host, host)
            text = f"user {user}\nhostname {address}\nport 22\nidentityfile ~/id_ed25519\n"
            return Ended(0, text.encode(), b"")
        if argv[0] == "ssh-keygen":
            return (
                Ended(0, f"# Host\n{argv[-1]} ssh-ed25519 {KEY}\n".encode(), b"")
                if known
                else Ended(1, b"", b"")
            )
        return Ended(0, shown.encode(), b"")

    return run


@pytest.fixture
def folder(monkeypatch, tmp_path) -> Path:
    """Where stack files go; hosts are known, answer, and can have every strategy."""
    stacks = tmp_path / "stacks"
    stacks.mkdir()
    put_key(monkeypatch, tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(files, "FOLDER", stacks)
    monkeypatch.setattr(files.read, "__defaults__", (stacks,))
    answers(monkeypatch, {"one": facts_text(**NEW), "two": facts_text(**NEW)})
    runs(monkeypatch, fake_run())
    return stacks


def runs(monkeypatch, run) -> None:
    monkeypatch.setattr(ssh_hosts, "run", run)
    monkeypatch.setattr(host_keys, "run", run)


def answers(monkeypatch, facts) -> None:
    seen = {name: seen_by(answer) for name, answer in facts.items()}
    monkeypatch.setattr(
        "crosshost.start.init.read_hosts",
        lambda access: {name: seen[name] for name in access.endpoints},
    )


def init(*words: str, typed: str = ""):
    return CliRunner().invoke(app, ["init", *words], input=typed)


HOSTS = ("--host", "one", "--host", "two")


def test_without_questions_it_writes_a_file_that_is_right(folder):
    done = init("-s", "first", *HOSTS, "--yes")
    assert done.exit_code == 0, done.output
    text = (folder / "Pulumi.first.yaml").read_text()
    config = yaml.safe_load(text)["config"]
    assert config["crosshost:ssh"] == {"user": "root", "private_key_file": "~/id_ed25519"}
    assert config["crosshost:hosts"]["two"] == {
        "address": "10.0.0.12",
        "host_key": f"ssh-ed25519 {KEY}",
    }
    assert config["crosshost:networks"]["backend"]["strategy"] == "overlay"
    assert list(config["crosshost:containers"]) == ["hello-one", "hello-two"]
    assert "# SHA256:" in text
    assert files.read("first", folder).containers
    assert "pulumi stack init first" in done.output


def test_what_is_typed_is_taken(folder):
    (folder.parent / ".ssh").mkdir()
    (folder.parent / ".ssh/config").write_text(
        "Host one two *.example.com github.com\n  User root\n"
    )
    done = init(typed="second\none, two\n~/id_ed25519\nvxlan\nn\n")
    assert done.exit_code == 0, done.output
    assert "~/.ssh/config has: one, two" in done.output
    text = (folder / "Pulumi.second.yaml").read_text()
    assert "strategy: vxlan" in text
    assert "# crosshost:containers:" in text
    assert not files.read("second", folder).containers


def test_a_key_that_nobody_knows_is_shown_and_asked_about(folder, monkeypatch):
    runs(monkeypatch, fake_run(known=False))
    refused = init("-s", "third", "--host", "one", typed="~/id_ed25519\nn\n")
    assert refused.exit_code == 1
    assert "It shows the key SHA256:" in refused.output
    assert "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub" in refused.output
    assert "--accept-host-keys takes it" in init("-s", "third", "--host", "one", "--yes").output
    assert list(folder.iterdir()) == []
    done = init("-s", "third", "--host", "one", "--yes", "--accept-host-keys")
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(
    "shown",
    [
        "",
        "10.0.0.11 ssh-ed25519 !!!!\n",
        "x ssh-dss AAAA\n",
        f"x ecdsa-sha2-nistp256 {KEY}\n",
        "\xff\x00\n",
    ],
)
def test_a_host_that_shows_no_key_or_nonsense_is_told(folder, monkeypatch, shown):
    runs(monkeypatch, fake_run(known=False, shown=shown))
    done = init("-s", "third", "--host", "one", "--yes", "--accept-host-keys")
    assert done.exit_code == 1
    assert "one: nobody answers as SSH at 10.0.0.11 port 22" in done.output


def test_a_host_that_does_not_answer_stops_it(folder, monkeypatch):
    answers(monkeypatch, {"one": facts_text(**NEW), "two": (255, "Connection refused")})
    done = init("-s", "first", *HOSTS, "--yes")
    assert done.exit_code == 1
    assert "two: mend that first" in done.output
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-s", "a b"), "'a b' is no stack's name"),
        (("--strategy", "flannel"), "there is no 'flannel': write one of overlay-swarm"),
        (("--host", "$(x)"), "'$(x)' is no host's name"),
        (("--host", "x=$(x)"), "'$(x)' is no host: write NAME, ADDRESS"),
        (("--host", "x=-oProxyCommand=y"), "is no host"),
    ],
)
def test_what_is_wrong_is_told_before_a_host_is_asked(folder, words, said):
    done = init("-s", "first", *words, "--yes") if words[0] != "-s" else init(*words, "--yes")
    assert done.exit_code == 1
    assert said in done.output


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_each_strategy_makes_a_file_that_is_right(folder, strategy):
    done = init("-s", "first", *HOSTS, "--strategy", strategy, "--yes")
    assert done.exit_code == 0, done.output
    settings = files.read("first", folder)
    assert settings.networks["backend"].contracts
    assert (settings.consul is not None) == strategy.endswith("consul")


def test_a_stack_that_has_a_file_keeps_it(folder):
    (folder / "Pulumi.first.yaml").write_text("mine")
    assert "is there already" in init("-s", "first", *HOSTS, "--yes").output
    assert (folder / "Pulumi.first.yaml").read_text() == "mine"


def test_addresses_get_names_and_another_user_sudo(folder, monkeypatch):
    runs(monkeypatch, fake_run(user="admin"))
    answers(monkeypatch, {"docker01": facts_text(**NEW)})
    assert init("-s", "first", "--host", "10.0.0.11", "--yes").exit_code == 0
    settings = files.read("first", folder)
    assert list(settings.hosts) == ["docker01"]
    assert (settings.ssh.user, settings.ssh.sudo) == ("admin", True)


def test_the_proposal_is_what_all_hosts_can_have_and_says_why_not_another():
    def proposed(**facts):
        seen = {name: seen_by(text) for name, text in facts.items()}
        return propose(judge(seen, dict.fromkeys(seen, "10.0.0.11")))

    assert proposed(one=facts_text(**NEW)).key == "overlay-swarm"
    held = listening('tcp LISTEN 0 128 *:7946 *:* users:(("consul",pid=9,fd=3))')
    found = proposed(one=facts_text(**NEW, more=(held,)), two=facts_text(**NEW, hostname="two"))
    assert found.key == "vxlan"
    assert "is not for one: tcp 7946 of one is held by consul" in found.others[0]
    assert proposed(one=facts_text(version=None)) is None


def test_the_subnet_is_one_that_no_host_has_a_route_to():
    taken = seen_by(facts_text(more=(routes("172.16.0.0/15 eth1", "172.18.1.0/25 eth2"),)))
    assert isinstance(taken, HostFacts)
    assert str(free_subnet({"one": taken})) == "172.19.1.0/24"


def test_names_of_an_ssh_config_are_read_without_patterns(tmp_path):
    (tmp_path / "config").write_text(
        'Host a b\nhost=c\n  HostName x\nHost "d" !e *.f\nMatch host g\n'
    )
    assert configured(tmp_path / "config") == ["a", "b", "c", "d"]
    assert configured(tmp_path / "nothing") == []
