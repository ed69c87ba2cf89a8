"""What macvlan networks with a pool leave open: each host's slice of it, and the containers' addresses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address
from typing import Any

from components.dns.settings import DnsSettings
from components.networks.base import Settled, Stack
from components.networks.macvlan import lan, others
from components.networks.macvlan.settings import MacvlanSettings
from components.networks.macvlan.shims import device_name
from components.networks.planned_addresses import full, planned
from components.networks.planned_slices import assigned, kept, no_room, note
from planning import host_slices, second_subnet
from planning.addresses import Subnet
from planning.facts import HostFacts
from planning.fleet_facts import FleetFacts


def settle(networks: Mapping[str, MacvlanSettings], stack: Stack, fleet: FleetFacts) -> Settled:
    """The stack with a slice for every host of a network with a pool."""
    chosen: dict[str, MacvlanSettings] = {}
    notes: list[str] = []
    refused: dict[str, str] = {}
    for name, settings in networks.items():
        if settings.pool is None:
            continue
        hosts = settings.on(fleet.hosts)
        had = kept(name, hosts, fleet, partial(_recorded, name), settings.allows)
        blocks = assigned(
            name, settings.pool, settings.prefix, settings.ip_range or {}, had, hosts, stack
        )
        if without := [host for host in hosts if host not in blocks]:
            why = no_room(settings.pool, settings.prefix, len(hosts), without, "`pool`")
            refused[name] = f"{name}: the pool {settings.pool} {why}"
        taken = set(_taken(name, settings, blocks, stack, fleet))
        names = stack.section(DnsSettings) is not None
        shims = {host: _shim(name, host, fleet) for host in blocks if settings.shim}
        plan = planned(name, blocks, taken, stack, fleet, servers=names, shims=shims)
        if plan.without:
            refused.setdefault(name, f"{name}: {full(blocks, plan.without, names=names)}")
        notes.append(note(name, blocks))
        chosen[name] = settings.settled(blocks, plan, names=names)
    settled = replace(stack, networks={**stack.networks, **chosen})
    return Settled(settled, tuple(notes), refused)


def _recorded(name: str, facts: HostFacts, _address: str) -> dict[str, IPv4Network]:
    return host_slices.told(facts.records.get(host_slices.change(name)))


def _shim(name: str, host: str, fleet: FleetFacts) -> list[IPv4Address]:
    """The addresses that the host's own device has."""
    facts = fleet.answering.get(host)
    device = facts.nics.get(device_name(fleet.stack, name)) if facts else None
    return [held.ip for held in device.addresses] if device else []


def _taken(
    name: str,
    settings: MacvlanSettings,
    blocks: Mapping[str, IPv4Network],
    stack: Stack,
    fleet: FleetFacts,
) -> Iterator[IPv4Address]:
    """The addresses of slices that no container gets: others of the LAN have them."""
    subnet = settings.subnet
    yield from (subnet.network_address, subnet.broadcast_address, settings.gateway_address)
    yield from _places([settings.gateway6_address] if settings.gateway6_address else [], settings)
    yield from lan.of_hosts(stack).values()
    for facts in fleet.answering.values():
        for nic in facts.nics.values():
            yield from (held.ip for held in nic.addresses)
            yield from _places((held.ip for held in nic.addresses6), settings)
        yield from others.addresses(name, facts, fleet.stack)
    for reserved in settings.reserved:
        for block in blocks.values():
            if isinstance(reserved, IPv4Network):
                yield from _common(reserved, block)
            elif settings.subnet6 is not None:
                block6 = second_subnet.part(block, subnet, settings.subnet6)
                yield from _places(_common(reserved, block6), settings)


def _places(taken: Iterable[IPv6Address], settings: MacvlanSettings) -> Iterator[IPv4Address]:
    """The addresses whose places in the IPv6 subnet are taken."""
    if settings.subnet6 is None:
        return
    for address in taken:
        if at := second_subnet.counterpart(address, settings.subnet, settings.subnet6):
            yield at


def _common(one: Subnet, other: Subnet) -> Iterable[Any]:
    """The addresses that two subnets share."""
    smaller: Subnet = min(one, other, key=lambda net: net.num_addresses)
    return smaller if one.overlaps(other) else ()
