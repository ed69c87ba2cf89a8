"""A stack's state without a host that is gone for good.

What was on the host leaves the state, and with it components that have nothing left. A network
that several engines share (an overlay) outlives the engine that made it: its entry moves to a host
that is still there, under the name that the next up gives it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

Resource = dict[str, Any]
Deployment = dict[str, Any]

_PROVIDER = "pulumi:providers:docker"
_HOST = "crosshost:host:Host"
_NETWORK = "docker:index/network:Network"
_CONTAINER = "docker:index/container:Container"
_CONSUL = "crosshost:consul:ConsulServer"
_SWARM = "crosshost:swarm:Swarm"
_SEAT = "command:local:Command"


def name(resource: Resource) -> str:
    """The resource's logical name."""
    return str(resource["urn"]).rpartition("::")[2]


def label(urn: str) -> str:
    """A URN for people: the kind of resource and its name."""
    *_, types, called = urn.split("::")
    return f"{types.rpartition('$')[2].rpartition(':')[2]} {called}"


def of_type(deployment: Deployment, typ: str) -> list[Resource]:
    """The deployment's resources of a type."""
    return [r for r in deployment.get("resources") or [] if r["type"] == typ]


def hosts(deployment: Deployment) -> dict[str, dict[str, Any]]:
    """Host -> address, user and port, in the order of the stack file."""
    return {name(host): dict(host["inputs"]) for host in of_type(deployment, _HOST)}


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
            name(seat).removeprefix("swarm@"): (seat.get("outputs") or {}).get("stdout") or ""
            for seat in of_type(deployment, _SEAT)
            if seat.get("parent") == one["urn"]
        }
        return Swarm(tuple(one["inputs"]["managers"]), nodes)
    return None


@dataclass(frozen=True)
class Overlay:
    """A network that engines share: its Docker name, and its hosts in the stack file's order.

    ``makers``: those whose engines may make it, the first of them does.
    """

    name: str
    control_plane: str
    hosts: tuple[str, ...]
    makers: tuple[str, ...]

    def without(self, host: str) -> str | None:
        """The host whose engine makes it in a stack without ``host``; None where none is left."""
        return next((one for one in self.makers if one != host), None)


def overlays(deployment: Deployment) -> dict[str, Overlay]:
    """The networks that engines share, by the URNs of their resources."""
    by_urn = {r["urn"]: r for r in deployment.get("resources") or []}
    there = hosts(deployment)
    managed = swarm(deployment)

    def overlay(network: Resource) -> Overlay:
        component = by_urn[network["parent"]]
        # An up that was cut off has left no outputs.
        members = (component.get("outputs") or {}).get("hosts") or there
        members = tuple(host for host in members if host in there)
        plane = component["inputs"]["control_plane"]
        makers = managed.managers if plane == "swarm" and managed else members
        return Overlay(network["inputs"]["name"], plane, members, makers)

    return {
        network["urn"]: overlay(network)
        for network in of_type(deployment, _NETWORK)
        if network["inputs"].get("driver") == "overlay"
    }


def attached(deployment: Deployment, host: str) -> list[tuple[Overlay, str]]:
    """The overlays that containers of a host are on, with the containers' Docker names."""
    shared = {one.name: one for one in overlays(deployment).values()}
    return [
        (shared[joined["name"]], container["inputs"]["name"])
        for container in of_type(deployment, _CONTAINER)
        if _on(container, host)
        for joined in container["inputs"].get("networksAdvanced") or []
        if joined["name"] in shared
    ]


@dataclass
class Forgotten:
    """A deployment without a host, and what became of what.

    ``moved``: networks that a provider of another host holds now. ``anew``: containers elsewhere
    that the next up makes anew, as their network is lost.
    """

    deployment: Deployment
    gone: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    anew: list[str] = field(default_factory=list)


