"""What a host's engine knows of the swarm that it is in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from planning.system_facts import Facts


class Node(Facts):
    """A row of `docker node ls`. ``manager``: "Leader", "Reachable", "Unreachable" or ""."""

    id: str
    hostname: str
    status: str
    manager: str

    @property
    def down(self) -> bool:
        return self.status == "Down"


class SwarmFacts(Facts):
    """A host's swarm, from ``docker info``; only a manager knows the swarm's own settings.

    ``state``: Docker's LocalNodeState (inactive, pending, active, error, locked). ``managers``:
    node ID -> address of the managers that the node knows. ``nodes`` is empty on workers, and on
    managers of a swarm without a leader.
    """

    state: str = "inactive"
    node: str = ""
    address: str = ""
    manager: bool = False
    error: str = ""
    managers: dict[str, str] = {}
    cluster: str = ""
    autolock: bool = False
    data_path_port: int = 4789
    nodes: list[Node] = []

    @property
    def member(self) -> bool:
        """Whether the engine believes that it is in a swarm, able to take part or not."""
        return self.state != "inactive"


def parse(info: dict[str, Any], nodes: Sequence[Sequence[str]]) -> SwarmFacts:
    """The facts from the section Swarm of ``docker info`` and the rows of `docker node ls`."""
    cluster = info.get("Cluster") or {}
    encryption = (cluster.get("Spec") or {}).get("EncryptionConfig") or {}
    return SwarmFacts(
        state=info.get("LocalNodeState") or "inactive",
        node=info.get("NodeID") or "",
        address=info.get("NodeAddr") or "",
        manager=bool(info.get("ControlAvailable")),
        error=info.get("Error") or "",
        managers={m["NodeID"]: m["Addr"] for m in info.get("RemoteManagers") or []},
        cluster=cluster.get("ID") or "",
        autolock=bool(encryption.get("AutoLockManagers")),
        data_path_port=cluster.get("DataPathPort") or 4789,
        nodes=[Node(id=i, hostname=h, status=s, manager=m) for i, h, s, m in nodes],
    )
