"""The swarm that the overlays of a stack need."""

from __future__ import annotations

from collections.abc import Mapping

from components.networks.base import Stack
from components.networks.overlay.settings import OverlaySettings
from components.networks.overlay.swarm.settings import SwarmSettings
from planning.fleet_facts import FleetFacts
from planning.swarm import SwarmSpec


def wanted(
    networks: Mapping[str, OverlaySettings], stack: Stack, fleet: FleetFacts
) -> SwarmSpec | None:
    """The swarm that the networks need, None if none does."""
    hosts = {
        host
        for network in networks.values()
        if network.control_plane == "swarm"
        for host in network.on(fleet.hosts)
    }
    if not hosts:
        return None
    inside = [name for name in fleet.hosts if name in hosts]
    return SwarmSettings.of(stack).spec(inside, fleet.addresses, fleet.facts, fleet.stack)
