"""SSH servers that allow little, are slow, or run something else than they are asked to."""

from __future__ import annotations

import time

import pytest

from tests.lab.host_state import difference, look
from tests.lab.proofs import rows, wrong
from tests.lab.rows import some_often

HOSTS = ("docker01", "docker02")
# A second SSH server beside the one that the lab itself uses.
SERVER = """
mkdir -p /run/sshd
cat >/run/test-sshd.conf
systemd-run -q --unit crosshost-test-sshd -p KillMode=process -p TimeoutStopSec=2 \
    /usr/sbin/sshd -D -f /run/test-sshd.conf
"""
STOP = """
systemctl kill crosshost-test-sshd
systemctl stop crosshost-test-sshd
rm -f /run/test-sshd.conf /etc/ssh/sshrc
"""
COMMON = "Port 2222\nHostKey /etc/ssh/ssh_host_ed25519_key\nPidFile none\n"


@pytest.fixture
def through(lab, environment):
    """Makes an environment whose hosts are reached through SSH servers with a line of settings."""
    made = []

    def make(like, line):
        made.append(line)
        for host in HOSTS:
            lab.ssh(host, SERVER, input=f"{COMMON}{line}\n")
        stack = environment(like)
        for host in stack.config["hosts"].values():
            host["port"] = 2222
        stack.write()
        return stack

    yield make
    if made:
        for host in HOSTS:
            lab.ssh(host, STOP, check=False)


@pytest.mark.long
@pytest.mark.parametrize(
    ("line", "sshrc"),
    [
        ("MaxSessions 1", ""), ("MaxSessions 2", ""),
        ("MaxStartups 1:30:2", ""), ("PermitUserRC yes", "sleep 5"),
    ],
    ids=[
        "one session a connection", "two sessions a connection",
        "two logins at a time", "a login that takes five seconds",
    ],
)  # fmt: skip
def test_a_server_that_allows_little_is_enough(lab, through, line, sshrc):
    stack = through("lab-overlay", line)
    before = {host: look(lab, host) for host in HOSTS}
    try:
        if sshrc:
            for host in HOSTS:
                lab.ssh(host, "cat >/etc/ssh/sshrc", input=f"{sshrc}\n")
        stack.up()
        assert stack.up().changes == {}
        stack.config["prove"] = {"when": "always", "strict": True}
        stack.write()
        stack.up()
        assert wrong(rows(stack)) == []
        stack.destroy()
    finally:
        for host in HOSTS:
            lab.ssh(host, "rm -f /etc/ssh/sshrc")
    assert not difference(before, {host: look(lab, host) for host in HOSTS})


@pytest.mark.parametrize(
    ("command", "printed"),
    some_often(
        [
            ("echo only backups here", "only backups here"),
            ("true", "nothing"),
            ("internal-sftp", "This service allows sftp connections only."),
            ("cat", "#!/bin/sh"),
        ],
        0,
    ),
)
def test_a_forced_command_is_named_in_time_and_nothing_is_changed(lab, through, command, printed):
    stack = through("lab-macvlan", f"ForceCommand {command}")
    sentence = (
        "docker01 (10.0.0.11) answers on SSH, but its shell prints something else than it is asked "
        f"for ({printed}): let ~/.bashrc and a forced command there print nothing"
    )
    began = time.monotonic()
    preview = stack.preview()
    assert time.monotonic() - began < 30
    assert sentence in preview.text, preview.text
    assert "forget" not in preview.text
    up = stack.up(check=False)
    assert up.code != 0
    assert "nothing was changed:" in up.text
    assert sentence in up.text, up.text


@pytest.mark.long
def test_a_forced_command_that_waits_is_told_from_a_host_that_does_not_answer(lab, through):
    preview = through("lab-macvlan", "ForceCommand sleep 1d").preview()
    assert (
        "docker01 (10.0.0.11) answers on SSH, but what runs at a login there gives no answer within "
        "70 s: look for what waits"
    ) in preview.text, preview.text
    assert "forget" not in preview.text
