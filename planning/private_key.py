"""What can be seen of a private key without opening it."""

from __future__ import annotations

import base64
import binascii
import re

_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----(.*?)-----END \1-----", re.DOTALL)
_MAGIC = b"openssh-key-v1\0"


def is_private(text: str) -> bool:
    """Whether the text is a private key that ssh reads."""
    return "-----BEGIN " in text and "PRIVATE KEY-----" in text


def has_passphrase(text: str) -> bool:
    """Whether the key can only be used with a passphrase."""
    found = _PEM.search(text)
    if found is None:
        return False
    label, body = found.groups()
    if "ENCRYPTED" in label or "Proc-Type: 4,ENCRYPTED" in body:
        return True
    try:
        data = base64.b64decode("".join(body.split()), validate=True)
    except binascii.Error:
        return False
    if not data.startswith(_MAGIC):
        return False
    # After the magic comes the cipher's name, with its length in four bytes.
    size = int.from_bytes(data[len(_MAGIC) : len(_MAGIC) + 4], "big")
    return data[len(_MAGIC) + 4 : len(_MAGIC) + 4 + size] != b"none"
