"""A Consul that asks for a token and for certificates, on real hosts."""

from __future__ import annotations

import re
from functools import partial
from uuid import uuid4

import pytest

from tests.certificates import Authority
from tests.lab.host_state import difference, look, look_without_times
from tests.lab.waiting import wait

HOSTS = ("docker01", "docker02")
URL = "https://10.0.0.11:8500/v1/kv/docker/nodes/?recurse"
WRITE = "https://10.0.0.11:8500/v1/kv/docker/forged"
# Every process and what it was given, the daemon's and Consul's environment and files left out.
SEEN = "cat /proc/[0-9]*/cmdline | tr '\\0' ' '; docker inspect $(docker ps -aq); journalctl --no-pager"


@pytest.fixture
def authority(tmp_path):
    return Authority.of_hosts(tmp_path)


def ask(lab, authority, *words, certificate=True, token=""):
    """The status and body of Consul's answer, or curl's reason without one."""
    curl = [
        "curl",
        "-sS",
        "-m",
        "5",
        "-w",
        " %{http_code}",
        "--cacert",
        f"{authority.folder}/ca.pem",
    ]
    if certificate:
        curl += ["--cert", f"{authority.folder}/client.pem"]
        curl += ["--key", f"{authority.folder}/client-key.pem"]
    if token:
        curl += ["-H", f"X-Consul-Token: {token}"]
    asked = lab.run([*curl, *words], check=False)
    return asked.stdout + asked.stderr


def set_token(stack):
    token = str(uuid4())
    stack.write()
    stack.run("config", "set", "--secret", "--path", "crosshost:consul.token", token)
    assert token not in stack.file.read_text()
    return token


def succeeds(lab, host, command):
    return lab.ssh(host, command, check=False).returncode == 0


def reached(lab):
    for host, one, other in (("docker01", "web01", "web02"), ("docker02", "web02", "web01")):
        ping = f"timeout 5 docker exec {one} ping -c 1 -W 2 {other}"
        wait(partial(succeeds, lab, host, ping), 20)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_consul_with_a_token_and_certificates_answers_the_hosts_and_nobody_else(
    lab, environment, authority
):
    before = {host: look(lab, host) for host in HOSTS}
    stack = environment("lab-overlay")
    stack.config["firewall"] = {"mode": "off"}
    stack.restart_containers()
    assert "everybody who reaches 10.0.0.11:8500 can write to Consul" in stack.up().text
    plain = {host: look_without_times(lab, host) for host in HOSTS}
    consul = dict(stack.config["consul"])

    # Both at once on a fleet that runs.
    stack.config["consul"] = {**consul, "tls": dict(authority.tls())}
    token = set_token(stack)
    preview = stack.preview().text
    assert "the token for its cluster store" in preview
    assert "can write to Consul" not in preview
    assert token not in preview
    up = stack.up()
    assert token not in up.text
    reached(lab)
    assert stack.up().changes == {}
    assert ask(lab, authority, URL, certificate=False).startswith(" 000")
    assert ask(lab, authority, "-X", "PUT", "-d", "x", WRITE).endswith(" 403")
    assert "10.0.0.12" not in ask(lab, authority, URL)
    assert ask(lab, authority, URL, token=token).endswith(" 200")
    assert ask(lab, authority, "http://10.0.0.11:8500/v1/kv/x", token=token).endswith(" 400")
    # A network and a container that come later.
    stack_file = stack.file.read_text()
    assert token not in stack.state()
    for host in HOSTS:
        assert token not in lab.ssh(host, SEEN).stdout
        # Readable by root alone.
        lab.ssh(host, "test $(stat -c %a /var/lib/crosshost) = 700")
    # After a restart of the daemon by somebody else, too.
    lab.ssh("docker02", "systemctl restart docker")
    reached(lab)
    assert stack.preview().changes == {}

    # A changed file shows, and comes back.
    lab.ssh("docker02", "echo x >>$(ls -d /var/lib/crosshost/*/consul-access/*/)token")
    assert "what it uses Consul with was changed by hand" in stack.preview().text
    stack.up()
    assert stack.file.read_text() == stack_file
    assert stack.preview().changes == {}

    # Another token: the one of before is worth nothing then.
    new = set_token(stack)
    stack.up()
    reached(lab)
    assert ask(lab, authority, URL, token=token).endswith(" 403")
    assert ask(lab, authority, URL, token=new).endswith(" 200")
    folders = "ls /var/lib/crosshost/*/consul-access"
    for host in HOSTS:
        assert len(re.findall("^[0-9a-f]{16}$", lab.ssh(host, folders).stdout, re.M)) == 1
    assert stack.up().changes == {}

    # A token alone, then nothing: as it was.
    stack.config["consul"] = consul
    third = set_token(stack)
    assert "over HTTP" in stack.up().text
    reached(lab)
    assert stack.up().changes == {}
    stack.write()
    assert "can write to Consul" in stack.up().text
    reached(lab)
    assert stack.up().changes == {}
    assert not difference(plain, {host: look_without_times(lab, host) for host in HOSTS})
    assert third not in stack.state()

    # And destroyed from there.
    stack.config["consul"] = {**consul, "tls": dict(authority.tls())}
    set_token(stack)
    stack.up()
    reached(lab)
    stack.destroy()
    assert not difference(before, {host: look(lab, host) for host in HOSTS})


@pytest.mark.long
def test_a_second_stack_is_told_that_such_a_consul_is_for_one_stack(lab, environment, authority):
    first = environment("lab-overlay")
    first.config["consul"] = {**first.config["consul"], "tls": dict(authority.tls())}
    set_token(first)
    first.up()
    second = environment("lab-overlay")
    second.config["consul"] = {"stack": first.name, "host": "docker01"}
    second.config["networks"] = {
        "other": {"strategy": "overlay", "control_plane": "consul", "subnet": "172.16.9.0/24"}
    }
    second.config["containers"] = {}
    second.write()
    failed = second.up(check=False)
    assert failed.code != 0
    assert f"Consul of stack {first.name} asks for a token or a certificate" in failed.text
    reached(lab)
    second.destroy()
    assert first.preview().changes == {}
