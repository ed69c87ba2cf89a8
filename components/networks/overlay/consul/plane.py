"""Overlays on Consul: engines up to 20.10 keep their networks in its key-value store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

import pulumi

from components.host import Host
from components.networks.network import NetworkContext
from components.networks.overlay.consul.server import ConsulServer
from components.networks.overlay.plane import (
    OVERLAY_MODULES,
    OVERLAY_PORTS,
    OVERLAY_REACH,
    RULES,
    ControlPlane,
)
from planning import swarm
from planning.contract import Contract
from planning.facts import HostFacts
from planning.made_label import MadeLabel


def _lacks(host: str, facts: HostFacts) -> Iterator[str]:
    if facts.engine is None:
        return
    if "consul" not in facts.backends and not facts.hides("backends"):
        have = ", ".join(sorted(facts.backends)) or "none"
        yield (
            f"Docker {facts.engine.version} on {host} has no Consul back end (cluster-store "
            f"back ends: {have}): use an engine up to 20.10 that has it, or `control_plane: swarm`"
        )
    # What an up of this stack joined is left first (components/conflicts.py).
    if facts.swarm.member and not swarm.ours(facts):
        yield (
            f"{host} is in a swarm, which an engine cannot combine with a cluster store: `docker swarm "
            "leave` there, or use another host"
        )


class ConsulPlane(ControlPlane):
    """The Consul server of the stack, named in each host's daemon.json."""

    contract: ClassVar[Contract] = Contract(
        key="overlay-consul",
        title="overlay on Consul",
        engines="up to 20.10, with the Consul back end",
        addresses="of a subnet of their own, automatic or chosen",
        changes="`cluster-store` and `cluster-advertise` in daemon.json, by a reload; a unit that "
        f"starts containers after a boot; {RULES}",
        networks="one overlay network in the store, seen by all engines",
        undo="daemon.json byte for byte, by a restart that running containers survive; the unit; "
        "the rules; docker_gwbridge, where it was not there before",
        reach=OVERLAY_REACH,
        modules=OVERLAY_MODULES,
        ports=OVERLAY_PORTS,
        control=(("tcp", 8500), "the Consul server"),
        lacks=_lacks,
    )
    in_store: ClassVar[bool] = True

    def __init__(self, context: NetworkContext) -> None:
        self._server = context.part(ConsulServer)
        self._daemons = context.daemons

    @property
    def hidden(self) -> bool:
        return self._server is not None and not self._server.runs

    @staticmethod
    def daemon_settings(address: str, store: str | None) -> dict[str, object]:
        if not store:
            return {}  # up stops before it comes here
        return {"cluster-store": store, "cluster-advertise": f"{address}:0"}

    def maker(self, hosts: Sequence[str]) -> str:
        return hosts[0]

    def made_label(self, maker: Host, network: str) -> MadeLabel:
        if self._server is None:
            return super().made_label(maker, network)
        return self._server.made_label_of(network, maker)

    def before_network(self, hosts: Sequence[str]) -> Sequence[pulumi.Resource]:
        return [self._daemons[host].change for host in hosts if host in self._daemons]

    def before_container(self, host: str) -> Sequence[pulumi.Resource]:
        return ()
