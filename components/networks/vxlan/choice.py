"""What VXLAN networks leave open: slices, the number, the MTU."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from ipaddress import IPv4Address, IPv4Network

from components.dns.settings import DnsSettings
from components.networks.base import Settled, Stack
from components.networks.planned_addresses import full, planned
from components.networks.planned_slices import assigned, kept, no_room, note
from components.networks.vxlan import mtu
from components.networks.vxlan.device import own_number
from components.networks.vxlan.settings import VxlanSettings
from planning import records, slices
from planning.facts import HostFacts
from planning.fleet_facts import FleetFacts


def settle(networks: Mapping[str, VxlanSettings], stack: Stack, fleet: FleetFacts) -> Settled:
    """The stack with slices, a number and an MTU for every VXLAN network."""
    chosen: dict[str, VxlanSettings] = {}
    notes: list[str] = []
    refused: dict[str, str] = {}
    for name, settings in networks.items():
        hosts = settings.on(fleet.hosts)
        had = kept(name, hosts, fleet, partial(_recorded, name), partial(_fits, settings))
        blocks = assigned(
            name, settings.subnet, settings.prefix, settings.ip_range or {}, had, hosts, stack
        )
        if without := [host for host in hosts if host not in blocks]:
            why = no_room(settings.subnet, settings.prefix, len(hosts), without, "subnet")
            refused[name] = f"{name}: {settings.subnet} {why}"
        plan = None
        if stack.section(DnsSettings) is not None:
            taken = _reserved(settings.subnet, blocks)
            plan = planned(name, blocks, taken, stack, fleet, servers=True)
            if plan.without:
                refused[name] = f"{name}: {full(blocks, plan.without, names=True)}"
        notes.append(note(name, blocks))
        if narrow := mtu.narrowest(name, settings, fleet):
            notes.append(narrow)
        chosen[name] = settings.settled(
            blocks,
            settings.vni or own_number(fleet.stack, name),
            settings.mtu or mtu.chosen(name, settings, fleet),
            plan,
        )
    settled = replace(stack, networks={**stack.networks, **chosen})
    return Settled(settled, tuple(notes), refused)


def _reserved(subnet: IPv4Network, blocks: Mapping[str, IPv4Network]) -> set[IPv4Address]:
    """The addresses that no container can have."""
    ends = {subnet.network_address, subnet.broadcast_address}
    return ends | {slices.gateway(block) for block in blocks.values()}


def _recorded(name: str, facts: HostFacts, address: str) -> dict[str, IPv4Network]:
    """Address of a host -> its slice, as the record of the host with ``address`` tells."""
    record = facts.records.get(f"vxlan/{name}")
    if record is None:
        return {}
    # Of two rows for one host the first counts.
    found = dict(reversed(list(_rows(record))))
    own = _subnet(records.header_fields(record).get("slice", ""))
    return found if own is None else {**found, address: own}


def _fits(settings: VxlanSettings, block: IPv4Network) -> bool:
    """Whether a slice is one that the stack file still allows."""
    size = settings.slice is None or block.prefixlen == settings.slice
    return size and block != settings.subnet and block.subnet_of(settings.subnet)


def _rows(record: str) -> Iterator[tuple[str, IPv4Network]]:
    for line in records.body(record).splitlines():
        address, _, text = line.partition(" ")
        block = _subnet(text.partition(" ")[0])
        if block is not None:
            yield address, block


def _subnet(text: str) -> IPv4Network | None:
    try:
        return IPv4Network(text)
    except ValueError:
        return None
