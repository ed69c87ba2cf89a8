"""A stack's state without a host that is gone for good.

What was on the host leaves the state, and with it components that have nothing left. A network
that several engines share (an overlay) outlives the engine that made it: its entry moves to a host
that is still there, under the name that the next up gives it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Protocol

from planning.state import CONTAINER, PROVIDER, Deployment, Resource, in_order, is_on, name, point


class SharedNetwork(Protocol):
    """A network of a state that several engines share."""

    @property
    def name(self) -> str:
        """Its Docker name."""

    def lost_with(self, host: str) -> bool:
        """Whether it is lost where ``host`` is."""

    def without(self, host: str) -> str | None:
        """The host whose engine makes it in a stack without ``host``; None where none is left."""


@dataclass(frozen=True)
class PeerCommand:
    """A command that takes what is known of a lost host off a peer of it."""

    host: str
    command: str
    what: str


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


def without_host(
    deployment: Deployment, host: str, shared: Mapping[str, SharedNetwork]
) -> Forgotten:
    """The deployment without ``host``.

    ``shared``: URN -> a network that several engines share. One that ``host`` made for others is
    handed to the host that the next up takes for it.
    """
    result = Forgotten(deepcopy(deployment))
    resources: list[Resource] = result.deployment.get("resources") or []
    lost = {one.name for one in shared.values() if one.lost_with(host)}
    renamed: dict[str, str] = {}
    kept = []
    for resource in resources:
        network = shared.get(resource["urn"])
        if network and network.name in lost:
            continue
        if is_on(resource, host):
            heir = network.without(host) if network else None
            if network is None or heir is None or resource.get("delete"):
                continue
            renamed |= _hand_over(resource, host, heir, resources)
            result.moved.append(f"network {network.name} to {heir}")
        elif _joins(resource, lost):
            resource["taint"] = True
            result.anew.append(resource["inputs"]["name"])
        kept.append(resource)
    kept = _without_emptied(kept, resources)
    there = {resource["urn"] for resource in kept}
    for resource in kept:
        point(resource, renamed, there)
    result.gone = [
        r["urn"]
        for r in deployment.get("resources") or []
        if renamed.get(r["urn"], r["urn"]) not in there
    ]
    result.deployment["resources"] = list(in_order(kept))
    if pending := result.deployment.get("pending_operations"):
        result.deployment["pending_operations"] = [
            operation for operation in pending if not is_on(operation["resource"], host)
        ]
    return result


def _joins(resource: Resource, networks: set[str]) -> bool:
    joined = resource["inputs"].get("networksAdvanced") or [] if resource.get("inputs") else []
    return resource["type"] == CONTAINER and any(one["name"] in networks for one in joined)


def _hand_over(
    resource: Resource, host: str, heir: str, resources: Iterable[Resource]
) -> dict[str, str]:
    """Give a resource to the provider of another host; old URN -> new URN."""
    provider = next(
        r
        for r in resources
        if r["type"] == PROVIDER and name(r) == f"docker@{heir}" and not r.get("delete")
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
