"""Sockets that wait for packets."""

from __future__ import annotations

import re
from typing import Self

from planning.answers import Printable
from planning.facts.base import Facts, Topic
from planning.facts.printed import Printed


class Listener(Facts):
    """A socket that waits for packets."""

    protocol: Printable
    """"tcp" or "udp"."""
    address: Printable
    """The IP address that it listens on, "*" and "0.0.0.0" for all; IPv6 in brackets."""
    port: int
    """Its number."""
    program: Printable | None = None
    """The program's name; None where only root could tell."""


class ListenersTopic(Topic):
    """Sockets that wait for packets."""

    listeners: list[Listener] | None = None
    """All of TCP and UDP; None where they could not be read."""

    @classmethod
    def read(cls, printed: Printed) -> Self:
        return cls(listeners=listeners(printed.text("listening")))


def listeners(text: str | None) -> list[Listener] | None:
    """What `ss -Hlntup` printed."""
    if text is None:
        return None
    found = []
    for line in text.splitlines():
        fields = line.split(None, 6)
        if len(fields) < 6:
            continue
        address, _, port = fields[4].rpartition(":")
        if not port.isdigit():
            continue
        program = re.search(r'\(\("([^"]*)"', fields[6] if len(fields) > 6 else "")
        found.append(
            Listener(
                protocol=fields[0],
                address=address,
                port=int(port),
                program=program[1] if program else None,
            )
        )
    return found
