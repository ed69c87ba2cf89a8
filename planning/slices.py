"""Slices: the parts of a subnet that hosts give their containers addresses of, one a host."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network
from itertools import chain

# The smallest: a gateway and some containers.
SMALLEST = 30
# By default a subnet is cut for 16 hosts.
_BITS = 4


def default_prefix(subnet: IPv4Network) -> int:
    """The prefix length of slices where nobody says another one."""
    return min(subnet.prefixlen + _BITS, SMALLEST)


def gateway(block: IPv4Network) -> IPv4Address:
    """The address that the host itself has in its slice."""
    return block.network_address + 1


def room(subnet: IPv4Network, block: IPv4Network) -> int:
    """How many containers a slice has addresses for."""
    ends = {subnet.network_address, subnet.broadcast_address}
    return block.num_addresses - 1 - sum(end in block for end in ends)


def largest_prefix(subnet: IPv4Network, hosts: int) -> int | None:
    """The prefix length of the largest slices of which there are enough; None where none are."""
    prefix = subnet.prefixlen + max(hosts - 1, 0).bit_length()
    return prefix if prefix <= SMALLEST else None


def assign(
    subnet: IPv4Network,
    prefix: int,
    hosts: Iterable[str],
    kept: Mapping[str, IPv4Network],
    chosen: Mapping[str, Collection[IPv4Address]],
) -> dict[str, IPv4Network]:
    """Host -> its slice; a host that there is no room for is left out.

    What a host has it keeps (``kept``: where two have the same, the first of them). Another one gets the
    first free block, if possible one with an address that its containers have (``chosen``: host ->
    addresses), and none with an address of containers on others.
    """
    names = list(hosts)
    found: dict[str, IPv4Network] = {}
    for host in names:
        block = kept.get(host)
        if block is not None and not _overlaps(block, found.values()):
            found[host] = block
    for host in names:
        if host in found:
            continue
        wished = (IPv4Network((a, prefix), strict=False) for a in sorted(chosen.get(host, ())))
        elsewhere = [a for other in chosen if other != host for a in chosen[other]]
        blocks = (
            b for b in chain(wished, subnet.subnets(new_prefix=prefix)) if b.subnet_of(subnet)
        )
        free = (
            block
            for block in blocks
            if not _overlaps(block, found.values()) and not any(a in block for a in elsewhere)
        )
        block = next(free, None)
        if block is not None:
            found[host] = block
    return found


def _overlaps(block: IPv4Network, others: Iterable[IPv4Network]) -> bool:
    return any(block.overlaps(other) for other in others)