def forget(deployment: Deployment, host: str) -> Forgotten:
    """The deployment without ``host``.

    A network that ``host`` made for others is handed to the one that the next up takes for it.
    Where the networks' control plane was on ``host`` they are lost.
    """
    result = Forgotten(deepcopy(deployment))
    resources: list[Resource] = result.deployment.get("resources") or []
    shared = overlays(deployment)
    server = consul(deployment)
    lost = {
        one.name
        for one in shared.values()
        if (one.control_plane == "consul" and server is not None and server.host == host)
        or (one.control_plane == "swarm" and one.without(host) is None)
    }
    renamed: dict[str, str] = {}
    kept = []
    for resource in resources:
        overlay = shared.get(resource["urn"])
        if overlay and overlay.name in lost:
            continue
        if _on(resource, host):
            heir = overlay.without(host) if overlay else None
            if overlay is None or heir is None or resource.get("delete"):
                continue
            renamed |= _hand_over(resource, host, heir, resources)
            result.moved.append(f"network {overlay.name} to {heir}")
        elif _joins(resource, lost):
            resource["taint"] = True
            result.anew.append(resource["inputs"]["name"])
        kept.append(resource)
    kept = _without_emptied(kept, resources)
    there = {resource["urn"] for resource in kept}
    for resource in kept:
        _point(resource, renamed, there)
    result.gone = [
        r["urn"]
        for r in deployment.get("resources") or []
        if renamed.get(r["urn"], r["urn"]) not in there
    ]
    result.deployment["resources"] = list(_in_order(kept))
    if pending := result.deployment.get("pending_operations"):
        result.deployment["pending_operations"] = [
            operation for operation in pending if not _on(operation["resource"], host)
        ]
    return result


def _on(resource: Resource, host: str) -> bool:
    """Whether a resource is on ``host`` itself: by its name, or by the provider that holds it."""
    provider = (resource.get("provider") or "").rpartition("::")[0]
    return bool(resource.get("custom")) and (
        resource["urn"].endswith(f"@{host}") or provider.endswith(f"{_PROVIDER}::docker@{host}")
    )


def _joins(resource: Resource, networks: set[str]) -> bool:
    joined = resource["inputs"].get("networksAdvanced") or [] if resource.get("inputs") else []
    return resource["type"] == _CONTAINER and any(one["name"] in networks for one in joined)


def _hand_over(
    resource: Resource, host: str, heir: str, resources: Iterable[Resource]
) -> dict[str, str]:
    """Give a resource to the provider of another host; old URN -> new URN."""
    provider = next(
        r
        for r in resources
        if r["type"] == _PROVIDER and name(r) == f"docker@{heir}" and not r.get("delete")
    )
    old = str(resource["urn"])
    resource["urn"] = f"{old.removesuffix(f'@{host}')}@{heir}"
    resource["provider"] = f"{provider['urn']}::{provider['id']}"
    return {old: resource["urn"]}


def _without_emptied(kept: list[Resource], before: Iterable[Resource]) -> list[Resource]:
    """Without the components that had something below them and have nothing left."""
    had = {resource.get("parent") for resource in before}
    while True:
        has = {resource.get("parent") for resource in kept}
        left = [
            r
            for r in kept
            if r.get("custom") or r["urn"] not in had or r["urn"] in has or not r.get("parent")
        ]
        if len(left) == len(kept):
            return left
        kept = left


def _point(resource: Resource, renamed: Mapping[str, str], there: set[str]) -> None:
    """Let a resource depend on what is there, under the names that it has now."""

    def left(urns: Iterable[str]) -> list[str]:
        return [now for urn in urns if (now := renamed.get(urn, urn)) in there]

    if "dependencies" in resource:
        resource["dependencies"] = left(resource["dependencies"] or [])
    if "propertyDependencies" in resource:
        resource["propertyDependencies"] = {
            key: left(urns or []) for key, urns in (resource["propertyDependencies"] or {}).items()
        }
    for key in ("deletedWith", "parent"):
        if key in resource and not left([resource[key]]):
            del resource[key]


def _in_order(resources: Sequence[Resource]) -> Iterator[Resource]:
    """The resources, each after all that it needs, as Pulumi wants them."""
    by_urn = {r["urn"]: r for r in resources if not r.get("delete")}
    done: set[int] = set()

    def with_needs(resource: Resource) -> Iterator[Resource]:
        if id(resource) in done:
            return
        done.add(id(resource))
        for urn in _needs(resource):
            if urn in by_urn:
                yield from with_needs(by_urn[urn])
        yield resource

    for resource in resources:
        yield from with_needs(resource)


def _needs(resource: Resource) -> list[str]:
    of_properties = [
        u for urns in (resource.get("propertyDependencies") or {}).values() for u in urns
    ]
    return [
        resource.get("parent") or "",
        (resource.get("provider") or "").rpartition("::")[0],
        resource.get("deletedWith") or "",
        *(resource.get("dependencies") or []),
        *of_properties,
    ]
