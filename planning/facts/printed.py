"""The lines that the facts script printed on a host."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

from pydantic import BaseModel

from planning import answers
from planning.answers import RECORD_NAME, printable

T = TypeVar("T")
Row = TypeVar("Row", bound=BaseModel)


class Printed:
    """What a host printed: ``one`` by name, ``many`` of a name; ``unread`` grows while reading.

    ``asked``: our own time (seconds since 1970) before and after the host was asked.
    Errors: ValueError if the text is not whole.
    """

    def __init__(self, text: str, asked: tuple[int, int] | None = None) -> None:
        lines = [line.partition(" ")[::2] for line in text.splitlines() if line]
        if not lines or lines[0] != ("version", "1") or lines[-1] != ("end", "1"):
            raise ValueError("the facts script did not run to its end")
        self.asked = asked
        self._lines: dict[str, list[str]] = {}
        for name, value in lines:
            self._lines.setdefault(name, []).append(value)
        self.unread: dict[str, str] = {}
        for name, _, why in (row.rpartition(" ") for row in self.many("unread")):
            self.unread[printable(name, 100)] = printable(why, 20)

    def one(self, name: str) -> str | None:
        """The last value of a name."""
        return self._lines.get(name, [None])[-1]

    def many(self, name: str) -> list[str]:
        """All values of a name, in the order in which they were printed."""
        return self._lines.get(name, [])

    def pairs(self, name: str) -> dict[str, str]:
        """First word -> rest, of all values of a name."""
        return dict(_pair(value) for value in self.many(name))

    def flag(self, name: str) -> bool | None:
        """True for "1", False for "0", None for anything else."""
        return {"1": True, "0": False}.get(self.one(name) or "")

    def text(self, name: str) -> str | None:
        """A base64 value as text, None where it is absent."""
        return self.read(name, lambda: _text(self.one(name)))

    def read(self, name: str, how: Callable[[], T]) -> T | None:
        """A fact in its form; None and a note in ``unread`` where it has another one."""
        try:
            return how()
        except ValueError:
            self.unread.setdefault(name, "form")
            return None

    def rows(self, name: str, kind: type[Row]) -> list[Row] | None:
        """Lines of JSON objects as ``kind``, [] where there are none; None where they could not be
        read.
        """
        if name in self.unread:
            return None
        return self.read(name, lambda: answers.rows(self.text(name) or "", kind))

    def files(self, kind: str) -> Iterator[tuple[str, str]]:
        """Name -> text of files of ours on the host."""
        for row in self.many(kind):
            name, value = _pair(row)
            if not RECORD_NAME.fullmatch(name):
                self.unread.setdefault(f"{kind}/{printable(name, 100)}", "form")
                continue
            content = self.read(f"{kind}/{name}", partial(_text, value))
            if content is not None:
                yield name, content


def number(value: str | None) -> int:
    """A decimal number; ValueError where it is none."""
    if value is None or not value.isascii() or not value.isdigit() or len(value) > 18:
        raise ValueError("no number")
    return int(value)


def file_hash(value: str | None) -> str:
    """A sha256 in hex, "absent" where there is no file."""
    return value if value is not None and re.fullmatch("[0-9a-f]{64}", value) else "absent"


def _text(value: str | None) -> str | None:
    return None if value is None else b64decode(value).decode(errors="surrogateescape")


def _pair(value: str) -> tuple[str, str]:
    name, _, rest = value.partition(" ")
    return name, rest
