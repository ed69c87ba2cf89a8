"""A stack's state, as `pulumi stack export` prints it: its resources, and which host they are on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

Resource = dict[str, Any]
Deployment = dict[str, Any]

PROVIDER = "pulumi:providers:docker"
HOST = "crosshost:host:Host"
NETWORK = "docker:index/network:Network"
CONTAINER = "docker:index/container:Container"


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
    return {name(host): dict(host["inputs"]) for host in of_type(deployment, HOST)}


def is_on(resource: Resource, host: str) -> bool:
    """Whether a resource is on ``host`` itself: by its name, or by the provider that holds it."""
    provider = (resource.get("provider") or "").rpartition("::")[0]
    return bool(resource.get("custom")) and (
        resource["urn"].endswith(f"@{host}") or provider.endswith(f"{PROVIDER}::docker@{host}")
    )


def point(resource: Resource, renamed: Mapping[str, str], there: set[str]) -> None:
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


def in_order(resources: Sequence[Resource]) -> Iterator[Resource]:
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
