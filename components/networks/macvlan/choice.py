"""What macvlan networks with a pool leave open: each host's slice of it, and the containers' addresses.

What hosts have is kept. Each host's record has its own slice and those of the others, so one that does
not answer keeps its slice too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

from components.dns.settings import DnsSettings
from components.networks.base import Settled, Stack
from components.networks.macvlan import lan
from components.networks.macvlan.settings import MacvlanSettings
from components.networks.planned_addresses import full, planned
from planning import host_slices, slices
from planning.fleet_facts import FleetFacts
from planning.sentences import listed


def settle(networks: Mapping[str, MacvlanSettings], stack: Stack, fleet: FleetFacts) -> Settled:
    """The stack with a slice for every host of a network with a pool."""
    chosen: dict[str, MacvlanSettings] = {}
    notes: list[str] = []
    refused: dict[str, str] = {}
    for name, settings in networks.items():
        if settings.pool is None:
            continue
        hosts = settings.on(fleet.hosts)
        kept = {**_kept(name, settings, hosts, fleet), **(settings.ip_range or {})}
        first = sorted(hosts, key=lambda host: host not in (settings.ip_range or {}))
        blocks = slices.assign(
            settings.pool, settings.prefix, first, kept, _chosen(name, hosts, stack)
        )
        blocks = {host: blocks[host] for host in hosts if host in blocks}
        if without := [host for host in hosts if host not in blocks]:
            refused[name] = f"{name}: {_no_room(settings, hosts, without)}"
        taken = set(_taken(settings, blocks, stack, fleet))
        names = stack.section(DnsSettings) is not None
        plan = planned(name, blocks, taken, stack, fleet, servers=names)
        if plan.without:
            refused.setdefault(name, f"{name}: {full(blocks, plan.without, names=names)}")
        said = ", ".join(f"{host} {block}" for host, block in blocks.items())
        notes.append(f"slices of {name}: {said}")
        chosen[name] = settings.settled(blocks, plan, names=names)
    settled = replace(stack, networks={**stack.networks, **chosen})
    return Settled(settled, tuple(notes), refused)


def _kept(
    name: str, settings: MacvlanSettings, hosts: list[str], fleet: FleetFacts
) -> dict[str, IPv4Network]:
    """Host -> the slice that it has, as Docker there, its own record, or another host's tells."""
    found = {}
    told: dict[str, IPv4Network] = {}
    for facts in fleet.answering.values():
        for address, block in host_slices.told(facts.records.get(host_slices.change(name))).items():
            told.setdefault(address, block)
    for host in hosts:
        facts_ = fleet.answering.get(host)
        own: dict[str, IPv4Network] = {}
        if facts_ is not None:
            own = host_slices.told(facts_.records.get(host_slices.change(name)))
        of_docker = facts_.ranges.get(name) if facts_ else None
        address = fleet.addresses[host]
        has = of_docker or own.get(address) or told.get(address)
        if has is not None and settings.allows(has):
            found[host] = has
    return found


def _chosen(name: str, hosts: list[str], stack: Stack) -> dict[str, list[IPv4Address]]:
    """Host -> the addresses that the stack file gives its containers."""
    found: dict[str, list[IPv4Address]] = {host: [] for host in hosts}
    for _, host, address in lan.fixed(name, stack):
        if host in found:
            found[host].append(address)
    return found


def _taken(
    settings: MacvlanSettings, blocks: Mapping[str, IPv4Network], stack: Stack, fleet: FleetFacts
) -> Iterator[IPv4Address]:
    """The addresses of slices that no container gets: others of the LAN have them."""
    subnet = settings.subnet
    yield from (subnet.network_address, subnet.broadcast_address, settings.gateway_address)
    yield from lan.of_hosts(stack).values()
    for facts in fleet.answering.values():
        yield from (held.ip for nic in facts.nics.values() for held in nic.addresses)
    for reserved in settings.reserved:
        for block in blocks.values():
            if reserved.overlaps(block):
                yield from min(reserved, block, key=lambda one: one.num_addresses)


def _no_room(settings: MacvlanSettings, hosts: list[str], without: list[str]) -> str:
    assert settings.pool is not None
    prefix = slices.largest_prefix(settings.pool, len(hosts))
    instead = "write a larger `pool`"
    if prefix is not None and prefix > settings.prefix:
        instead = f"write `slice: {prefix}`, or a larger `pool`"
    return (
        f"the pool {settings.pool} has no slice of /{settings.prefix} for {listed(without)} (addresses "
        f"that containers of other hosts have are in none): {instead}"
    )
