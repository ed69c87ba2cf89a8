"""A network's device and bridge on a host: what they are called, and what facts show of them."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from ipaddress import IPv4Address, IPv4Network

from planning import records
from planning.facts import HostFacts, Nic

# What VXLAN adds to each packet.
ENCAPSULATION = 50
# What a device keeps until it goes (vxlan.sh).
_FIXED = ("vni", "port", "local")
_VNIS = range(4096, 1 << 24)


def bridge_name(stack: str, network: str) -> str:
    """What the network's bridge is called on every host."""
    return f"br-vx{_digest(stack, network).hex()[:8]}"


def device_name(stack: str, network: str) -> str:
    """What the network's VXLAN device is called on every host."""
    return f"vx{_digest(stack, network).hex()[:8]}"


def own_number(stack: str, network: str) -> int:
    """The network's VNI where the stack file has none: the same at every run."""
    return _VNIS[int.from_bytes(_digest(stack, network)[:8]) % len(_VNIS)]


def carrier(address: str, facts: HostFacts) -> tuple[str, Nic] | None:
    """The NIC that has the host's address, with its name; None where none has."""
    return next(
        (
            (name, nic)
            for name, nic in facts.nics.items()
            if any(str(held.ip) == address for held in nic.addresses)
        ),
        None,
    )


@dataclass(frozen=True)
class Device:
    """A network's device on one host.

    ``mtu_chosen``: the stack file leaves the MTU open. ``peers``: address of another host -> its slice.
    """

    network: str
    bridge: str
    name: str
    vni: int
    port: int
    local: str
    mtu: int
    mtu_chosen: bool
    block: IPv4Network
    peers: dict[str, IPv4Network]

    @property
    def header(self) -> dict[str, str]:
        """The fields of its change (components/scripts/vxlan.sh)."""
        return {
            "network": self.network,
            "bridge": self.bridge,
            "device": self.name,
            "vni": str(self.vni),
            "port": str(self.port),
            "local": self.local,
            "mtu": str(self.mtu),
            "mtu_from": "nics" if self.mtu_chosen else "file",
            "slice": str(self.block),
        }

    @property
    def content(self) -> str:
        """The content of its change: the peers."""
        rows = sorted(self.peers.items(), key=lambda row: IPv4Address(row[0]))
        return "".join(f"{address} {block}\n" for address, block in rows)

    def made_anew_from(self, record: str | None) -> list[str]:
        """What of the device that a record made can only be changed by another device, for people."""
        old = records.header_fields(record or "")
        return [
            f"{name} {old[name]} -> {value}"
            for name, value in self.header.items()
            if name in _FIXED and old.get(name, value) != value
        ]

    def intact(self, facts: HostFacts) -> bool:
        """Whether a host has it as it is to be. What could not be read is not taken for drift."""
        if facts.hides("vxlan", "vxlan_fdb"):
            return True
        seen = facts.vxlans.get(self.name)
        return seen is not None and (
            seen.vni,
            seen.port,
            seen.local,
            seen.mtu,
            seen.bridge,
            seen.up,
            seen.peers,
        ) == (self.vni, self.port, self.local, self.mtu, self.bridge, True, frozenset(self.peers))


def _digest(stack: str, network: str) -> bytes:
    return sha256(f"vxlan/{stack}/{network}".encode()).digest()
