"""Another key to log in with: nothing that runs is touched, and the old one is needed no more."""

from __future__ import annotations

import re
import subprocess

import pytest

HOSTS = ("docker01", "docker02")


@pytest.mark.long
def test_another_ssh_key_changes_nothing_that_runs(lab, environment, tmp_path):
    stack = environment("lab-modes")
    stack.up()
    started = "docker inspect -f '{{.State.StartedAt}}' alone bridged"
    before = lab.ssh("docker01", started).stdout
    key = tmp_path / "pipeline"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "pipeline", "-f", key], check=True
    )
    public = key.with_suffix(".pub").read_text()
    for host in HOSTS:
        lab.ssh(host, "cat >>/root/.ssh/authorized_keys", input=public)
    try:
        stack.config["ssh"]["private_key_file"] = str(key)
        stack.write()
        preview = stack.preview()
        # The state has the key, encrypted: crosshost's own commands are told of the new one.
        changed = re.findall(r"^ +~ (\S+): ?(.*)$", preview.text, re.MULTILINE)
        assert {name for name, _ in changed} == {"command:remote:Command", "connection"}
        assert {text for name, text in changed if name == "connection"} == {"[secret] => [secret]"}
        assert set(preview.changes) == {"to update"}
        stack.up()
        assert stack.preview().changes == {}
        assert lab.ssh("docker01", started).stdout == before
        stack.destroy()
    finally:
        for host in HOSTS:
            lab.ssh(host, "sed -i '/ pipeline$/d' /root/.ssh/authorized_keys")
