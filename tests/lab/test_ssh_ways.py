"""The ways by which people reach their hosts over SSH, each on a real host."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from lab.keys import host_key
from tests.lab.host_state import look

SECRET = "correct horse"
SECOND_SSHD = """
install -d -m 755 /run/sshd /run/crosshost-test
cat >/run/crosshost-test/sshd_config <<END
Port 2222
HostKey /etc/ssh/ssh_host_ed25519_key
PidFile /run/crosshost-test/sshd.pid
UsePAM yes
AllowUsers root@10.0.0.11 deploy
Subsystem sftp /usr/lib/openssh/sftp-server
END
/usr/sbin/sshd -f /run/crosshost-test/sshd_config
"""
NO_SECOND_SSHD = 'kill "$(cat /run/crosshost-test/sshd.pid)"; rm -r /run/crosshost-test'


@pytest.fixture
def stack(lab, environment):
    """A stack with one container on docker02; its ``ssh`` says nothing yet."""
    stack = environment("lab-macvlan")
    del stack.config["hosts"]["docker01"], stack.config["containers"]["ssh01"]
    return stack


@pytest.fixture
def works(lab, stack):
    """Checks that up, a second up and destroy work with ``crosshost:ssh`` like this."""

    def check(**ssh):
        before = look(lab, "docker02")
        stack.config["ssh"] = ssh
        stack.write()
        assert stack.up().changes["created"] > 5
        lab.ssh("docker01", "ping -c 1 -W 2 10.0.0.200")
        assert stack.up().changes == {}
        stack.destroy()
        assert look(lab, "docker02") == before

    return check


@pytest.fixture
def fails(stack):
    """Checks that up stops before any change with a sentence."""

    def check(sentence, **ssh):
        stack.config["ssh"] = ssh
        stack.write()
        up = stack.up(check=False)
        assert up.code != 0
        assert sentence in up.text, up.text
        assert "nothing was changed:" in up.text
        assert "Traceback" not in up.text

    return check


@pytest.fixture
def deploy(lab):
    """A user of docker02 who is not root: in the group docker, may use sudo, has our key."""
    lab.ssh(
        "docker02",
        "useradd --create-home --shell /bin/sh --groups docker deploy && "
        "install -d -m 700 -o deploy -g deploy /home/deploy/.ssh && "
        "install -m 600 -o deploy -g deploy /root/.ssh/authorized_keys /home/deploy/.ssh/ && "
        "echo 'deploy ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/deploy",
    )
    yield "deploy"
    lab.ssh("docker02", "rm -f /etc/sudoers.d/deploy; pkill -KILL -u deploy; userdel -rf deploy")


@pytest.fixture
def second_sshd(lab):
    """An sshd on port 2222 of docker02 that takes root only from docker01."""
    lab.ssh("docker02", SECOND_SSHD)
    yield 2222
    lab.ssh("docker02", NO_SECOND_SSHD)


@pytest.fixture
def agent(stack, tmp_path):
    """An ssh-agent of the test's own, without keys; the stack's commands know it."""
    socket = tmp_path / "agent"
    said = subprocess.run(
        ["ssh-agent", "-s", "-a", socket], capture_output=True, text=True, check=True
    ).stdout
    found = re.search(r"SSH_AGENT_PID=(\d+);", said)
    assert found, said
    stack.variables = {"SSH_AUTH_SOCK": str(socket)}
    yield stack.variables
    os.kill(int(found[1]), signal.SIGTERM)


@pytest.fixture
def locked_key(lab, tmp_path):
    """A key with a passphrase that docker02 accepts."""
    key = tmp_path / "locked"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", SECRET, "-f", key], check=True)
    public = (tmp_path / "locked.pub").read_text()
    lab.ssh("docker02", "cat >>/root/.ssh/authorized_keys", input=public)
    yield key
    lab.ssh("docker02", f"sed -i '\\|{public.split()[1]}|d' /root/.ssh/authorized_keys")


def load(agent: dict[str, str], key: Path, tmp_path: Path) -> None:
    """ssh-add, with the passphrase from a script as ssh-askpass would give it."""
    ask = tmp_path / "ask"
    ask.write_text(f"#!/bin/sh\necho '{SECRET}'\n")
    ask.chmod(0o700)
    asking = {"SSH_ASKPASS": str(ask), "SSH_ASKPASS_REQUIRE": "force"}
    subprocess.run(
        ["ssh-add", "-q", key], env={**os.environ, **agent, **asking},
        stdin=subprocess.DEVNULL, check=True,
    )  # fmt: skip


@pytest.mark.long
def test_a_key_with_a_passphrase_in_the_agent(works, agent, locked_key, tmp_path):
    load(agent, locked_key, tmp_path)
    works(user="root", agent=True)


def test_a_key_file_with_a_passphrase_is_refused_before_anything_is_contacted(fails, locked_key):
    fails(
        f"{locked_key} has a passphrase: load it into ssh-agent and write `agent: true`",
        user="root",
        private_key_file=str(locked_key),
    )


def test_an_agent_that_does_not_run_is_said_before_anything_is_contacted(stack, fails, tmp_path):
    stack.variables = {"SSH_AUTH_SOCK": str(tmp_path / "nobody")}
    fails(f"there is no ssh-agent at {tmp_path / 'nobody'}", agent=True)
    stack.variables = {"SSH_AUTH_SOCK": ""}
    fails("no ssh-agent is known here (SSH_AUTH_SOCK is not set)", agent=True)


def test_another_user_with_sudo_on_another_port(lab, stack, works, deploy, second_sshd):
    stack.config["hosts"]["docker02"]["port"] = second_sshd
    works(user=deploy, sudo=True, private_key_file=str(lab.key_file))


@pytest.mark.long
def test_a_user_who_lacks_something_is_told_what(lab, fails, deploy):
    key = str(lab.key_file)
    fails("docker02: deploy is not root: write `sudo: true`", user=deploy, private_key_file=key)
    lab.ssh("docker02", "gpasswd -d deploy docker")
    fails(
        "docker02: deploy may not use Docker there without sudo, as the docker provider does: run "
        "`sudo usermod -aG docker deploy` on it",
        user=deploy, sudo=True, private_key_file=key,
    )  # fmt: skip
    lab.ssh("docker02", "echo 'deploy ALL=(ALL) ALL' >/etc/sudoers.d/deploy")
    fails(
        "docker02 (10.0.0.12): deploy cannot use sudo without a password",
        user=deploy, sudo=True, private_key_file=key,
    )  # fmt: skip


def test_a_jump_host_is_used_by_everything(lab, stack, works, second_sshd):
    # Root gets in on this port only from docker01.
    stack.config["hosts"]["docker02"]["port"] = second_sshd
    jump = {"address": "10.0.0.11", "host_key": host_key("docker01")}
    works(user="root", private_key_file=str(lab.key_file), proxy_jump=jump)


@pytest.mark.long
def test_a_key_in_the_agent_opens_the_jump_host_and_the_host_behind_it(
    lab, stack, works, second_sshd, agent, tmp_path
):
    load(agent, lab.key_file, tmp_path)
    stack.config["hosts"]["docker02"]["port"] = second_sshd
    works(agent=True, proxy_jump={"address": "10.0.0.11", "host_key": host_key("docker01")})


@pytest.mark.long
def test_what_is_wrong_on_the_way_through_a_jump_host_is_said_of_the_right_one(lab, stack, fails):
    known = {"private_key_file": str(lab.key_file)}
    jump = {"address": "10.0.0.11", "host_key": host_key("docker01")}
    fails(
        "docker02: the jump host (10.0.0.99) does not answer on SSH port 22 (No route to host)",
        **known, proxy_jump={**jump, "address": "10.0.0.99"},
    )  # fmt: skip
    fails(
        "docker02: the jump host (10.0.0.11) shows another SSH host key than the stack file says",
        **known, proxy_jump={**jump, "host_key": host_key("docker77")},
    )  # fmt: skip
    fails(
        "docker02: the jump host (10.0.0.11) refuses the SSH login of nobody",
        **known, proxy_jump={**jump, "user": "nobody"},
    )  # fmt: skip
    stack.config["hosts"]["docker02"]["port"] = 2223
    fails(
        "docker02 (10.0.0.12) does not answer on SSH port 2223 (Connection refused)",
        **known, proxy_jump=jump,
    )  # fmt: skip
