"""What overlays stand on, as components: the swarm; and which networks a store has lost."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from components.daemon import Firewall
from components.host import ConfiguredHost, Host
from components.networks.base import Stack
from components.networks.overlay.consul.server import ConsulServer
from components.networks.overlay.strategy import OverlayStrategy
from components.networks.overlay.swarm import spec as specs
from components.networks.overlay.swarm.component import Swarm, SwarmArgs
from components.networks.overlay.swarm.settings import SwarmSettings
from planning.fleet_facts import FleetFacts


def hosts_of_lost_networks(
    stack: Stack, hosts: Mapping[str, Host], consul: ConsulServer | None
) -> set[str]:
    """Hosts whose cluster store has lost networks that an up made."""
    lost: set[str] = set()
    for name, settings in OverlayStrategy().own(stack).items():
        here = settings.on(list(hosts)) if settings.plane.in_store else []
        if consul is not None and here and consul.made_label_of(name, hosts[here[0]]).anew:
            lost |= set(here)
    return lost


def make_swarm(
    stack: Stack, fleet: FleetFacts, hosts: Mapping[str, ConfiguredHost], firewall: Firewall | None
) -> Swarm | None:
    """The swarm that the overlays need, None if none does; all of ``firewall`` comes before it."""
    spec = specs.wanted(OverlayStrategy().own(stack), stack, fleet)
    if spec is None:
        return None
    taken = [network.subnet for network in stack.networks.values()]
    before: list[pulumi.Resource] = firewall.before if firewall else []
    return Swarm("swarm", SwarmArgs(SwarmSettings.of(stack), spec, hosts, taken, before))
