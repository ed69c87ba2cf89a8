"""The host itself: its name, kernel and clock, and who reads it."""

from __future__ import annotations

import re
from typing import Self

from planning.answers import Printable
from planning.facts.base import Topic
from planning.facts.printed import Printed, number


class SystemTopic(Topic):
    """The host itself, and the user who reads it."""

    uid: int
    """Number of the user that the facts were read as; 0 is root."""
    hostname: Printable
    """The host's own name (`uname -n`), "" where it did not tell."""
    kernel: Printable = ""
    """The kernel's release (`uname -r`)."""
    os: Printable = ""
    """PRETTY_NAME of /etc/os-release."""
    boot_id: Printable = ""
    """The kernel's ID of this boot, another one after each."""
    clock: int | None = None
    """The host's time, in seconds since 1970."""
    skew: int | None = None
    """Seconds that the host's clock is ahead of ours; 0 as far as the time of asking leaves it open."""
    sudo: bool | None = None
    """Whether sudo works without a password; None for a login as root."""

    @classmethod
    def read(cls, printed: Printed) -> Self:
        clock = printed.read("clock", lambda: number(printed.one("clock")))
        asked = printed.asked
        return cls(
            uid=number(printed.one("uid")),
            hostname=printed.text("hostname") or "",
            kernel=printed.text("kernel") or "",
            os=os_name(printed.text("os_release") or ""),
            boot_id=printed.one("boot_id") or "",
            clock=clock,
            skew=None
            if asked is None or clock is None
            else clock - min(max(clock, asked[0]), asked[1]),
            sudo=printed.flag("sudo"),
        )


def os_name(text: str) -> str:
    """PRETTY_NAME of an /etc/os-release, "" where it has none."""
    found = re.search(r"""^PRETTY_NAME=(["']?)(.*)\1\s*$""", text, re.MULTILINE)
    return found[2] if found else ""
