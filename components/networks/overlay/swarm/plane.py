"""Overlays on Swarm: every engine in use has it, and one swarm may hold different ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

import pulumi

from components.networks.network import NetworkContext
from components.networks.overlay.plane import (
    OVERLAY_MODULES,
    OVERLAY_PORTS,
    OVERLAY_REACH,
    RULES,
    ControlPlane,
)
from components.networks.overlay.swarm import excluded
from components.networks.overlay.swarm.component import Swarm
from components.networks.overlay.swarm.settings import CONTROL_PORT
from planning.contract import Contract
from planning.daemon_held import store_is_ours
from planning.facts import HostFacts

# Older engines take a network off a host while the next container joins it, which then does not start, and
# whose task keeps its address and the network for ever (docker/for-linux#888): seen on 20.10.5, not on this one.
_DETACHES_IN_TIME = (20, 10, 24)
_PAUSE = 1.0


def _lacks(host: str, facts: HostFacts) -> Iterator[str]:
    if facts.engine is None:
        return
    # What an up of this stack joined is left first (components/conflicts.py).
    if facts.engine.cluster_store and not store_is_ours(facts):
        yield (
            f"{host} lives on the cluster store {facts.engine.cluster_store}, which an engine "
            "cannot combine with Swarm: take cluster-store out of its daemon.json and restart Docker "
            "there, or use `control_plane: consul`"
        )
    yield from excluded.in_use(host, facts)


class SwarmPlane(ControlPlane):
    """The swarm of the stack's hosts; its first manager makes the networks."""

    contract: ClassVar[Contract] = Contract(
        key="overlay-swarm",
        title="overlay on Swarm",
        engines="any in use, mixed too",
        addresses="of a subnet of their own, automatic or chosen",
        changes="a swarm that the hosts join, without a reload; a unit that starts containers after a "
        f"boot; {RULES}",
        networks="one attachable overlay network, made by the first manager, on other hosts from "
        "their first container on",
        undo="each host leaves, the last manager ends the swarm; the unit; the rules; docker_gwbridge, where it "
        "was not there before",
        reach=OVERLAY_REACH,
        modules=OVERLAY_MODULES,
        ports=OVERLAY_PORTS,
        control=(CONTROL_PORT, "managers"),
        lacks=_lacks,
    )
    attachable: ClassVar[bool] = True

    def __init__(self, context: NetworkContext) -> None:
        swarm = context.part(Swarm)
        assert swarm is not None  # made wherever a network is on Swarm
        self._swarm = swarm

    def maker(self, hosts: Sequence[str]) -> str:
        return self._swarm.managers[0]

    def before_network(self, hosts: Sequence[str]) -> Sequence[pulumi.Resource]:
        return [self._swarm.members[self._swarm.managers[0]]]

    def identity(self, host: str) -> pulumi.Input[str]:
        return self._swarm.node(host)

    def before_container(self, host: str) -> Sequence[pulumi.Resource]:
        return [self._swarm.members[host]]

    def pause(self, host: str) -> float:
        facts = self._swarm.args.hosts[host].facts
        engine = facts.engine if isinstance(facts, HostFacts) else None
        return _PAUSE if engine is not None and engine.release < _DETACHES_IN_TIME else 0
