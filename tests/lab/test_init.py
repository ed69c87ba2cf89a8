"""``init`` at a terminal, by a script that types: from two bare hosts to containers that reach each other."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

import pytest

from lab.keys import host_key
from tests.lab.environment import Environment
from tests.lab.host_state import difference, look_without_times
from tests.unit.fleet import ROOT

pytestmark = pytest.mark.long
HOSTS = ("docker01", "docker02")


def typed(words: Sequence[str], answers: Mapping[str, str], seconds: float = 90) -> tuple[int, str]:
    """Run a command at a terminal. ``answers``: what it asks (a pattern) -> what is typed then.

    Its exit code, and all that the terminal showed.
    """
    ours, theirs = pty.openpty()
    # No key of whoever runs the tests is proposed.
    env = {**os.environ, "SSH_AUTH_SOCK": "", "TERM": "dumb", "COLUMNS": "160"}
    process = subprocess.Popen(
        [str(ROOT / "lab" / "run"), *words], stdin=theirs, stdout=theirs, stderr=theirs, env=env, cwd=ROOT
    )  # fmt: skip
    os.close(theirs)
    shown, asked, deadline = "", "", time.monotonic() + seconds
    try:
        while time.monotonic() < deadline:
            if select.select([ours], [], [], 0.2)[0]:
                try:
                    new = os.read(ours, 65536).decode(errors="replace")
                except OSError:  # the other end is closed
                    break
                shown, asked = shown + new, asked + new
                continue
            for pattern, answer in answers.items():
                if re.search(rf"{pattern}[^\n]*[:?] *$", asked):
                    os.write(ours, f"{answer}\n".encode())
                    asked = ""
        return process.wait(timeout=10), shown
    finally:
        process.kill()
        os.close(ours)


def test_from_two_bare_hosts_to_a_network_by_typing(lab):
    before = {host: look_without_times(lab, host) for host in HOSTS}
    stack = Environment(
        lab, f"test-{os.environ.get('PYTEST_XDIST_WORKER', 'gw0')}-init", "lab-modes"
    )
    stack.file.unlink()
    try:
        code, shown = typed(
            [sys.executable, "-m", "crosshost", "init", "--image", "busybox:1"],
            {
                "Name of the stack": stack.name,
                "Docker hosts": "docker01=root@10.0.0.11, docker02=root@10.0.0.12",
                "Private key": str(lab.folder / "id_ed25519"),
                "Does `ssh-keygen": "y",
                "Strategy": "",
                "A first container": "y",
            },
        )
        assert code == 0, shown
        assert "SHA256:" in shown
        assert "proposed: overlay-swarm: containers have a subnet of their own" in shown
        text = stack.file.read_text()
        for host in HOSTS:
            assert host_key(host) in text
        stack.up()
        lab.ssh("docker01", "docker exec hello-docker01 ping -c 1 -W 2 hello-docker02")
        assert stack.up().changes == {}
        code, shown = typed(
            [sys.executable, "-m", "crosshost", "init"], {"Name of the stack": stack.name}
        )
        assert code == 1
        assert "is there already" in shown
        assert stack.file.read_text().startswith(text.partition("\nconfig:")[0])
        stack.destroy()
    finally:
        stack.remove()
    assert difference(before, {host: look_without_times(lab, host) for host in HOSTS}) == ""
