"""Public host keys: those that the user's ssh knows already, and those that hosts show."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from components.processes import run

_SECONDS = 15.0
_LIMIT = 1 << 20
# The ones that a stack file may have, the best first.
_KINDS = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "ssh-rsa",
)


@dataclass(frozen=True)
class HostKey:
    """A host's public key. ``known``: it is in the user's known_hosts."""

    text: str
    known: bool

    @property
    def fingerprint(self) -> str:
        """As `ssh-keygen -l` prints it: SHA256:..."""
        digest = sha256(base64.b64decode(self.text.split()[1])).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def known(address: str, port: int) -> HostKey | None:
    """The key that known_hosts has of a host, None where it has none."""
    name = address if port == 22 else f"[{address}]:{port}"
    ended = run(["ssh-keygen", "-F", name], stdin=b"", seconds=_SECONDS, limit=_LIMIT)
    return _best(ended.out, known=True) if ended.code == 0 else None


def shown(address: str, port: int) -> HostKey | None:
    """The key that a host shows to whoever asks, None where it shows none."""
    kinds = "ed25519,ecdsa,rsa"
    words = ["ssh-keyscan", "-T", "5", "-t", kinds, "-p", str(port), address]
    return _best(run(words, stdin=b"", seconds=_SECONDS, limit=_LIMIT).out, known=False)


def _best(printed: bytes, *, known: bool) -> HostKey | None:
    keys = dict(_keys(printed.decode(errors="replace").splitlines()))
    return next((HostKey(f"{kind} {keys[kind]}", known) for kind in _KINDS if kind in keys), None)


def _keys(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Kind and key of the lines of a known_hosts; what a host answers is data."""
    for line in lines:
        words = line.split()
        if line.startswith(("#", "@")) or len(words) < 3 or words[1] not in _KINDS:
            continue
        try:
            if base64.b64decode(words[2], validate=True).startswith(
                len(words[1]).to_bytes(4, "big") + words[1].encode()
            ):
                yield words[1], words[2]
        except binascii.Error:
            continue
