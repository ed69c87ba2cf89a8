"""Where a command runs: the `connection` input."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from ..values import Props, plain
from . import keys


@dataclass(frozen=True)
class Hop:
    """One host on the way and how to get in. Equal hops may share an ssh connection."""

    host: str
    port: int
    user: str
    private_key: str
    key_password: str
    password: str
    host_key: str
    agent: str
    attempts: int
    seconds: float

    @classmethod
    def read(cls, given: Props) -> Hop:
        """The hop of a connection's or a proxy's fields."""
        private, key_password = given.get("privateKey") or "", given.get("privateKeyPassword") or ""
        if private:
            private = keys.private_key(private, has_password=bool(key_password))
        known = given.get("hostKey") or ""
        return cls(
            host=str(given["host"]),
            port=int(_or(given.get("port"), 22)),
            user=str(given.get("user") or "root"),
            private_key=private,
            key_password=key_password,
            password=given.get("password") or "",
            host_key=keys.host_key(known) if known else "",
            agent=given.get("agentSocketPath") or os.environ.get("SSH_AUTH_SOCK", ""),
            attempts=int(_or(given.get("dialErrorLimit"), 10)),
            seconds=float(_or(given.get("perDialTimeout"), 15)),
        )


@dataclass(frozen=True)
class Route:
    """The hop to run on, and the hop before it."""

    target: Hop
    proxy: Hop | None = None

    @classmethod
    def read(cls, connection: Any) -> Route:
        """The route of a resource's `connection`."""
        given = plain(connection)
        proxy = given.get("proxy")
        return cls(Hop.read(given), Hop.read(proxy) if proxy else None)


def _or(value: Any, default: float) -> float:
    return default if value is None else value
