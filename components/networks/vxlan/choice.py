"""What VXLAN networks leave open: slices, the number, the MTU.

What hosts have is kept. Each host's record has its own slice and those of the others, so one that does
not answer keeps its slice too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

from components.dns.settings import DnsSettings
from components.networks.base import Settled, Stack
from components.networks.planned_addresses import full, planned
from components.networks.vxlan import mtu
from components.networks.vxlan.device import own_number
from components.networks.vxlan.settings import VxlanSettings
from planning import records, slices
from planning.fleet_facts import FleetFacts
from planning.sentences import listed


def settle(networks: Mapping[str, VxlanSettings], stack: Stack, fleet: FleetFacts) -> Settled:
    """The stack with slices, a number and an MTU for every VXLAN network."""
    chosen: dict[str, VxlanSettings] = {}
    notes: list[str] = []
    refused: dict[str, str] = {}
    for name, settings in networks.items():
        hosts = settings.on(fleet.hosts)
        kept = {**_kept(name, settings, hosts, fleet), **(settings.ip_range or {})}
        first = sorted(hosts, key=lambda host: host not in (settings.ip_range or {}))
        blocks = slices.assign(
            settings.subnet, settings.prefix, first, kept, _chosen(name, hosts, stack)
        )
        blocks = {host: blocks[host] for host in hosts if host in blocks}
        without = [host for host in hosts if host not in blocks]
        if without:
            refused[name] = f"{name}: {_no_room(settings, hosts, without)}"
        plan = None
        if stack.section(DnsSettings) is not None:
            taken = _reserved(settings.subnet, blocks)
            plan = planned(name, blocks, taken, stack, fleet, servers=True)
            if plan.without:
                refused[name] = f"{name}: {full(blocks, plan.without, names=True)}"
        said = ", ".join(f"{host} {block}" for host, block in blocks.items())
        notes.append(f"slices of {name}: {said}")
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


def _kept(
    name: str, settings: VxlanSettings, hosts: list[str], fleet: FleetFacts
) -> dict[str, IPv4Network]:
    """Host -> the slice that it has, as Docker there, its own record, or another host's tells."""
    own: dict[str, IPv4Network] = {}
    told: dict[str, IPv4Network] = {}
    for host in fleet.hosts:
        facts = fleet.answering.get(host)
        record = facts.records.get(f"vxlan/{name}") if facts else None
        if record is not None:
            said = _subnet(records.header_fields(record).get("slice", ""))
            if said is not None:
                own[host] = said
            for address, block in _rows(record):
                told.setdefault(address, block)
        if facts and name in facts.ranges:
            own[host] = facts.ranges[name]
    found = {}
    for host in hosts:
        has = own.get(host) or told.get(fleet.addresses[host])
        if has is not None and _fits(has, settings):
            found[host] = has
    return found


def _fits(block: IPv4Network, settings: VxlanSettings) -> bool:
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


def _chosen(name: str, hosts: list[str], stack: Stack) -> dict[str, Collection[IPv4Address]]:
    """Host -> the addresses that the stack file gives its containers."""
    found: dict[str, list[IPv4Address]] = {host: [] for host in hosts}
    for container in stack.containers.values():
        join = container.attachments().get(name)
        if join is not None and join.ipv4_address and container.host in found:
            found[container.host].append(join.ipv4_address)
    return dict(found)


def _no_room(settings: VxlanSettings, hosts: list[str], without: list[str]) -> str:
    prefix = slices.largest_prefix(settings.subnet, len(hosts))
    instead = "write a larger subnet"
    if prefix is not None and prefix > settings.prefix:
        instead = f"write `slice: {prefix}`, or a larger subnet"
    return (
        f"{settings.subnet} has no slice of /{settings.prefix} for {listed(without)} (addresses that "
        f"containers of other hosts have are in none): {instead}"
    )
