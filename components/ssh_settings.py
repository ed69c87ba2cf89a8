"""`crosshost:ssh` and `crosshost:hosts`: how hosts are logged in to."""

from __future__ import annotations

import os
import re
from pathlib import Path

from pydantic import Field, model_validator

from planning.field_types import Address, HostKey, User
from planning.private_key import has_passphrase, is_private
from planning.stack_model import StackModel


class JumpHost(StackModel):
    """The host through which all Docker hosts are reached."""

    address: Address = Field(description="IP address or DNS name")
    host_key: HostKey = Field(description="Public host key, as ssh-keyscan prints it")
    user: User = Field(default="root", description="User that logs in there")
    port: int = Field(default=22, ge=1, le=65535, description="SSH port")


class SshSettings(StackModel):
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


class HostSettings(StackModel):
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
