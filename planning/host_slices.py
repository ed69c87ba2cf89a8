"""What each host keeps of a network's slices and addresses: those of all hosts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network

from planning import records
from planning.addresses import is_ipv4

# Who has the address of the host's own device there; no container is called so.
SHIM = "@shim"


def change(network: str) -> str:
    """The name of a network's record."""
    return f"slices-{network}"


def shim_change(network: str) -> str:
    """The name of the record of the host's own device on a network."""
    return f"shim/{network}"


def content(blocks: Mapping[str, IPv4Network], given: Mapping[tuple[str, str], IPv4Address]) -> str:
    """The record's content. ``blocks``: address of a host -> its slice. ``given``: as in an AddressPlan."""
    rows = [f"slice {host} {block}" for host, block in blocks.items()]
    rows += [f"container {name} {address}" for (_, name), address in given.items()]
    return "".join(f"{row}\n" for row in sorted(rows))


def told(record: str | None) -> dict[str, IPv4Network]:
    """Address of a host -> its slice."""
    found = {}
    for host, text in _rows(record, "slice"):
        try:
            found[host] = IPv4Network(text)
        except ValueError:
            continue
    return found


def containers(record: str | None) -> Iterator[tuple[str, IPv4Address]]:
    """Container (its Docker name) and address."""
    for name, text in _rows(record, "container"):
        if is_ipv4(text):
            yield name, IPv4Address(text)


def _rows(record: str | None, kind: str) -> Iterator[tuple[str, str]]:
    for line in records.body(record or "").splitlines():
        first, key, value, *_ = [*line.split(" "), "", "", ""]
        if first == kind and key and value:
            yield key, value
