"""Overlays on Swarm: every engine in use has it, and one swarm may hold different ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

import pulumi

from components.control_planes.base import (
    OVERLAY_MODULES,
    OVERLAY_PORTS,
    OVERLAY_REACH,
    RULES,
    ControlPlane,
)
from components.swarm import CONTROL_PORT, Swarm
from planning import daemon_json
from planning.contract import Contract
from planning.control_plane import store_is_ours
from planning.daemon_held import written_keys
from planning.facts import HostFacts


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
    if facts.engine.firewall_backend == "nftables" and not _without_rules(facts):
        way = (
            "run `pulumi up` without this overlay first, as firewall-backend is ours"
            if "firewall-backend" in written_keys(facts.records.get("daemon", ""))
            else "take firewall-backend out of its daemon.json and restart Docker there"
        )
        yield (
            f"{host} has the firewall back end nftables, which Swarm does not work with yet: {way}, or "
            "use another strategy, e.g. macvlan"
        )
    if facts.engine.live_restore:
        yield (
            f"{host} has live-restore on, which Swarm forbids: take it out of its daemon.json and "
            "`systemctl reload docker` there, or use another strategy, e.g. macvlan"
        )


def _without_rules(facts: HostFacts) -> bool:
    """Whether Docker makes no firewall rules at all: then Swarm has none to make either."""
    readable = daemon_json.readable(facts.daemon_json)
    return readable and daemon_json.read(facts.daemon_json).get("iptables") is False


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

    @property
    def _swarm(self) -> Swarm:
        assert self.parts.swarm is not None  # made wherever a network is on Swarm
        return self.parts.swarm

    def maker(self, hosts: Sequence[str]) -> str:
        return self._swarm.managers[0]

    def before_network(self, hosts: Sequence[str]) -> Sequence[pulumi.Resource]:
        return [self._swarm.seats[self._swarm.managers[0]]]

    def identity(self, host: str) -> pulumi.Input[str]:
        return self._swarm.node(host)

    def before_container(self, host: str) -> Sequence[pulumi.Resource]:
        return [self._swarm.seats[host]]
