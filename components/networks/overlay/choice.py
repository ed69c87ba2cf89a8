"""Which control plane an overlay is on where the stack file leaves it open.

The choice is kept: what hosts live on decides before what would be best for new ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from components.networks.base import Settled, Stack
from components.networks.overlay.consul.settings import ConsulSettings
from components.networks.overlay.settings import OverlaySettings
from planning.daemon_held import store_is_ours
from planning.facts import HostFacts
from planning.fleet_facts import FleetFacts
from planning.sentences import listed
from planning.swarm_held import is_recorded


@dataclass(frozen=True)
class Choice:
    """A control plane and why; ``refusal`` says why no overlay can be made, and the way out."""

    plane: str
    why: str
    refusal: str | None = None


def settle(networks: Mapping[str, OverlaySettings], stack: Stack, fleet: FleetFacts) -> Settled:
    """The stack with a control plane for every overlay.

    An overlay that names its control plane decides for those that leave it open on its hosts: an
    engine cannot have two.
    """
    open_ = {n: s for n, s in networks.items() if s.control_plane == "auto"}
    if not open_:
        return Settled(stack)
    hosts = {host for settings in open_.values() for host in settings.on(fleet.hosts)}
    beside: dict[str, str] = {
        settings.control_plane: name
        for name, settings in networks.items()
        if name not in open_ and not hosts.isdisjoint(settings.on(fleet.hosts))
    }
    if beside:
        choice = _beside(list(open_), beside)
    else:
        answering = {n: seen for n, seen in fleet.answering.items() if n in hosts}
        given = stack.section(ConsulSettings) is not None
        choice = choose(answering, consul_given=given)
    chosen = {
        name: settings.model_copy(update={"control_plane": choice.plane})
        for name, settings in open_.items()
    }
    return Settled(
        replace(stack, networks={**stack.networks, **chosen}),
        notes=(f"overlays are on {choice.plane.capitalize()}: {choice.why}",),
        refused={} if choice.refusal is None else dict.fromkeys(open_, choice.refusal),
    )


def choose(facts: Mapping[str, HostFacts], *, consul_given: bool) -> Choice:
    """The control plane for overlays on these hosts (those of them that answer).

    ``consul_given``: the stack file has a Consul server; it only decides where nobody answers.
    """
    if not facts:
        return Choice("consul" if consul_given else "swarm", "no host answers")
    seated = [name for name, seen in facts.items() if is_recorded(seen)]
    if seated:
        return Choice("swarm", f"{listed(seated)} joined one at an earlier up")
    stored = [name for name, seen in facts.items() if store_is_ours(seen)]
    why = f"{listed(stored)} joined its cluster store at an earlier up"
    if not stored:
        stored = [n for n, seen in facts.items() if seen.engine and seen.engine.cluster_store]
        why = f"{listed(stored)} live on a cluster store, which excludes Swarm"
    if not stored:
        return Choice("swarm", "every engine has it")
    return Choice("consul", why, _left_out(facts, stored))


def _beside(open_: Sequence[str], beside: Mapping[str, str]) -> Choice:
    """The choice for networks on hosts that have ``beside``: control plane -> a network on it."""
    plane, name = next(iter(beside.items()))
    if len(beside) == 1:
        return Choice(plane, f"{name} says so")
    held = " and ".join(f"{name} on {plane.capitalize()}" for plane, name in beside.items())
    return Choice(
        plane,
        f"{name} says so",
        f"{' and '.join(open_)} leaves its control plane open and shares hosts with {held}: give "
        "it `control_plane` and `hosts` that fit one of them",
    )


def _left_out(facts: Mapping[str, HostFacts], stored: list[str]) -> str | None:
    """The refusal where some engines cannot join the store that the others live on."""
    without = [
        f"{name} (Docker {seen.engine.version})"
        for name, seen in facts.items()
        if seen.engine and "consul" not in seen.backends and not seen.hides("backends")
    ]
    if not without:
        return None
    return (
        f"the overlays are on the Consul cluster store of {listed(stored)}, which "
        f"{listed(without)} {'has' if len(without) == 1 else 'have'} no back end for, and an engine in a store cannot be in a swarm: "
        "leave such hosts out by `hosts` of the networks, or rebuild the overlays on Swarm "
        "(`pulumi destroy` with the stack file and engines as they were, then `pulumi up` with "
        "`control_plane: swarm`)"
    )
