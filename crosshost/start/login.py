"""How hosts are logged in to: by a private key file that needs no passphrase, or by an agent."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from components.ssh_settings import SshSettings
from crosshost.start.questions import Questions
from crosshost.start.ssh_hosts import SshHost
from crosshost.writing import stop
from planning.private_key import has_passphrase, is_private


def settings(hosts: Sequence[SshHost], key: str, agent: bool, questions: Questions) -> SshSettings:
    """`crosshost:ssh` for these hosts, without a jump host. ``key``: a file, "" to find one."""
    first = hosts[0]
    sudo = any(host.user != "root" for host in hosts)
    words: dict[str, object] = {"user": first.user, "port": first.port, "sudo": sudo}
    if not key and not agent:
        found = next((file for file in first.key_files if _usable(file)), None)
        socket = os.environ.get("SSH_AUTH_SOCK", "")
        agent = found is None and bool(socket) and Path(socket).is_socket()
        if not agent:
            proposed = None if found is None else str(found)
            key = questions.text("Private key without passphrase", proposed, "--key")
    try:
        ssh = SshSettings.model_validate(
            {**words, "agent": True} if agent else {**words, "private_key_file": _short(key)}
        )
        ssh.key_file()
        ssh.agent_socket()
    except ValueError as error:
        stop(str(error))
    return ssh


def _usable(file: Path) -> bool:
    try:
        text = file.read_text()
    except (OSError, UnicodeDecodeError):
        return False
    return is_private(text) and not has_passphrase(text)


def _short(key: str) -> str:
    """A path that means the same for a colleague: ``~`` for the home folder."""
    home = f"{Path.home()}/"
    return f"~/{key.removeprefix(home)}" if key.startswith(home) else key
