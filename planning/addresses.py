"""Arithmetic on subnets and addresses; no Pulumi, no hosts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address
from itertools import combinations
from typing import TypeVar

Subnet = TypeVar("Subnet", IPv4Network, IPv6Network)


def misfit(address: IPv4Address, subnet: IPv4Network) -> str | None:
    """Why ``address`` cannot be given to anything in ``subnet``, or None if it can."""
    if address not in subnet:
        return f"{address} is outside of the subnet {subnet}: write an address inside it"
    if subnet.prefixlen < 31 and address in (subnet.network_address, subnet.broadcast_address):
        return f"{address} is the network or broadcast address of {subnet}: write another one"
    return None


def overlaps(subnets: Mapping[str, Subnet]) -> list[tuple[str, str]]:
    """Every pair of names (in the order given) whose subnets, all of one family, share an address."""
    return [(a, b) for a, b in combinations(subnets, 2) if subnets[a].overlaps(subnets[b])]


def slices(
    subnet: IPv4Network,
    hosts: Iterable[str],
    taken: Iterable[IPv4Address] = (),
    blocks: Iterable[IPv4Network] = (),
) -> dict[str, IPv4Network]:
    """Disjoint blocks of ``subnet``, one a host, without ``taken`` addresses and other ``blocks``.

    The largest equal blocks for which there are enough free ones. Empty if there is no way.
    A suggestion for a stack file, not something to compute anew at each run: one host more
    would move every block.
    """
    names = list(hosts)
    given = list(blocks)
    busy = [*taken, subnet.network_address, subnet.broadcast_address]
    for prefix in range(subnet.prefixlen + 1, 31):
        if 1 << (prefix - subnet.prefixlen) > 4096:
            break
        free = [
            block
            for block in subnet.subnets(new_prefix=prefix)
            if not any(address in block for address in busy)
            and not any(block.overlaps(other) for other in given)
        ]
        if len(free) >= len(names):
            return dict(zip(names, free, strict=False))
    return {}


def is_ip(address: str) -> bool:
    """Whether a host's or a container's address is an IP address, not a name."""
    try:
        ip_address(address)
    except ValueError:
        return False
    return True


def is_ipv4(text: str) -> bool:
    """Whether a text is an IPv4 address."""
    try:
        IPv4Address(text)
    except ValueError:
        return False
    return True
