"""daemon.json: our keys merged into what the host has, and what the change takes."""

from __future__ import annotations

import json
from typing import Any, Literal

Action = Literal["none", "reload", "restart"]

# Docker's "Miscellaneous options: configuration reload behavior", engine 20.10; cluster-store
# only when it is set for the first time (docs/adr/0003).
RELOADABLE = frozenset(
    {
        "authorization-plugins",
        "cluster-advertise",
        "cluster-store",
        "cluster-store-opts",
        "debug",
        "default-runtime",
        "features",
        "insecure-registries",
        "labels",
        "live-restore",
        "max-concurrent-downloads",
        "max-concurrent-uploads",
        "max-download-attempts",
        "registry-mirrors",
        "runtimes",
        "shutdown-timeout",
    }
)


class BrokenDaemonJsonError(ValueError):
    """The host's daemon.json is not a JSON object; the message says where it breaks."""


def read(text: str | None) -> dict[str, Any]:
    """The file's keys; empty where there is none. BrokenDaemonJsonError if it cannot be read."""
    if text is None or not text.strip():
        return {}
    try:
        value = json.loads(text)
    except ValueError as error:
        raise BrokenDaemonJsonError(f"is not valid JSON ({error})") from None
    if not isinstance(value, dict):
        raise BrokenDaemonJsonError("is not a JSON object")
    return value


def readable(text: str | None) -> bool:
    """Whether the file is absent or a JSON object."""
    try:
        read(text)
    except BrokenDaemonJsonError:
        return False
    return True


def merged(
    text: str | None,
    wanted: dict[str, Any],
    *,
    ours: frozenset[str] = frozenset(),
    original: str | None = None,
) -> str:
    """The file's new text: ``wanted`` set, all other keys kept in their order.

    ``ours``: keys that an earlier run set; those not wanted any more get back the value that the
    ``original`` file had, or go. Text that already says all of it is returned as it is.
    """
    have = read(text)
    before = read(original)
    new = dict(have)
    for key in ours - wanted.keys():
        if key in before:
            new[key] = before[key]
        else:
            new.pop(key, None)
    new.update(wanted)
    if text is not None and new == have:
        return text
    return json.dumps(new, indent=4, ensure_ascii=False) + "\n"


def changed(text: str | None, new: str) -> list[str]:
    """The keys whose values differ between two texts of the file, sorted."""
    old, now = read(text), read(new)
    return sorted(
        key
        for key in old.keys() | now.keys()
        if old.get(key) != now.get(key) or (key in old) != (key in now)
    )


def action(keys: list[str], *, had_cluster_store: bool) -> Action:
    """What a change of these keys takes. A store that is already set is only left by a restart."""
    if not keys:
        return "none"
    if any(key not in RELOADABLE for key in keys):
        return "restart"
    if had_cluster_store and any(key.startswith("cluster-") for key in keys):
        return "restart"
    return "reload"
