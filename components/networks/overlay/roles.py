"""What hosts do for the overlays of others: who manages the swarm, who has the Consul server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from components.networks.base import Stack
from components.networks.overlay.consul.settings import ConsulSettings
from components.networks.overlay.settings import OverlaySettings
from components.networks.overlay.swarm.settings import SwarmSettings


def roles(
    networks: Mapping[str, OverlaySettings], stack: Stack, outputs: Mapping[str, object]
) -> Iterator[tuple[str, str]]:
    """Host and role. Managers that the stack file leaves open are known after an up, from its outputs."""
    members = outputs.get("swarm")
    if isinstance(members, dict):
        for role in ("manager", "worker"):
            hosts = members.get(f"{role}s")
            for host in hosts if isinstance(hosts, list) else ():
                yield str(host), f"swarm {role}"
    elif any(network.control_plane == "swarm" for network in networks.values()):
        for host in SwarmSettings.of(stack).managers or ():
            yield host, "swarm manager"
    consul = stack.section(ConsulSettings)
    if consul is not None:
        whose = f" of stack {consul.stack}" if consul.stack else ""
        yield consul.host, f"Consul server{whose}, port {consul.port}"
