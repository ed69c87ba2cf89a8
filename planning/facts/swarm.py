"""What a host's engine knows of the swarm that it is in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from planning.answers import At, Printable, Word, WordOrNone
from planning.facts.base import Facts, Topic
from planning.facts.info import ClusterInfo, SwarmInfo, docker_info
from planning.facts.printed import Printed


class Node(Facts):
    """A row of `docker node ls`."""

    id: Word
    """The node's ID."""
    hostname: Printable
    """The host's own name."""
    status: Word
    """"Ready", "Down", "Disconnected" or "Unknown"."""
    manager: WordOrNone
    """"Leader", "Reachable", "Unreachable", or "" of a worker."""

    @property
    def leads(self) -> bool:
        return self.manager == "Leader"

    @property
    def down(self) -> bool:
        return self.status == "Down"


class NodeAddress(Facts):
    """Where a node is."""

    id: Word
    """The node's ID."""
    address: At
    """Its IP address as the managers see it."""
    manager: At
    """IP:PORT of a manager, "" of a worker."""


class SwarmFacts(Facts):
    """A host's swarm, from `docker info`; only a manager knows the swarm's own settings."""

    state: Word = "inactive"
    """Docker's LocalNodeState: "inactive", "pending", "active", "error" or "locked"."""
    node: WordOrNone = ""
    """The ID of the host's node, "" outside a swarm."""
    address: At = ""
    """The IP address that the node is known by."""
    manager: bool = False
    """Whether the node is a manager that can act."""
    error: Printable = ""
    """Docker's own words on what is wrong."""
    managers: dict[Word, At] = {}
    """Node ID -> IP:PORT of the managers that the node knows."""
    cluster: WordOrNone = ""
    """The swarm's ID, "" on workers."""
    autolock: bool = False
    """Whether managers need a key after a restart."""
    data_path_port: int = 4789
    """The UDP port of the swarm's overlays."""
    nodes: list[Node] = []
    """All nodes; empty on workers and on managers of a swarm without a leader."""
    node_addresses: list[NodeAddress] = []
    """Where they are; empty where ``nodes`` is."""

    @property
    def member(self) -> bool:
        """Whether the engine believes that it is in a swarm, able to take part or not."""
        return self.state != "inactive"


class SwarmTopic(Topic):
    """The swarm that the host is in."""

    swarm: SwarmFacts = SwarmFacts()
    """The swarm; inactive where the host is in none."""

    @classmethod
    def read(cls, printed: Printed) -> Self:
        nodes = printed.rows("nodes", Node)
        addresses = printed.rows("node_addresses", NodeAddress)
        return cls(swarm=_swarm(docker_info(printed).Swarm, nodes or [], addresses or []))


def _swarm(
    info: SwarmInfo | None, nodes: Sequence[Node], addresses: Sequence[NodeAddress]
) -> SwarmFacts:
    info = info or SwarmInfo()
    cluster = info.Cluster or ClusterInfo()
    encryption = cluster.Spec and cluster.Spec.EncryptionConfig
    return SwarmFacts(
        state=info.LocalNodeState or "inactive",
        node=info.NodeID or "",
        address=info.NodeAddr or "",
        manager=bool(info.ControlAvailable),
        error=info.Error or "",
        managers={m.NodeID: m.Addr for m in info.RemoteManagers or []},
        cluster=cluster.ID or "",
        autolock=bool(encryption and encryption.AutoLockManagers),
        data_path_port=cluster.DataPathPort or 4789,
        nodes=list(nodes),
        node_addresses=list(addresses),
    )
