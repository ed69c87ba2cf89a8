"""Where the threads of the Docker daemon are."""

from __future__ import annotations

from typing import Self

from planning.facts.base import Topic
from planning.facts.printed import Printed


class ThreadsTopic(Topic):
    """Where the threads of the Docker daemon are, asked up to Docker 20.10."""

    stray_threads: int = 0
    """How many are in a network namespace that is gone, 0 where it was not asked: what the daemon does
    on them finds no network (moby/libnetwork#1838)."""

    @classmethod
    def read(cls, printed: Printed) -> Self:
        count = printed.one("stray_threads") or ""
        return cls(stray_threads=int(count) if count.isdecimal() and len(count) < 6 else 0)
