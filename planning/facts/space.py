"""Room on the host's disks, and what of them cannot be written."""

from __future__ import annotations

import re
from typing import Self

from planning.answers import Printable
from planning.facts.base import Facts, Topic
from planning.facts.printed import Printed, number


class StateFolder(Facts):
    """/var/lib/crosshost on a host, links followed."""

    kind: str
    """What it is as stat names it ("directory"); "" for a link that leads nowhere."""
    owner: int
    """Its user's number."""
    mode: int
    """Its permission bits."""

    @property
    def open_to_others(self) -> bool:
        """Whether others than its owner can write to it."""
        return bool(self.mode & 0o022)


class SpaceTopic(Topic):
    """Room on the host's disks, and what of them cannot be written."""

    free_docker: int | None = None
    """Bytes that are free for Docker's data."""
    free_etc: int | None = None
    """Bytes that are free in /etc."""
    free_state: int | None = None
    """Bytes that are free for what crosshost keeps, in /var/lib/crosshost."""
    state_folder: StateFolder | None = None
    """/var/lib/crosshost, None where there is none."""
    read_only: dict[str, Printable] = {}
    """What root cannot write ("state", "units" or "daemon_json") -> its folder."""

    @classmethod
    def read(cls, printed: Printed) -> Self:
        return cls(
            free_docker=_free(printed, "free_docker"),
            free_etc=_free(printed, "free_etc"),
            free_state=_free(printed, "free_state"),
            state_folder=printed.read(
                "state_folder", lambda: _state_folder(printed.one("state_folder"))
            ),
            read_only=printed.pairs("read_only"),
        )


def _free(printed: Printed, name: str) -> int | None:
    """Bytes, from `df -k`; None where it did not tell."""
    kilobytes = printed.one(name)
    return None if kilobytes is None else printed.read(name, lambda: number(kilobytes) * 1024)


def _state_folder(text: str | None) -> StateFolder | None:
    """From `stat -L -c '%u %a %F'`, which prints nothing of a link that leads nowhere.

    None where there is no such folder; ValueError where it prints something else.
    """
    if text is None:
        return None
    if not text:
        return StateFolder(kind="", owner=0, mode=0)
    match = re.fullmatch(r"([0-9]{1,10}) ([0-7]{1,5}) ([a-z ]{1,40})", text)
    if match is None:
        raise ValueError("no line of stat")
    return StateFolder(kind=match[3], owner=int(match[1]), mode=int(match[2], 8))
