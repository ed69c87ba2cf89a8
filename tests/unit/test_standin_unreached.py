"""How the docker stand-in words it that no daemon answered, with ssh replaced by its last words."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from standins.replay.plugin import CallFailed, running

_NETWORK = "docker:index/network:Network::n"
_REFUSED = "failed to open the raw stream connection: dial unix /var/run/docker.sock: connect: "


def _error(code: int, said: str, folder: Path, monkeypatch: pytest.MonkeyPatch, **more: str) -> str:
    ssh = folder / "ssh"
    ssh.write_text(f"#!/bin/sh\nprintf '%s\\n' '{said}' >&2\nexit {code}\n")
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    with running("docker") as plugin:
        plugin.configure({"host": "ssh://root@h:2222", "sshOpts": '["-F","x"]', **more})
        inputs = plugin.check(_NETWORK, {"name": "n"}, {})["inputs"]
        with pytest.raises(CallFailed) as raised:
            plugin.create(_NETWORK, inputs)
    return str(raised.value.text)


def test_a_host_whose_daemon_is_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _error(1, f"{_REFUSED}connection refused", tmp_path, monkeypatch) == (
        "1 error occurred:\n\t* failed to create Docker client: Error pinging Docker server, please "
        "make sure that ssh://root@h:2222 is reachable and has a  '_ping' endpoint. Error: Cannot "
        "connect to the Docker daemon at http://docker.example.com. Is the docker daemon running?"
        "\n\n"
    )


def test_a_host_that_ssh_cannot_reach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _error(255, "ssh: no way", tmp_path, monkeypatch) == (
        "1 error occurred:\n\t* failed to create Docker client: Error pinging Docker server, please "
        "make sure that ssh://root@h:2222 is reachable and has a  '_ping' endpoint. Error: error "
        'during connect: Head "http://docker.example.com/_ping": command [ssh -l root -p 2222 -F x '
        "-o ConnectTimeout=30 -T -- h docker system dial-stdio] has exited with exit status 255, "
        "make sure the URL is valid, and Docker 18.09 or later is installed on the remote host: "
        "stderr=ssh: no way\n\n\n"
    )


def test_without_the_daemon_check_the_operation_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = _error(255, "ssh: no way", tmp_path, monkeypatch, disableDockerDaemonCheck="true")
    assert said.startswith(
        "1 error occurred:\n\t* Unable to create network: error during connect: Head "
        '"http://docker.example.com/_ping": command [ssh -l root '
    )
