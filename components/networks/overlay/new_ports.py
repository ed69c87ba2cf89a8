"""The UDP port that carries overlays, of hosts whose engines did not need it of each other before."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from components.networks.base import Stack
from components.networks.overlay.settings import OverlaySettings
from components.networks.overlay.swarm.settings import SwarmSettings
from planning import datagrams
from planning.fleet_facts import FleetFacts, UdpPath
from planning.vxlan_numbers import PORT, plane_of


def unknown_ports(settings: OverlaySettings, stack: Stack, fleet: FleetFacts) -> Iterator[UdpPath]:
    """A path for each two hosts that are not on a control plane both; none where other addresses carry it."""
    swarm = SwarmSettings.of(stack)
    if settings.control_plane != "consul" and swarm.advertise is not None:
        return
    port = PORT if settings.control_plane == "consul" else swarm.data_path_port
    hosts = [
        host
        for host in settings.on(list(fleet.answering))
        if datagrams.can_look(fleet.answering[host], port, settings.port_programs)
    ]
    for one, other in combinations(hosts, 2):
        if not all(plane_of(fleet.answering[host]) for host in (one, other)):
            yield UdpPath(one, other, port)
