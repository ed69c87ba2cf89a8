"""Containers on the host, ours or not."""

from __future__ import annotations

from typing import Self

from planning.answers import Printable, Word
from planning.facts.base import Facts, Topic
from planning.facts.info import docker_info
from planning.facts.printed import Printed


class ContainerFacts(Facts):
    """A row of `docker ps --all`."""

    id: Word
    """Its ID, in full."""
    name: Word
    """Its name."""
    image: Printable = ""
    """What it was made of, as it was called then; an ID where that name means another image by now."""
    state: Word
    """"created", "running", "paused", "restarting", "removing", "exited" or "dead"."""
    status: Printable
    """Its state in Docker's own words ("Up 3 hours")."""
    stack: Printable
    """Its label crosshost.stack, "" where crosshost did not make it."""
    made: Printable = ""
    """Its label crosshost.made."""
    host: Printable = ""
    """Its label crosshost.host."""
    networks: Printable = ""
    """The names of its networks, separated by commas."""
    ports: Printable = ""
    """Its published ports as Docker shows them ("0.0.0.0:8080->80/tcp, :::8080->80/tcp")."""


class ContainersTopic(Topic):
    """Containers on the host."""

    containers: list[ContainerFacts] | None = []
    """All containers, running or not; None where they could not be read."""
    adopted: frozenset[str] = frozenset()
    """IDs of the containers and networks that count as the stack's, though it did not make them
    (planning/adoption.py).
    """

    @property
    def running(self) -> int:
        """How many containers run, ours or not."""
        return sum(c.state == "running" for c in self.containers or [])

    @classmethod
    def read(cls, printed: Printed) -> Self:
        answers = docker_info(printed).ServerVersion
        return cls(containers=printed.rows("containers", ContainerFacts) if answers else None)
