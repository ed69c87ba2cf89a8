"""How the lab's hosts and containers are reached by SSH from inside the lab's namespace."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from lab import keys
from lab.images import SSH_KEY_NAME
from lab.record import HostRecord


def write(folder: Path, key_file: Path, hosts: Iterable[HostRecord]) -> None:
    """Write `folder`/ssh_config and known_hosts: every host by name and by address."""
    known = folder / "known_hosts"
    blocks = [_block(f"{host.name}", host.address) for host in hosts]
    common = {
        "User": "root",
        "IdentityFile": str(key_file),
        "IdentitiesOnly": "yes",
        "UserKnownHostsFile": str(known),
        "GlobalKnownHostsFile": "/dev/null",
        "StrictHostKeyChecking": "yes",
        "UpdateHostKeys": "no",
        "ConnectTimeout": "5",
        "LogLevel": "ERROR",
    }
    blocks.append("Host *\n" + "".join(f'    {key} "{value}"\n' for key, value in common.items()))
    (folder / "ssh_config").write_text("".join(blocks))
    known.write_text(known_hosts(hosts))


def _block(name: str, address: str) -> str:
    return f"Host {name}\n    HostName {address}\n    HostKeyAlias {name}\n"


def known_hosts(hosts: Iterable[HostRecord]) -> str:
    """The lab's host keys; containers with addresses from 10.0.0.100 on share one."""
    lines = [f"{host.name},{host.address} {keys.host_key(host.name)}\n" for host in hosts]
    return "".join([*lines, f"10.0.0.??? {keys.host_key(SSH_KEY_NAME)}\n"])
