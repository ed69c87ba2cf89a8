"""WireGuard's keys: the form of a public one."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Annotated

from pydantic import AfterValidator


def public_key(text: str) -> str:
    """A public key, 32 bytes as base64; ValueError where it is none."""
    try:
        key = b64decode(text, validate=True)
    except ValueError:
        key = b""
    # Nothing else may stand for the same bytes; without a key a device has zeros.
    if len(key) != 32 or b64encode(key).decode() != text or not any(key):
        raise ValueError("no public key of WireGuard")
    return text


PublicKey = Annotated[str, AfterValidator(public_key)]
