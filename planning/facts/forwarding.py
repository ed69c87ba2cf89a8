"""Whether the host forwards packets."""

from __future__ import annotations

from typing import Self

from planning.facts.base import Topic
from planning.facts.printed import Printed

# Two names of one switch.
_SWITCHES = ("net.ipv4.ip_forward", "net.ipv4.conf.all.forwarding")


class ForwardingTopic(Topic):
    """Whether the host forwards packets, asked from Docker 29 on."""

    forwards_at_boot: bool | None = None
    """Whether sysctl.d turns IPv4 forwarding on; None where it was not asked or could not be read."""

    @classmethod
    def read(cls, printed: Printed) -> Self:
        return cls(forwards_at_boot=forwards_at_boot(printed.text("sysctl")))


def forwards_at_boot(text: str | None) -> bool | None:
    """Whether the host forwards IPv4 from its boot on, by what it has in sysctl.d (all of it)."""
    if text is None:
        return None
    forwards = False
    for line in text.splitlines():
        name, _, value = (part.strip() for part in line.partition("="))
        if name.lstrip("-").replace("/", ".") in _SWITCHES:
            forwards = value != "0"
    return forwards
