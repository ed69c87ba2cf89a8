"""What can be said of keys before anything is dialled."""

from __future__ import annotations

import base64
import binascii
import re

from ..errors import PluginError

_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----\r?\n(.*?)-----END \1-----", re.DOTALL)
_HOST_KEY = re.compile(r"(ssh-[a-z0-9-]+|ecdsa-[a-z0-9-]+|sk-[a-z0-9@.-]+)\s+([A-Za-z0-9+/=]+)")


def private_key(text: str, *, has_password: bool) -> str:
    """The key as ssh reads it; a key that cannot be one fails at once."""
    found = _PEM.search(text)
    if found is None:
        raise PluginError("ssh: no key found")
    if not has_password and _is_encrypted(found[1], found[2]):
        raise PluginError("ssh: this private key is passphrase protected")
    return text if text.endswith("\n") else text + "\n"


def _is_encrypted(label: str, body: str) -> bool:
    if "ENCRYPTED" in label or "Proc-Type: 4,ENCRYPTED" in body:
        return True
    if label != "OPENSSH PRIVATE KEY":
        return False
    try:
        data = base64.b64decode("".join(body.split()), validate=True)
    except binascii.Error:
        raise PluginError("ssh: no key found") from None
    magic = b"openssh-key-v1\0"
    size = int.from_bytes(data[len(magic) : len(magic) + 4], "big")
    return data[len(magic) + 4 : len(magic) + 4 + size] != b"none"


def host_key(text: str) -> str:
    """Type and data of a host key as a line of known_hosts has them."""
    found = _HOST_KEY.search(text)
    if found is None:
        raise PluginError("failed to parse host key: ssh: no key found")
    return f"{found[1]} {found[2]}"
