"""The overlays of a stack's state, and the control planes that it knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from planning.state import CONTAINER, NETWORK, Deployment, Resource, hosts, is_on, name, of_type

_CONSUL = "crosshost:consul:ConsulServer"
_SWARM = "crosshost:swarm:Swarm"
_MEMBER = "command:local:Command"


@dataclass(frozen=True)
class Consul:
    """The Consul server that a stack's state knows."""

    host: str
    container: str


def consul(deployment: Deployment) -> Consul | None:
    """The stack's Consul server, if it has one."""
    for server in of_type(deployment, _CONSUL):
        return Consul(server["inputs"]["host"], server["inputs"]["container_name"])
    return None


@dataclass(frozen=True)
class Swarm:
    """The swarm that a stack's state knows: its managers in order, and each host's node."""

    managers: tuple[str, ...]
    nodes: Mapping[str, str]

    def without(self, host: str) -> str | None:
        """The first manager that is left without ``host``; None where the swarm is lost with it."""
        return next((one for one in self.managers if one != host), None)


def swarm(deployment: Deployment) -> Swarm | None:
    """The stack's swarm, if it has one."""
    for one in of_type(deployment, _SWARM):
        nodes = {
            name(member).removeprefix("swarm@"): (member.get("outputs") or {}).get("stdout") or ""
            for member in of_type(deployment, _MEMBER)
            if member.get("parent") == one["urn"]
        }
        return Swarm(tuple(one["inputs"]["managers"]), nodes)
    return None


@dataclass(frozen=True)
class Overlay:
    """A network that engines share: its Docker name, and its hosts in the stack file's order.

    ``makers``: those whose engines may make it, the first of them does. ``consul``: the host of the
    stack's Consul server.
    """

    name: str
    control_plane: str
    hosts: tuple[str, ...]
    makers: tuple[str, ...]
    consul: str | None = None

    def lost_with(self, host: str) -> bool:
        """Whether it is lost where ``host`` is."""
        if self.control_plane == "consul":
            return self.consul == host
        return self.without(host) is None

    def without(self, host: str) -> str | None:
        """The host whose engine makes it in a stack without ``host``; None where none is left."""
        return next((one for one in self.makers if one != host), None)


def overlays(deployment: Deployment) -> dict[str, Overlay]:
    """The networks that engines share, by the URNs of their resources."""
    by_urn = {r["urn"]: r for r in deployment.get("resources") or []}
    there = hosts(deployment)
    managed, server = swarm(deployment), consul(deployment)

    def overlay(network: Resource) -> Overlay:
        component = by_urn[network["parent"]]
        # An up that was cut off has left no outputs.
        members = (component.get("outputs") or {}).get("hosts") or there
        members = tuple(host for host in members if host in there)
        plane = component["inputs"]["control_plane"]
        makers = managed.managers if plane == "swarm" and managed else members
        return Overlay(
            network["inputs"]["name"], plane, members, makers, server.host if server else None
        )

    return {
        network["urn"]: overlay(network)
        for network in of_type(deployment, NETWORK)
        if network["inputs"].get("driver") == "overlay"
    }


def attached(deployment: Deployment, host: str) -> list[tuple[Overlay, str]]:
    """The overlays that containers of a host are on, with the containers' Docker names."""
    shared = {one.name: one for one in overlays(deployment).values()}
    return [
        (shared[joined["name"]], container["inputs"]["name"])
        for container in of_type(deployment, CONTAINER)
        if is_on(container, host)
        for joined in container["inputs"].get("networksAdvanced") or []
        if joined["name"] in shared
    ]
