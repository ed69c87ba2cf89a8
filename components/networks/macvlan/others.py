"""Macvlan networks that are not the stack's, as the engines of its hosts tell: what they leave to one of the stack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

from planning.facts import HostFacts, NetworkFacts
from planning.facts.networks import Macvlan
from planning.fleet_facts import FleetFacts
from planning.sentences import whose


@dataclass(frozen=True)
class Wanted:
    """One subnet of a network of the stack. ``blocks``, ``parents``: by host. ``had``: the blocks of now.

    ``key``: what of the stack file the blocks are of.
    """

    name: str
    subnet: IPv4Network | IPv6Network
    gateway: IPv4Address | IPv6Address
    blocks: Mapping[str, IPv4Network | IPv6Network]
    had: Mapping[str, IPv4Network | IPv6Network]
    parents: Mapping[str, str]
    key: str


@dataclass(frozen=True)
class _Pool:
    """A subnet of another network, in Docker's words; ``range``: None where it gives out all of it."""

    subnet: IPv4Network | IPv6Network
    gateway: IPv4Address | IPv6Address | None
    range: IPv4Network | IPv6Network | None


def addresses(name: str, facts: HostFacts, stack: str) -> Iterator[IPv4Address]:
    """The addresses of running containers on them. ``name``: of the stack's network."""
    for _, made in _networks(name, facts, stack):
        yield from made.given.values()


def refusals(wanted: Wanted, fleet: FleetFacts) -> Iterator[str]:
    """Sentences why hosts that are new to the network, or to their block, cannot have it beside others."""
    for host, facts in fleet.answering.items():
        if host not in wanted.parents:
            continue
        for other, made in _networks(wanted.name, facts, fleet.stack):
            pools = [one for one in _pools(made) if one.subnet.version == wanted.subnet.version]
            if not has(wanted.name, wanted.subnet, facts, fleet.stack):
                yield from _of_engine(wanted, host, other, pools)
            if made.parent == wanted.parents[host]:
                yield from _of_lan(wanted, host, other, pools, fleet)


def _of_engine(wanted: Wanted, host: str, other: NetworkFacts, pools: list[_Pool]) -> Iterator[str]:
    """An engine has no two networks of one subnet, but for parts of it with a gateway each."""
    instead = (
        "write the containers of both into one stack file, or other `hosts` (another subnet, where the LAN "
        "has one)"
    )
    for pool in pools:
        block = wanted.blocks.get(host)
        if not pool.subnet.overlaps(wanted.subnet):
            continue
        theirs = f"the network {other.name} there, {whose(other.stack)}"
        if pool.subnet == wanted.subnet and pool.gateway == wanted.gateway:
            yield (
                f"{wanted.subnet} is on {host} the subnet of {theirs}, and an engine gives their gateway, "
                f"{wanted.gateway}, to one network: {instead}"
            )
        elif pool.subnet != wanted.subnet or pool.range is None or block is None:
            yield (
                f"{wanted.subnet} overlaps on {host} {pool.subnet} of {theirs}, and an engine has no two "
                f"networks with the same addresses: {instead}"
            )


def _of_lan(
    wanted: Wanted, at: str, other: NetworkFacts, pools: list[_Pool], fleet: FleetFacts
) -> Iterator[str]:
    """No block meets what another network on the same parent gives its containers, on whichever host."""
    for host, block in wanted.blocks.items():
        if host not in fleet.answering or wanted.had.get(host) == block:
            continue
        for pool in pools:
            if pool.range is not None and block.overlaps(pool.range):
                yield (
                    f"{block} of {host} meets {pool.range}, which the network {other.name} on {at} gives its "
                    f"containers addresses of, {whose(other.stack)}: write another `{wanted.key}`"
                )


def has(name: str, subnet: IPv4Network | IPv6Network, facts: HostFacts, stack: str) -> bool:
    """Whether a host has the stack's network with a subnet, as far as it tells."""
    made = [
        facts.macvlans.get(one.id)
        for one in facts.networks or []
        if (one.name, one.stack) == (name, stack)
    ]
    return any(one is None or subnet in {pool.subnet for pool in _pools(one)} for one in made)


def _networks(name: str, facts: HostFacts, stack: str) -> Iterator[tuple[NetworkFacts, Macvlan]]:
    for network in facts.networks or []:
        made = facts.macvlans.get(network.id)
        # One of the name may be the stack's own, taken over (`adopt`).
        if made is not None and network.stack != stack and network.name != name:
            yield network, made


def _pools(made: Macvlan) -> Iterator[_Pool]:
    for config in made.configs or []:
        subnet = _net(config.get("Subnet"))
        if subnet is not None:
            gateway = _net(config.get("Gateway"))
            at = gateway.network_address if gateway else None
            yield _Pool(subnet, at, _net(config.get("IPRange")))


def _net(text: object) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(str(text), strict=False)
    except ValueError:
        return None
