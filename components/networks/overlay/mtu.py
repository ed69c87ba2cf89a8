"""What an overlay's packets may be as large as on the NIC that carries them."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Interface

from planning.facts import HostFacts

# What VXLAN adds to each packet.
ENCAPSULATION = 50


def too_large(mtu: int, host: str, carrier: str, facts: HostFacts) -> Iterator[str]:
    """A sentence where packets of ``mtu`` bytes do not pass a host's NIC.

    ``carrier``: that NIC's name or address; one that facts do not show is not judged.
    """
    for name, nic in facts.nics.items():
        if name != carrier and not _holds(nic.addresses, carrier):
            continue
        if mtu + ENCAPSULATION > nic.mtu:
            yield (
                f"mtu {mtu} does not pass {name} of {host}, whose packets have {nic.mtu} bytes, "
                f"{ENCAPSULATION} of them VXLAN's: write {nic.mtu - ENCAPSULATION} or less"
            )


def _holds(addresses: list[IPv4Interface], carrier: str) -> bool:
    try:
        return any(IPv4Address(carrier) == held.ip for held in addresses)
    except ValueError:
        return False
