"""daemon.json: our keys merged into what the host has, and where that meets somebody's edit."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from planning.answers import printable

# What a terminal may take for a command, and halves of surrogate pairs.
_CONTROLS = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


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


def check(text: str | None) -> None:
    """BrokenDaemonJsonError unless a host's file is absent, or a JSON object that can be shown."""
    read(text)
    if _CONTROLS.search(text or ""):
        raise BrokenDaemonJsonError("holds control characters, or is not UTF-8")


def readable(text: str | None) -> bool:
    """Whether a host's file passes `check`."""
    try:
        check(text)
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
    plain = json.dumps(new, indent=4, ensure_ascii=False) + "\n"
    return _CONTROLS.sub(lambda match: f"\\u{ord(match[0]):04x}", plain)


def changed(text: str | None, new: str) -> list[str]:
    """The keys whose values differ between two texts of the file, sorted."""
    old, now = read(text), read(new)
    return sorted(
        key
        for key in old.keys() | now.keys()
        if old.get(key) != now.get(key) or (key in old) != (key in now)
    )


def edits(text: str | None, new: str) -> dict[str, str]:
    """Key -> what happens to it between two texts of the file, in a few words."""
    old, now = read(text), read(new)
    said: dict[str, str] = {}
    for key in changed(text, new):
        if key not in old:
            said[key] = f"+ {key}: {describe(now[key])}"
        elif key not in now:
            said[key] = f"- {key}"
        else:
            said[key] = f"~ {key}: {describe(old[key])} -> {describe(now[key])}"
    return said


def conflicts(
    text: str | None,
    wanted: Mapping[str, Any],
    *,
    written: Mapping[str, Any],
    original: str | None,
) -> Iterator[str]:
    """Sentences about keys that we and somebody else set.

    ``written``: our keys as the last run wrote them. ``original``: the file before the first run.
    """
    have, before = read(text), read(original)
    for key in sorted(written.keys() | wanted.keys()):
        if key in written and (key not in have or have[key] != written[key]):
            if key in wanted and key in have and have[key] == wanted[key]:
                continue
            now = f"is {describe(have[key])} now" if key in have else "was taken out"
            back = (
                f"up sets it back to {describe(wanted[key])}"
                if key in wanted
                else "up gives it back what it was before"
                if key in before
                else "up takes it out"
            )
            yield f"{key} was set by us and edited by hand since ({now}): {back}"
        elif key not in written and key in have and have[key] != wanted[key]:
            yield (
                f"{key} is {describe(have[key])}: up replaces it by {describe(wanted[key])}, destroy "
                "puts it back"
            )


def describe(value: object) -> str:
    """A value as JSON on one line, cut where it is long."""
    text = printable(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= 80 else f"{text[:77]}..."


def has_nftables(settings: Mapping[str, Any]) -> bool:
    """Whether daemon.json's keys put Docker's rules into nftables, which Swarm's are not for."""
    return settings.get("firewall-backend") == "nftables" and settings.get("iptables") is not False
