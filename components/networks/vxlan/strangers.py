"""Containers that people put on a VXLAN network: with an address of another host's, or of a container's to come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address

from components.networks.base import Stack
from components.networks.vxlan.settings import VxlanSettings
from planning.fleet_facts import FleetFacts
from planning.sentences import whose


def refusals(name: str, settings: VxlanSettings, stack: Stack, fleet: FleetFacts) -> Iterator[str]:
    """Sentences where two containers would have one address, now or as soon as an engine gives it."""
    chosen = _chosen(name, stack)
    for host in settings.on(list(fleet.answering)):
        facts = fleet.answering[host]
        stacks = {one.name: one.stack for one in facts.containers or []}
        for container, address in facts.given.get(name, {}).items():
            if stacks.get(container, fleet.stack) == fleet.stack:
                continue
            whom = chosen.get(address) or _of_slice(settings, host, address)
            if whom is not None:
                yield (
                    f"{address} on {name} is {whom}, and container {container} on {host} has it, "
                    f"{whose(stacks[container])}: `docker network disconnect {name} {container}` there, and give it an "
                    f"address of {settings.block_on(host)}"
                )


def _chosen(name: str, stack: Stack) -> Mapping[IPv4Address, str]:
    """Address that the stack file gives -> whose it is."""
    return {
        join.ipv4_address: f"that of {key}"
        for key, one in stack.containers.items()
        if (join := one.attachments().get(name)) is not None and join.ipv4_address is not None
    }


def _of_slice(settings: VxlanSettings, host: str, address: IPv4Address) -> str | None:
    """Of which other host's slice an address is."""
    blocks = (settings.ip_range or {}).items()
    return next(
        (f"of the slice of {o}" for o, block in blocks if o != host and address in block), None
    )
