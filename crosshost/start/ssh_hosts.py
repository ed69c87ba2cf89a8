"""Hosts as the user's own ssh knows them: names of ~/.ssh/config, and what they stand for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from components.processes import run

_SECONDS = 10.0
_LIMIT = 1 << 20
# What names no host of Docker's.
_OTHERS = re.compile(r"(^|\.)(github|gitlab|bitbucket)\.|[*?!]")


@dataclass(frozen=True)
class SshHost:
    """A host to log in to. ``jump``: the ProxyJump of the user's configuration, "" without one."""

    name: str
    address: str
    port: int
    user: str
    key_files: tuple[Path, ...]
    jump: str


def configured(file: Path) -> list[str]:
    """The hosts that an ssh_config names, in its order; none where there is no such file."""
    try:
        text = file.read_text(errors="replace")
    except OSError:
        return []
    found: dict[str, None] = {}
    for line in text.splitlines():
        match = re.fullmatch(r"\s*host[\s=]+(.*?)\s*", line, re.IGNORECASE)
        for name in match[1].replace('"', "").split() if match else []:
            if not _OTHERS.search(name):
                found.setdefault(name)
    return list(found)


def resolved(written: str, name: str) -> SshHost:
    """What ssh makes of [USER@]HOST[:PORT]; ValueError, a sentence, where it makes nothing of it."""
    match = re.fullmatch(r"(?:([a-zA-Z_][\w.-]*)@)?([a-zA-Z0-9][\w.-]*)(?::(\d{1,5}))?", written)
    if match is None:
        raise ValueError(f"{written!r} is no host: write NAME, ADDRESS, or USER@ADDRESS:PORT")
    user, host, port = match.groups()
    words = ["ssh", "-G", *(["-p", port] if port else []), f"{user}@{host}" if user else host]
    ended = run(words, stdin=b"", seconds=_SECONDS, limit=_LIMIT)
    if ended.code != 0:
        said = ended.err.decode(errors="replace").strip().splitlines()
        raise ValueError(
            f"ssh makes nothing of {written!r}: {said[-1] if said else 'it does not run'}"
        )
    settings: dict[str, list[str]] = {}
    for line in ended.out.decode(errors="replace").splitlines():
        key, _, value = line.partition(" ")
        settings.setdefault(key, []).append(value)

    def one(key: str, default: str) -> str:
        return settings.get(key, [default])[0]

    jump = one("proxyjump", "none")
    return SshHost(
        name,
        one("hostname", host),
        int(one("port", "22")),
        one("user", "root"),
        tuple(Path(file).expanduser() for file in settings.get("identityfile", [])),
        "" if jump == "none" else jump,
    )
