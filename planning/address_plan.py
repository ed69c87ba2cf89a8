"""Which address of its host's slice each container gets, where the program and not Docker gives them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from itertools import chain


@dataclass(frozen=True)
class Member:
    """A container (its Docker name) on a host. ``chosen``: the address that the stack file gives it.

    ``had``: those that it has or had, the likeliest first. ``last``: if all are free, the slice's last
    address is its, not the first: what Docker gives out by itself comes there latest.
    """

    name: str
    host: str
    chosen: IPv4Address | None = None
    had: tuple[IPv4Address, ...] = ()
    last: bool = False


@dataclass(frozen=True)
class AddressPlan:
    """``given``: (host, container) -> its address. ``without``: those that there is no address for."""

    given: Mapping[tuple[str, str], IPv4Address] = field(default_factory=dict)
    without: tuple[Member, ...] = ()


def assign(
    blocks: Mapping[str, IPv4Network], members: Sequence[Member], taken: Collection[IPv4Address]
) -> AddressPlan:
    """The addresses of ``members``; who has one keeps it.

    ``blocks``: host -> its slice. ``taken``: addresses that no member gets, but for its own before.
    """
    given = {(m.host, m.name): m.chosen for m in members if m.chosen is not None}
    busy = {*taken, *given.values()}
    open_ = [m for m in members if m.chosen is None and m.host in blocks]
    used = set(given.values())
    for member in open_:
        for address in member.had:
            if address in blocks[member.host] and address not in used:
                given[member.host, member.name] = address
                used.add(address)
                break
    busy |= used
    without: list[Member] = []
    for member in open_:
        if (member.host, member.name) in given:
            continue
        block = blocks[member.host]
        size = block.num_addresses
        order = chain(reversed(range(size)) if member.last else range(size))
        free = (block[at] for at in order if block[at] not in busy)
        found = next(free, None)
        if found is None:
            without.append(member)
            continue
        given[member.host, member.name] = found
        busy.add(found)
    return AddressPlan(given, tuple(without))
