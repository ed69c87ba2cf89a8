"""Cluster-store back ends of the Docker engine."""

from __future__ import annotations

from typing import Self

from planning.facts.base import Topic
from planning.facts.printed import Printed


class BackendsTopic(Topic):
    """What the engine's program has inside."""

    backends: frozenset[str] = frozenset()
    """Cluster stores that dockerd can use: of "consul", "etcd" and "zookeeper"; none from 23 on."""

    @classmethod
    def read(cls, printed: Printed) -> Self:
        return cls(backends=frozenset(printed.many("backend")) & {"consul", "etcd", "zookeeper"})
