"""Each host's slice of what a network's addresses are cut from (planning/slices.py): a subnet, or a pool of it.

What hosts have is kept. Each host's record has its own slice and those of the others, so one that does
not answer keeps its slice too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv4Network

from components.networks.base import Stack
from planning import slices
from planning.facts import HostFacts
from planning.fleet_facts import FleetFacts
from planning.sentences import listed


def kept(
    name: str,
    hosts: list[str],
    fleet: FleetFacts,
    recorded: Callable[[HostFacts, str], Mapping[str, IPv4Network]],
    allows: Callable[[IPv4Network], bool],
) -> dict[str, IPv4Network]:
    """Host -> the slice that it has, as Docker there, its own record, or another host's tells.

    ``recorded``: what the record of a host with an address tells: address of a host -> its slice.
    ``allows``: whether a slice is one that the stack file still allows.
    """
    records = {
        host: recorded(facts, fleet.addresses[host]) for host, facts in fleet.answering.items()
    }
    told: dict[str, IPv4Network] = {}
    for blocks in records.values():
        for address, block in blocks.items():
            told.setdefault(address, block)
    found = {}
    for host in hosts:
        facts = fleet.answering.get(host)
        of_docker = facts.ranges.get(name) if facts else None
        address = fleet.addresses[host]
        has = of_docker or records.get(host, {}).get(address) or told.get(address)
        if has is not None and allows(has):
            found[host] = has
    return found


def assigned(
    name: str,
    whole: IPv4Network,
    prefix: int,
    given: Mapping[str, IPv4Network],
    had: Mapping[str, IPv4Network],
    hosts: list[str],
    stack: Stack,
) -> dict[str, IPv4Network]:
    """Host -> its slice of ``whole``; a host that there is no room for is left out.

    ``given``: those of the stack file, which come before those that hosts ``had``.
    """
    first = sorted(hosts, key=lambda host: host not in given)
    blocks = slices.assign(whole, prefix, first, {**had, **given}, _chosen(name, hosts, stack))
    return {host: blocks[host] for host in hosts if host in blocks}


def note(name: str, blocks: Mapping[str, IPv4Network]) -> str:
    """What a preview says of a network's slices."""
    return f"slices of {name}: " + ", ".join(f"{host} {block}" for host, block in blocks.items())


def no_room(whole: IPv4Network, prefix: int, hosts: int, without: list[str], key: str) -> str:
    """Why hosts (``without``) have no slice, of so many ``hosts``, and what to write.

    ``key``: what the stack file calls the whole, "`pool`" or "subnet".
    """
    wider = slices.largest_prefix(whole, hosts)
    instead = f"write a larger {key}"
    if wider is not None and wider > prefix:
        instead = f"write `slice: {wider}`, or a larger {key}"
    return (
        f"has no slice of /{prefix} for {listed(without)} (addresses that containers of other hosts "
        f"have are in none): {instead}"
    )


def _chosen(name: str, hosts: list[str], stack: Stack) -> dict[str, list[IPv4Address]]:
    """Host -> the addresses that the stack file gives its containers."""
    found: dict[str, list[IPv4Address]] = {host: [] for host in hosts}
    for container in stack.containers.values():
        join = container.attachments().get(name)
        if join is not None and join.ipv4_address and container.host in found:
            found[container.host].append(join.ipv4_address)
    return found
