"""A network's IPv6 subnet beside its IPv4 one: what is at a place of the one is at the same of the other.

So each host's slice, each gateway and each container that was given an IPv4 address has one IPv6 counterpart,
which stays as long as the IPv4 one does and meets no other.
"""

from __future__ import annotations

import secrets
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

# What a LAN has, and the largest that Docker gives addresses of.
LARGEST = 64
_USABLE = (IPv6Network("2000::/3"), IPv6Network("fc00::/7"))


def place(address: IPv4Address, subnet: IPv4Network, subnet6: IPv6Network) -> IPv6Address:
    """The IPv6 address at the place that ``address`` has in ``subnet``."""
    return subnet6[int(address) - int(subnet.network_address)]


def counterpart(
    address: IPv6Address, subnet: IPv4Network, subnet6: IPv6Network
) -> IPv4Address | None:
    """The IPv4 address at the place of an IPv6 one, None where that is beyond the IPv4 subnet."""
    at = int(address) - int(subnet6.network_address)
    return subnet[at] if 0 <= at < subnet.num_addresses else None


def part(block: IPv4Network, subnet: IPv4Network, subnet6: IPv6Network) -> IPv6Network:
    """The part of the IPv6 subnet at the place that ``block`` has in ``subnet``."""
    return IPv6Network((place(block.network_address, subnet, subnet6), 96 + block.prefixlen))


def beyond(subnet: IPv4Network, subnet6: IPv6Network) -> IPv6Address | None:
    """The first IPv6 address that is at no place of ``subnet``, None where there is none."""
    at = subnet.num_addresses
    return subnet6[at] if at < subnet6.num_addresses else None


def problem(subnet: IPv4Network, subnet6: IPv6Network) -> str | None:
    """Why there cannot be this IPv6 subnet beside ``subnet``, or None if there can."""
    if not any(subnet6.subnet_of(usable) for usable in _USABLE):
        return (
            f"{subnet6} is no subnet of unicast addresses (2000::/3, or fd00::/8 for private ones): write "
            f"e.g. {proposal()}"
        )
    if subnet6.prefixlen < LARGEST:
        return f"{subnet6} is more than one network has: write a /{LARGEST} of it, e.g. {_first(subnet6)}"
    if subnet6.num_addresses < subnet.num_addresses:
        return (
            f"{subnet6} has fewer addresses than {subnet}, whose addresses have theirs in it at the same "
            f"place: write one of /{96 + subnet.prefixlen} or larger"
        )
    return None


def proposal() -> IPv6Network:
    """A private subnet (a ULA of RFC 4193) that most likely nobody else has."""
    return IPv6Network((b"\xfd" + secrets.token_bytes(5) + bytes(10), LARGEST))


def _first(subnet6: IPv6Network) -> IPv6Network:
    return next(subnet6.subnets(new_prefix=LARGEST))
