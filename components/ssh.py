"""How the program reaches Docker hosts: one ssh_config for everything that runs `ssh`, and the
same settings for the command package's own SSH client.

Host keys are required and checked on both ways. Nothing is read from the user's ~/.ssh/config.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pulumi
import pulumi_command as command

from components.remote import CONTROL
from components.ssh_settings import HostSettings, SshSettings
from planning.field_types import HostName

CONNECT_SECONDS = 5
JUMP = "crosshost-jump"


@dataclass(frozen=True)
class Login:
    """Where SSH logs in, and as whom."""

    address: str
    port: int
    user: str


@dataclass(frozen=True)
class Endpoint:
    """One host as SSH sees it."""

    name: HostName
    address: str
    port: int
    user: str
    host_key: str
    sudo: bool

    @property
    def login(self) -> Login:
        """Where SSH logs in, and as whom."""
        return Login(self.address, self.port, self.user)

    @classmethod
    def of(cls, name: str, host: HostSettings, ssh: SshSettings) -> Endpoint:
        """The host of a name, with the defaults of `crosshost:ssh` where it has none of its own."""
        user = host.user or ssh.user
        return cls(
            name=name,
            address=host.address,
            port=host.port or ssh.port,
            user=user,
            host_key=host.host_key,
            sudo=ssh.sudo and user != "root",
        )


class SshAccess:
    """Files and connection arguments for a set of hosts.

    The files live in ``.crosshost/STACK/`` under the project, and are named by relative path, so
    that another checkout gives the same provider inputs.
    """

    def __init__(self, ssh: SshSettings, hosts: Mapping[str, HostSettings], *, stack: str) -> None:
        self._ssh = ssh
        self._key_file = ssh.key_file()
        self.stack = stack
        self.folder = Path(".crosshost") / stack
        self.endpoints = {name: Endpoint.of(name, host, ssh) for name, host in hosts.items()}

    @property
    def config_file(self) -> str:
        """The ssh_config's path relative to the project, for ``ssh -F``."""
        return str(self.folder / "ssh_config")

    @property
    def addresses(self) -> dict[str, str]:
        """Host -> its address, an IP address or a DNS name."""
        return {name: endpoint.address for name, endpoint in self.endpoints.items()}

    def settings(self, host: str) -> dict[str, str]:
        """How ``ssh`` reaches a host, beside what ssh_config says of all: keyword -> value.

        For what outlives a host's entry in the stack file: it is still to be cleaned up then.
        KnownHostsCommand is unknown to OpenSSH before 8.5, which then knows only hosts with entries.
        """
        endpoint = self.endpoints[host]
        return {
            "HostName": endpoint.address,
            "HostKeyAlias": host,
            "Port": str(endpoint.port),
            "User": endpoint.user,
            "IgnoreUnknown": "KnownHostsCommand",
            "KnownHostsCommand": f"/bin/echo {host} {endpoint.host_key}",
            **({"ProxyJump": JUMP} if self._ssh.proxy_jump else {}),
        }

    @property
    def jump(self) -> Login | None:
        """The jump host on the way to all hosts."""
        jump = self._ssh.proxy_jump
        return Login(jump.address, jump.port, jump.user) if jump else None

    def write(self) -> None:
        """Write ssh_config and known_hosts; only what has changed is touched."""
        for folder in (self.folder, CONTROL):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        known = [f"{e.name} {e.host_key}" for e in self.endpoints.values()]
        if jump := self._ssh.proxy_jump:
            known.append(f"{JUMP} {jump.host_key}")
        _write(self.folder / "known_hosts", "\n".join(known) + "\n")
        _write(self.folder / "ssh_config", self.config_text())

    def config_text(self) -> str:
        """The ssh_config: one block a host, then what all of them share."""
        blocks = [
            self._block(e.name, e.login, e.host_key)
            + (f"    ProxyJump {JUMP}\n" if self._ssh.proxy_jump else "")
            for e in self.endpoints.values()
        ]
        if self.jump and self._ssh.proxy_jump:
            blocks.append(self._block(JUMP, self.jump, self._ssh.proxy_jump.host_key))
        key = (
            f"    IdentityFile {_quoted(self._key_file)}\n    IdentitiesOnly yes\n"
            if self._key_file
            # The agent's keys alone, as the command package's own client does.
            else "    IdentityFile none\n"
        )
        return "".join(blocks) + (
            "Host *\n"
            f"{key}"
            f"    UserKnownHostsFile {self.folder}/known_hosts\n"
            "    GlobalKnownHostsFile /dev/null\n"
            "    StrictHostKeyChecking yes\n"
            "    BatchMode yes\n"
            f"    ConnectTimeout {CONNECT_SECONDS}\n"
            "    ServerAliveInterval 5\n"
            "    ServerAliveCountMax 3\n"
            "    ControlMaster auto\n"
            "    ControlPersist 60\n"
            "    LogLevel ERROR\n"
        )

    def connection(self, host: str) -> command.remote.ConnectionArgs:
        """The command package's connection to ``host``: few dials, short ones, host key checked."""
        endpoint = self.endpoints[host]
        key = pulumi.Output.secret(self._key_file.read_text()) if self._key_file else None
        proxy = None
        if jump := self._ssh.proxy_jump:
            proxy = command.remote.ProxyConnectionArgs(
                host=jump.address,
                port=jump.port,
                user=jump.user,
                host_key=jump.host_key,
                private_key=key,
                dial_error_limit=2,
                per_dial_timeout=2 * CONNECT_SECONDS,
            )
        return command.remote.ConnectionArgs(
            host=endpoint.address,
            port=endpoint.port,
            user=endpoint.user,
            host_key=endpoint.host_key,
            private_key=key,
            dial_error_limit=2,
            per_dial_timeout=2 * CONNECT_SECONDS,
            proxy=proxy,
        )

    def _block(self, name: str, login: Login, host_key: str) -> str:
        # A connection that is kept open is used again only by who would get in the same way; and
        # a socket's path has room for about a hundred characters.
        way = repr((self.stack, name, login, host_key, self.jump, self._credential()))
        return (
            f"Host {name}\n    HostName {login.address}\n    HostKeyAlias {name}\n"
            f"    Port {login.port}\n    User {login.user}\n"
            f"    ControlPath {CONTROL}/{sha256(way.encode()).hexdigest()[:16]}\n"
        )

    def _credential(self) -> str:
        if self._key_file:
            return sha256(self._key_file.read_bytes()).hexdigest()
        return str(self._ssh.agent_socket())


def _quoted(path: Path) -> str:
    """For an ssh_config; SshSettings.key_file has refused what cannot be quoted."""
    return '"' + str(path).replace("%", "%%") + '"'


def _write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text() != text:
        temporary = path.with_suffix(f".{os.getpid()}")
        temporary.write_text(text)
        temporary.replace(path)
