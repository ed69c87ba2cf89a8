"""The UDP ports of VXLAN networks that hosts did not need of each other before: whether they get there is asked."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from components.networks.vxlan.settings import VxlanSettings
from planning import datagrams, records
from planning.fleet_facts import FleetFacts, UdpPath


def unknown_ports(name: str, settings: VxlanSettings, fleet: FleetFacts) -> Iterator[UdpPath]:
    """A path for each two hosts that do not send to each other yet."""
    port = settings.udp_port
    hosts = [
        host
        for host in settings.on(list(fleet.answering))
        if datagrams.can_look(fleet.answering[host], port, settings.port_programs)
    ]
    for one, other in combinations(hosts, 2):
        if not (
            _sends(name, settings, one, other, fleet) and _sends(name, settings, other, one, fleet)
        ):
            yield UdpPath(one, other, port)


def _sends(name: str, settings: VxlanSettings, host: str, to: str, fleet: FleetFacts) -> bool:
    """Whether a host has the other as a peer at that port."""
    record = fleet.answering[host].records.get(f"vxlan/{name}", "")
    fields = records.header_fields(record)
    port = fields.get("wireguard_port" if "wireguard" in fields else "port")
    peers = {line.partition(" ")[0] for line in records.body(record).splitlines()}
    return port == str(settings.udp_port) and fleet.addresses[to] in peers
