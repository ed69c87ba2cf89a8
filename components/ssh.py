"""How the program reaches Docker hosts: one ssh_config for everything that runs `ssh`, and the
same settings for the command package's own SSH client.

Host keys are required and checked on both ways. Nothing is read from the user's ~/.ssh/config.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_command as command
from pydantic import Field, model_validator

from planning.compose import Words
from planning.words import Address, HostKey, HostName, User

CONNECT_SECONDS = 5


class JumpHost(Words):
    """The host through which all Docker hosts are reached."""

    address: Address = Field(description="IP address or DNS name")
    host_key: HostKey = Field(description="Public host key, as ssh-keyscan prints it")
    user: User = Field(default="root", description="User that logs in there")
    port: int = Field(default=22, ge=1, le=65535, description="SSH port")


class SshSettings(Words):
    """`crosshost:ssh`: how every host is logged in to, unless the host says otherwise."""

    user: User = Field(default="root", description="User that logs in to the hosts")
    port: int = Field(default=22, ge=1, le=65535, description="SSH port of the hosts")
    private_key_file: str | None = Field(
        default=None,
        description="A private key without passphrase; ~ and ${VARIABLES} work",
    )
    agent: bool = Field(default=False, description="Use the keys of the running ssh-agent")
    sudo: bool = Field(default=False, description="Change the host with `sudo -n`")
    proxy_jump: JumpHost | None = Field(
        default=None, description="Host through which all Docker hosts are reached"
    )

    @model_validator(mode="after")
    def one_credential(self) -> SshSettings:
        if bool(self.private_key_file) == self.agent:
            raise ValueError(
                "says not how to log in: write either `private_key_file: ~/.ssh/id_ed25519` or "
                "`agent: true`"
            )
        return self

    def key_file(self) -> Path | None:
        """The private key's path, ``~`` and ``${VARIABLES}`` filled in; ValueError if unusable."""
        if self.private_key_file is None:
            return None
        text = self.private_key_file

        def fill(match: re.Match[str]) -> str:
            value = os.environ.get(match[1])
            if value is None:
                raise ValueError(
                    f"{text} needs the environment variable {match[1]}, which is not set"
                )
            return value

        path = Path(re.sub(r"\$\{(\w+)\}", fill, text)).expanduser()
        try:
            content = path.read_text()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text file"
            raise ValueError(
                f"{path} cannot be read ({reason}): write a private key's path, or `agent: true`"
            ) from None
        if "PRIVATE KEY" not in content:
            raise ValueError(
                f"{path} is no private key (a public one ends in .pub): write the other"
            )
        return path


class HostSettings(Words):
    """One entry of `crosshost:hosts`."""

    address: Address = Field(description="IP address or DNS name that SSH connects to")
    host_key: HostKey = Field(description="Public host key, as ssh-keyscan prints it")
    user: User | None = Field(
        default=None, description="User that logs in to this host; default: that of crosshost:ssh"
    )
    port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="SSH port of this host; default: that of crosshost:ssh",
    )


@dataclass(frozen=True)
class Endpoint:
    """One host as SSH sees it."""

    name: HostName
    address: str
    port: int
    user: str
    host_key: str
    sudo: bool

    @classmethod
    def of(cls, name: str, host: HostSettings, ssh: SshSettings) -> Endpoint:
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

    def write(self) -> None:
        """Write ssh_config and known_hosts; only what has changed is touched."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        known = [f"{e.name} {e.host_key}" for e in self.endpoints.values()]
        if jump := self._ssh.proxy_jump:
            known.append(f"crosshost-jump {jump.host_key}")
        _write(self.folder / "known_hosts", "\n".join(known) + "\n")
        _write(self.folder / "ssh_config", self.config_text())

    def config_text(self) -> str:
        """The ssh_config: one block a host, then what all of them share."""
        blocks = [
            _block(e.name, e.address, e.port, e.user)
            + ("    ProxyJump crosshost-jump\n" if self._ssh.proxy_jump else "")
            for e in self.endpoints.values()
        ]
        if jump := self._ssh.proxy_jump:
            blocks.append(_block("crosshost-jump", jump.address, jump.port, jump.user))
        key = (
            f"    IdentityFile {_quoted(str(self._key_file))}\n    IdentitiesOnly yes\n"
            if self._key_file
            else ""
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
            f"    ControlPath {self.folder}/%C\n"
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


def _block(name: str, address: str, port: int, user: str) -> str:
    return (
        f"Host {name}\n    HostName {address}\n    HostKeyAlias {name}\n"
        f"    Port {port}\n    User {user}\n"
    )


def _quoted(path: str) -> str:
    if '"' in path or "\n" in path:
        raise ValueError(f"{path!r}: a key file's path cannot hold quotes or line breaks")
    return f'"{path}"'.replace("%", "%%")


def _write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text() != text:
        temporary = path.with_suffix(f".{os.getpid()}")
        temporary.write_text(text)
        temporary.replace(path)
