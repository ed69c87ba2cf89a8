"""What was made by hand on hosts and the stack takes over, with `adopt: true`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from components.networks.base import Stack
from planning import adoption
from planning.facts import ContainerFacts, HostFacts, NetworkFacts, Unreachable
from planning.fleet_facts import FleetFacts


def taken_over(
    facts: Mapping[str, HostFacts | Unreachable], stack: Stack, name: str
) -> dict[str, HostFacts | Unreachable]:
    """The facts, in which what the stack of this name adopts is its own."""
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
            networks={key for key, one in stack.networks.items() if one.adopts and one.on([host])},
        )
        for host, seen in facts.items()
    }


def sentences(fleet: FleetFacts) -> Iterator[str]:
    """What this up takes over first, for people."""
    for host, facts in fleet.answering.items():
        for kind, found in _new(facts):
            yield f"{kind} {found.name} on {host}, which crosshost did not make, is taken over as it is"


def refusals(stack: Stack, fleet: FleetFacts) -> Iterator[str]:
    """Sentences on what cannot be taken over, as the stack file says something else of it."""
    for host, facts in fleet.answering.items():
        for kind, found in _new(facts):
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


def _new(facts: HostFacts) -> Iterator[tuple[str, NetworkFacts | ContainerFacts]]:
    """Kind and row of what no up had taken over before."""
    for net in facts.networks or []:
        if net.id in facts.adopted and adoption.words_before(facts, net.id) is None:
            yield "network", net
    for one in facts.containers or []:
        if one.id in facts.adopted and adoption.words_before(facts, one.id) is None:
            yield "container", one


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
