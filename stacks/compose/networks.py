"""On which networks of the stack a service of a Compose file is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.container.settings import MODES
from planning.problems import nearest
from stacks.compose.project import Project

# Of Compose's own networks; here the stack says what a network is like.
_WITHOUT_EFFECT = frozenset({"priority", "interface_name"})


def joined(project: Project, name: str, words: Mapping[str, Any]) -> dict[str, Any]:
    """The keys `network` or `networks` of the service's container."""
    if words.get("network_mode") is not None:
        return {"network_mode": words["network_mode"]}
    wanted = words.get("networks") or {"default": None}
    if isinstance(wanted, list):
        wanted = dict.fromkeys(map(str, wanted))
    if not isinstance(wanted, dict):
        project.problem(("services", name, "networks"), "must be a list or a map of networks")
        return {}
    found: dict[str, Any] = {}
    for network, given in wanted.items():
        own = _of_stack(project, name, str(network))
        if own is None:
            continue
        if own in MODES:
            if len(wanted) > 1:
                project.misplaced(
                    "networks",
                    (network,),
                    f"{own} is no network beside others, and {name} has several",
                )
            return {"network": own}
        found[own] = {**found.get(own, {}), **_attachment(project, name, words, given)}
    return {"networks": found} if found else {}


def _of_stack(project: Project, service: str, network: str) -> str | None:
    mapping = project.placement.networks
    if network in mapping:
        own = mapping[network]
        if own not in project.networks and own not in MODES:
            have = ", ".join(nearest(own, project.networks)) or "it has none"
            project.misplaced(
                "networks",
                (network,),
                f"there is no network {own!r} in the stack: write one of its ({have})",
            )
            return None
        return own
    if network in project.networks:
        return network
    if network == "default" and len(project.networks) == 1:
        return next(iter(project.networks))
    have = ", ".join(nearest(network, project.networks)) or "it has none yet"
    what = f"says no network for {network!r}, which {service} is on"
    project.misplaced(
        "networks", (), f"{what}: add `{network}: NETWORK` with one of the stack's ({have})"
    )
    return None


def _attachment(
    project: Project, name: str, words: Mapping[str, Any], given: Any
) -> dict[str, Any]:
    attachment = dict(given) if isinstance(given, dict) else {}
    kept = {
        key: value
        for key, value in attachment.items()
        if key not in _WITHOUT_EFFECT and not str(key).startswith("x-")
    }
    aliases = kept.get("aliases") or []
    if isinstance(aliases, list) and all(isinstance(alias, str) for alias in aliases):
        # A service is known by its own name, whatever its container is called.
        own = [name] if words.get("container_name") not in (None, name) else []
        more = dict.fromkeys([*own, *aliases, *_links_to(project, name)])
        kept = {key: value for key, value in kept.items() if key != "aliases"}
        if more:
            kept["aliases"] = list(more)
    return kept


def _links_to(project: Project, name: str) -> list[str]:
    """What the other services call this one by their `links`."""
    found = []
    for other in project.active():
        words = project.services[other]
        links = words.get("links") if isinstance(words, dict) else None
        for link in links if isinstance(links, list) else []:
            service, _, alias = str(link).partition(":")
            if service == name and alias and alias != name:
                found.append(alias)
    return found
