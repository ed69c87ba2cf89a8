"""The lab's SSH keys.

Host keys follow from the host's name, because the committed stack files name them. They protect
nothing but a lab inside its own network namespace. The client key is random for each lab.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)


def _host_private_key(name: str) -> Ed25519PrivateKey:
    seed = hashlib.sha256(f"crosshost lab host key {name}".encode()).digest()
    return Ed25519PrivateKey.from_private_bytes(seed)


def _public_line(key: Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def _private_pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())


def host_key(name: str) -> str:
    """The public SSH host key of the lab host `name`: "ssh-ed25519 AAAA..."."""
    return _public_line(_host_private_key(name))


def host_private_key(name: str) -> bytes:
    """The private SSH host key of the lab host `name`, as OpenSSH writes it."""
    return _private_pem(_host_private_key(name))


def ensure_client_key(path: Path) -> str:
    """Make the private key `path` (mode 600) where it is missing; its public line."""
    public = path.with_name(f"{path.name}.pub")
    if not (path.exists() and public.exists()):
        key = Ed25519PrivateKey.generate()
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(_private_pem(key))
        public.write_text(f"{_public_line(key)} crosshost-lab\n")
    return public.read_text().strip()
