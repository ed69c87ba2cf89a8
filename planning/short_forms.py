"""Short forms of a Compose service's keys, made the long ones: lists of pairs, text for a list.

Each takes whatever stands in the stack file, and raises ValueError with a sentence where that is no
such word; what it does not know it hands on, for the word's own type to refuse.
"""

from __future__ import annotations

import re
import shlex
from ipaddress import ip_address
from typing import Any


def health_test(value: Any) -> Any:
    """ "CMD" as ["CMD-SHELL", "CMD"]; a list as Docker's HEALTHCHECK has it."""
    if isinstance(value, str):
        return ["CMD-SHELL", value]
    if not isinstance(value, list) or not value or value[0] not in ("NONE", "CMD", "CMD-SHELL"):
        raise ValueError("write a shell command, or a list that begins with CMD, CMD-SHELL or NONE")
    return value


def argv(value: Any) -> Any:
    """A text split as a POSIX shell does; anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        return shlex.split(value)
    except ValueError:
        raise ValueError(
            "has a quote or backslash without its end: add it, or write a list of words"
        ) from None


def _from_pairs(value: Any, form: str, separator: str = "=", *, shown: bool = True) -> Any:
    """A list of ``form`` ("NAME=value") as a map; anything else as it is."""
    if not isinstance(value, list):
        return value
    found: dict[str, str] = {}
    for item in value:
        name, *rest = re.split(separator, str(item), maxsplit=1)
        if not rest or isinstance(item, (dict, list)):
            what = repr(item) if shown else "an entry"
            raise ValueError(f"{what} is no {form}: write each entry so, or a map")
        if name in found:
            raise ValueError(f"{name} is there twice: remove one")
        found[name] = rest[0]
    return found


def texts(value: Any) -> Any:
    """A map whose values are made text; anything else as it is."""
    if not isinstance(value, dict):
        return value
    plain: dict[str, str] = {}
    for name, item in value.items():
        if item is None or isinstance(item, (dict, list)):
            raise ValueError(f"{name} needs a text or number as its value")
        plain[str(name)] = str(item).lower() if isinstance(item, bool) else str(item)
    return plain


def environment(value: Any) -> Any:
    """A map, or a list of "NAME=value", as a map NAME -> text."""
    # What stands there may be a password.
    found = texts(_from_pairs(value, "NAME=value", shown=False))
    if not isinstance(found, dict):
        raise ValueError("write a map NAME: value")
    for name in found:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", name):
            raise ValueError(f"{name!r} is no environment variable name")
    return found


def strings(value: Any) -> Any:
    """One text as a list of one; anything else as it is."""
    return [value] if isinstance(value, str) else value


def labels(value: Any) -> Any:
    """As in Compose, a label of a list may have no value."""
    if isinstance(value, list):
        value = [
            f"{item}=" if isinstance(item, str) and "=" not in item else item for item in value
        ]
    found = texts(_from_pairs(value, "name=value"))
    for name in found if isinstance(found, dict) else ():
        if name.startswith("crosshost."):
            raise ValueError(f"{name} would be one of crosshost's own labels: write another name")
    return found


def sysctls(value: Any) -> Any:
    """A map, or a list of "name=value", as a map name -> text."""
    return texts(_from_pairs(value, "name=value"))


def extra_hosts(value: Any) -> Any:
    """A list of "NAME:ADDRESS" (or NAME=ADDRESS) as a map; anything else as it is."""
    return _from_pairs(value, "NAME:ADDRESS", "[:=]")


def host_of_extra(value: str) -> str:
    """A name for /etc/hosts."""
    if not re.fullmatch(r"[a-zA-Z0-9_]([a-zA-Z0-9_.-]{0,251}[a-zA-Z0-9_])?", value):
        raise ValueError(f"{value!r} is no name of a host, e.g. db.example.com")
    return value


def address_of_extra(value: str) -> str:
    """An IP address, without brackets, or "host-gateway", which Docker fills in."""
    try:
        return value if value == "host-gateway" else str(ip_address(value.strip("[]")))
    except ValueError:
        raise ValueError(f"{value!r} is no IP address, nor host-gateway") from None


def no_empty_word(words: list[str]) -> list[str]:
    """The arguments, as the docker plugin takes them."""
    if "" in words:
        raise ValueError(
            "has an empty word, which the docker provider refuses: leave it to `sh -c`"
        )
    return words


def capability(value: Any) -> str:
    """A capability by the name that Docker has for it: "net_admin" is CAP_NET_ADMIN."""
    name = value.upper().removeprefix("CAP_") if isinstance(value, str) else ""
    if not re.fullmatch(r"[A-Z_]+", name):
        raise ValueError(f"{value!r} is no capability, e.g. NET_ADMIN")
    return name if name == "ALL" else f"CAP_{name}"


def device(value: Any) -> Any:
    """The long form {source, target, permissions} as SOURCE:TARGET:PERMISSIONS; text as it is."""
    if not isinstance(value, dict):
        return value
    source = value.get("source")
    if not isinstance(source, str) or {*value} - {"source", "target", "permissions"}:
        raise ValueError("a device has the keys source, target and permissions")
    return f"{source}:{value.get('target') or source}:{value.get('permissions') or 'rwm'}"


def absolute(value: str) -> str:
    """An absolute path."""
    if not value.startswith("/"):
        raise ValueError(f"{value!r} must be an absolute path")
    return value
