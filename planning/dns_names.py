"""The names that a host's name server gives: the content of its change, and what a record of it tells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from planning import records
from planning.addresses import is_ipv4


@dataclass(frozen=True)
class Named:
    """A container (its Docker name) on a network, and its further names there."""

    address: IPv4Address | IPv6Address
    name: str
    network: str
    aliases: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """As in /etc/hosts: each name alone, and with the network's after it."""
        names = [self.name, *self.aliases]
        return " ".join(
            [str(self.address), *(w for n in names for w in (n, f"{n}.{self.network}"))]
        )


def content(named: Iterable[Named]) -> str:
    """Lines of an /etc/hosts, in the order of their addresses."""
    rows = sorted(
        named, key=lambda one: (one.address.version, int(one.address), one.network, one.name)
    )
    return "".join(f"{one.line}\n" for one in rows)


def told(record: str | None, network: str) -> Iterator[tuple[str, IPv4Address]]:
    """Container and IPv4 address of every line of a record that is of a network."""
    for line in records.body(record or "").splitlines():
        address, name, full, *_ = [*line.split(" "), "", "", ""]
        if is_ipv4(address) and name and full == f"{name}.{network}":
            yield name, IPv4Address(address)
