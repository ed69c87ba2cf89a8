"""The Docker engine."""

from __future__ import annotations

import re
from typing import Self

from planning.answers import Printable, Word, WordOrNone
from planning.facts.base import Facts, Topic
from planning.facts.info import docker_info
from planning.facts.printed import Printed


class Engine(Facts):
    """The Docker daemon, from `docker info`."""

    version: Word
    """The daemon's version, as it writes it ("20.10.5+dfsg1")."""
    architecture: WordOrNone = ""
    """The processor as the kernel names it ("x86_64")."""
    cluster_store: Printable = ""
    """The URL of its cluster store, "" without one."""
    cluster_advertise: Printable = ""
    """IP:PORT that it is known by in the cluster store, "" without one."""
    live_restore: bool = False
    """Whether containers go on while the daemon is restarted."""
    firewall_backend: Printable = ""
    """"iptables", "nftables" or "iptables+firewalld"; daemons before 28 do not tell: ""."""
    client: Printable = ""
    """The docker command's version; commands before 25 do not tell: ""."""

    @property
    def major(self) -> int:
        """The first number of its version; 0 where it begins with none."""
        found = re.match("[0-9]{1,4}", self.version)
        return int(found[0]) if found else 0

    @property
    def release(self) -> tuple[int, ...]:
        """The numbers of its version, three at most; what is no number ends them."""
        found = re.match(r"[0-9]{1,4}(\.[0-9]{1,4}){0,2}", self.version)
        return tuple(int(part) for part in found[0].split(".")) if found else ()


class DockerTopic(Topic):
    """The Docker engine, and whether its command is there to ask it."""

    docker_cli: bool
    """Whether the host has a docker command."""
    user_reaches_docker: bool = True
    """Whether the user who logs in may use Docker's socket without sudo."""
    engine: Engine | None = None
    """The daemon, None where it did not answer."""

    @classmethod
    def read(cls, printed: Printed) -> Self:
        return cls(
            docker_cli=printed.one("docker_cli") == "1",
            user_reaches_docker=printed.one("user_reaches_docker") != "0",
            engine=_engine(printed),
        )


def _engine(printed: Printed) -> Engine | None:
    info = docker_info(printed)
    if not info.ServerVersion:
        return None
    return Engine(
        version=info.ServerVersion,
        architecture=info.Architecture or "",
        cluster_store=info.ClusterStore or "",
        cluster_advertise=info.ClusterAdvertise or "",
        live_restore=bool(info.LiveRestoreEnabled),
        client=(info.ClientInfo and info.ClientInfo.Version) or "",
        firewall_backend=(info.FirewallBackend and info.FirewallBackend.Driver) or "",
    )
