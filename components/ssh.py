"""How the program reaches Docker hosts: one ssh_config for everything that runs `ssh`, and the
same settings for the command package's own SSH client.

Host keys are required and checked on both ways. Nothing is read from the user's ~/.ssh/config.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pulumi
import pulumi_command as command
from pydantic import Field, model_validator

from planning.compose import Words
from planning.private_key import has_passphrase, is_private
from planning.words import Address, HostKey, HostName, User

CONNECT_SECONDS = 5
CONTROL = Path(".crosshost") / "control"
JUMP = "crosshost-jump"


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
        path = filled(self.private_key_file)
        try:
            content = path.read_text()
            mode, owner = path.stat().st_mode, path.stat().st_uid
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text file"
            raise ValueError(
                f"{path} cannot be read ({reason}): write a private key's path, or `agent: true`"
            ) from None
        if not is_private(content):
            raise ValueError(
                f"{path} is no private key (a public one ends in .pub): write the other"
            )
        if has_passphrase(content):
            raise ValueError(
                f"{path} has a passphrase: load it into ssh-agent and write `agent: true`"
            )
        if owner == os.geteuid() and mode & 0o077:
            raise ValueError(f"{path} can be read by others, so ssh refuses it: chmod 600 {path}")
        return path

    def agent_socket(self) -> Path | None:
        """The running ssh-agent's socket, None without `agent`; ValueError if none runs."""
        if not self.agent:
            return None
        name = os.environ.get("SSH_AUTH_SOCK", "")
        if not name:
            raise ValueError(
                'no ssh-agent is known here (SSH_AUTH_SOCK is not set): run `eval "$(ssh-agent)"` '
                "and `ssh-add KEY`, or write private_key_file"
            )
        if not Path(name).is_socket():
            raise ValueError(
                f'there is no ssh-agent at {name} (SSH_AUTH_SOCK): run `eval "$(ssh-agent)"` and '
                "`ssh-add KEY`, or write private_key_file"
            )
        return Path(name)


def filled(text: str) -> Path:
    """The path with ``~`` and ``${VARIABLES}`` filled in; ValueError where that cannot be."""

    def fill(match: re.Match[str]) -> str:
        value = os.environ.get(match[1])
        if value is None:
            raise ValueError(f"{text} needs the environment variable {match[1]}, which is not set")
        return value

    try:
        path = Path(re.sub(r"\$\{(\w+)\}", fill, text)).expanduser()
    except RuntimeError:
        raise ValueError(f"{text}: there is no such user here, so `~` means nothing") from None
    # What an ssh_config cannot hold in quotes, or would fill in by itself.
    if not str(path).isprintable() or re.search(r'["\\]|\$\{', str(path)):
        raise ValueError(
            f"{str(path)!r}: the path of a key file cannot hold quotes, backslashes, `${{`, line "
            "breaks or other control characters: move the key"
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
        return Login(self.address, self.port, self.user)

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
