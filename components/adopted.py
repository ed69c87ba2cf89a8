"""What was made by hand on hosts and the stack takes over, with `adopt: true`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from components.networks.base import Stack
from planning import adoption
from planning.adoption import Owned
from planning.facts import ContainerFacts, HostFacts, NetworkFacts, Unreachable
from planning.fleet_facts import FleetFacts


def taken_over(
    facts: Mapping[str, HostFacts | Unreachable], stack: Stack, name: str
) -> dict[str, HostFacts | Unreachable]:
    """The facts, in which what the stack of this name adopts is its own."""
    fleet = Owned.of_all(seen for seen in facts.values() if isinstance(seen, HostFacts))
    return {
        host: seen
        if isinstance(seen, Unreachable)
        else adoption.with_adopted(
            seen,
            name,
            containers={
                one.container_name or key
                for key, one in stack.containers.items()
                if one.adopt and one.host == host
            },
            networks={
                key
                for key, one in stack.networks.items()
                if one.adopts and (one.on([host]) or one.control_plane_joined)
            },
            shared=stack.networks,
            fleet=fleet,
        )
        for host, seen in facts.items()
    }


def sentences(fleet: FleetFacts) -> Iterator[str]:
    """What this up takes over first, for people."""
    for host, _, kind, found in _new(fleet):
        of_swarm = isinstance(found, NetworkFacts) and adoption.is_of_swarm(found)
        where = f"of the swarm of {host}" if of_swarm else f"on {host}"
        yield f"{kind} {found.name} {where}, which crosshost did not make, is taken over as it is"


def refusals(stack: Stack, fleet: FleetFacts) -> Iterator[str]:
    """Sentences on what cannot be taken over, as the stack file says something else of it."""
    for host, facts, kind, found in _new(fleet):
        key, differs = (
            (found.name, stack.networks[found.name].unlike(found, host, facts))
            if isinstance(found, NetworkFacts)
            else _container(stack, host, facts, found)
        )
        if differs:
            yield (
                f"{kind}s.{key}: {host} has {found.name} with {differs}: write that (`python -m "
                "crosshost adopt` does), or remove it there and take `adopt` out"
            )


def made_anew(stack: Stack, fleet: FleetFacts) -> dict[str, str]:
    """ID -> why, of networks that were taken over, are to be something else, and so go first.

    Containers on them that were taken over have no label by which Pulumi would replace them before.
    """
    known = Owned.of_all(fleet.answering.values()).own
    return {
        net.id: "it was taken over, and is made anew"
        for host, facts in fleet.answering.items()
        for net in facts.networks or []
        if net.id in facts.adopted & known
        and net.name in stack.networks
        and stack.networks[net.name].unlike(net, host, facts)
    }


def _new(
    fleet: FleetFacts,
) -> Iterator[tuple[str, HostFacts, str, NetworkFacts | ContainerFacts]]:
    """Host, its facts, kind and row of what no up had taken over before; a swarm's network once."""
    told = set(Owned.of_all(fleet.answering.values()).own)
    for host, facts in fleet.answering.items():
        here = Owned.on(facts).own
        for net in facts.networks or []:
            of_swarm = adoption.is_of_swarm(net)
            if net.id in facts.adopted and net.id not in (told if of_swarm else here):
                told.add(net.id)
                yield host, facts, "network", net
        for one in facts.containers or []:
            if one.id in facts.adopted and one.id not in here:
                yield host, facts, "container", one


def _container(stack: Stack, host: str, facts: HostFacts, found: ContainerFacts) -> tuple[str, str]:
    key, settings = next(
        (key, one)
        for key, one in stack.containers.items()
        if one.host == host and (one.container_name or key) == found.name
    )
    told = []
    if found.image != settings.image:
        told.append(f"image {found.image}")
    joined = settings.attachments()
    if joined and set(found.networks.split(",")) != set(joined):
        told.append(f"networks {found.networks}")
    for network, join in joined.items():
        has = facts.given.get(network, {}).get(found.name)
        if has is not None and join.ipv4_address not in (None, has):
            told.append(f"address {has} on {network}")
    if found.state != "running":
        told.append(f"state {found.state} (only what runs is taken over)")
    return key, ", ".join(told)
