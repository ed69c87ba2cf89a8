"""Docker's volumes, where they are asked for."""

from __future__ import annotations

from typing import Self

from planning.facts.base import Topic
from planning.facts.printed import Printed


class VolumesTopic(Topic):
    """Docker's volumes, on the host of a Consul server only."""

    volumes: frozenset[str] | None = None
    """Their names; None where they were not asked for, or could not be read."""

    @classmethod
    def read(cls, printed: Printed) -> Self:
        text = printed.text("volumes")
        return cls(volumes=None if text is None else frozenset(text.splitlines()))
