"""What macvlan networks that are not the stack's give their containers, as the engines of its hosts tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network

from planning.facts import HostFacts, NetworkFacts
from planning.facts.networks import Macvlan
from planning.fleet_facts import FleetFacts
from planning.sentences import whose


def addresses(name: str, facts: HostFacts, stack: str) -> Iterator[IPv4Address]:
    """The addresses of running containers on them. ``name``: of the stack's network."""
    for _, made in _networks(name, facts, stack):
        yield from made.given.values()


def meeting(
    name: str,
    blocks: Mapping[str, IPv4Network],
    parents: Mapping[str, str],
    key: str,
    fleet: FleetFacts,
) -> Iterator[str]:
    """Sentences where a block that a host is new to meets what another network on the same parent gives.

    ``blocks``: host -> its block of the network ``name``. ``parents``: host -> the network's NIC. ``key``:
    what of the stack file the blocks are of.
    """
    new = {
        host: block
        for host, block in blocks.items()
        if (facts := fleet.answering.get(host)) and facts.ranges.get(name) != block
    }
    for at, facts in fleet.answering.items():
        for other, made in _networks(name, facts, fleet.stack):
            if at not in parents or made.parent != parents[at]:
                continue
            for range_ in _ranges(made):
                for host, block in new.items():
                    if block.overlaps(range_):
                        yield (
                            f"{block} of {host} meets {range_}, which the network {other.name} on {at} "
                            f"gives its containers addresses of, {whose(other.stack)}: write another `{key}`"
                        )


def _networks(name: str, facts: HostFacts, stack: str) -> Iterator[tuple[NetworkFacts, Macvlan]]:
    for network in facts.networks or []:
        made = facts.macvlans.get(network.id)
        # One of the name may be the stack's own, taken over (`adopt`).
        if made is not None and network.stack != stack and network.name != name:
            yield network, made


def _ranges(made: Macvlan) -> Iterator[IPv4Network]:
    for config in made.configs or []:
        try:
            yield IPv4Network(str(config.get("IPRange")), strict=False)
        except ValueError:
            continue  # none, or one of IPv6
