"""What a host's engine knows of the swarm that it is in."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel

from planning.answers import At, Printable, Word, WordOrNone
from planning.system_facts import Facts


class Node(Facts):
    """A row of `docker node ls`. ``manager``: "Leader", "Reachable", "Unreachable" or ""."""

    id: Word
    hostname: Printable
    status: Word
    manager: WordOrNone

    @property
    def leads(self) -> bool:
        return self.manager == "Leader"

    @property
    def down(self) -> bool:
        return self.status == "Down"


class NodeAddress(Facts):
    """Where a node is: ``address`` as the managers see it, ``manager`` (with a port) if it is one."""

    id: Word
    address: At
    manager: At


class SwarmFacts(Facts):
    """A host's swarm, from ``docker info``; only a manager knows the swarm's own settings.

    ``state``: Docker's LocalNodeState (inactive, pending, active, error, locked). ``managers``:
    node ID -> address of the managers that the node knows. ``nodes`` is empty on workers, and on
    managers of a swarm without a leader, as ``node_addresses`` is.
    """

    state: Word = "inactive"
    node: WordOrNone = ""
    address: At = ""
    manager: bool = False
    error: Printable = ""
    managers: dict[Word, At] = {}
    cluster: WordOrNone = ""
    autolock: bool = False
    data_path_port: int = 4789
    nodes: list[Node] = []
    node_addresses: list[NodeAddress] = []

    @property
    def member(self) -> bool:
        """Whether the engine believes that it is in a swarm, able to take part or not."""
        return self.state != "inactive"


class _Manager(BaseModel):
    NodeID: Word
    Addr: At


class _Encryption(BaseModel):
    AutoLockManagers: bool | None = False


class _Spec(BaseModel):
    EncryptionConfig: _Encryption | None = None


class _Cluster(BaseModel):
    ID: WordOrNone | None = ""
    Spec: _Spec | None = None
    DataPathPort: int | None = None


class SwarmInfo(BaseModel):
    """The section Swarm of ``docker info``, as far as it is read."""

    LocalNodeState: WordOrNone | None = ""
    NodeID: WordOrNone | None = ""
    NodeAddr: At | None = ""
    ControlAvailable: bool | None = False
    Error: str | None = ""
    RemoteManagers: list[_Manager] | None = None
    Cluster: _Cluster | None = None


def understood(
    info: SwarmInfo | None, nodes: Sequence[Node], addresses: Sequence[NodeAddress] = ()
) -> SwarmFacts:
    """The facts from the section Swarm of ``docker info`` and the rows of the managers' lists."""
    info = info or SwarmInfo()
    cluster = info.Cluster or _Cluster()
    encryption = (cluster.Spec and cluster.Spec.EncryptionConfig) or _Encryption()
    return SwarmFacts(
        state=info.LocalNodeState or "inactive",
        node=info.NodeID or "",
        address=info.NodeAddr or "",
        manager=bool(info.ControlAvailable),
        error=info.Error or "",
        managers={m.NodeID: m.Addr for m in info.RemoteManagers or []},
        cluster=cluster.ID or "",
        autolock=bool(encryption.AutoLockManagers),
        data_path_port=cluster.DataPathPort or 4789,
        nodes=list(nodes),
        node_addresses=list(addresses),
    )
