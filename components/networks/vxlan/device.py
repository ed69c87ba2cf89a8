"""A network's device and bridge on a host: what they are called, and what facts show of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from ipaddress import IPv4Address, IPv4Network, IPv6Network

from planning import records, slices
from planning.facts import HostFacts, Nic

# What VXLAN adds to each packet, and what WireGuard adds to that.
ENCAPSULATION, ENCRYPTION = 50, 80
WIREGUARD_PORT = 51820
# Of VXLAN inside WireGuard: no other network's, as the guard of ports lets in the tunnel only.
INNER_PORT = 14789
# What a device keeps until it goes (vxlan.sh).
_FIXED = ("vni", "port", "local")
# What the Docker network keeps until it goes, with its containers.
_OF_NETWORK = ("mtu", "slice", "slice6")
_VNIS = range(4096, 1 << 24)


def bridge_name(stack: str, network: str) -> str:
    """What the network's bridge is called on every host."""
    return f"br-vx{_digest(stack, network).hex()[:8]}"


def device_name(stack: str, network: str) -> str:
    """What the network's VXLAN device is called on every host."""
    return f"vx{_digest(stack, network).hex()[:8]}"


def tunnel_name(stack: str, network: str) -> str:
    """What the network's WireGuard device is called on every host."""
    return f"wg{_digest(stack, network).hex()[:8]}"


def forwarded_ipv6(facts: HostFacts) -> str:
    """Whether a host forwarded IPv6 before it had the first of the stack's networks with a subnet of it.

    "1" or "0"; "0,ACCEPT" where ip6tables let all through that is forwarded: engines from 27 on end that, too.
    """
    fields = (
        records.header_fields(text)
        for kept, text in facts.records.items()
        if kept.startswith("vxlan/")
    )
    before = sorted(one["forwards6"] for one in fields if "forwards6" in one)
    if before:
        return before[0]
    if facts.forwards_ipv6 is not False:
        return "1"
    return "0,ACCEPT" if facts.accepts_forwarded_ipv6 else "0"


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
class Tunnel:
    """A network's WireGuard device on one host.

    ``public``: the host's own public key. ``keys``: address of another host -> its public key.
    """

    name: str
    port: int
    public: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Device:
    """A network's device on one host.

    ``mtu_chosen``: the stack file leaves the MTU open. ``peers``: address of another host -> its slice.
    ``block6``: the host's slice of the IPv6 subnet, None without one; ``forwards6``: whether the host forwarded
    IPv6 before (forwarded_ipv6). ``tunnel``: what its packets leave by where the network is encrypted; then hosts are known inside by
    their gateways, which are their own in the network.
    """

    network: str
    bridge: str
    name: str
    vni: int
    port: int
    address: str
    mtu: int
    mtu_chosen: bool
    block: IPv4Network
    peers: dict[str, IPv4Network]
    tunnel: Tunnel | None = None
    block6: IPv6Network | None = None
    forwards6: str = "1"

    def with_keys(self, keys: Mapping[str, str]) -> Device:
        """The same with the public keys of hosts, by their addresses."""
        if self.tunnel is None:
            return self
        theirs = {address: keys[address] for address in self.peers}
        return replace(self, tunnel=replace(self.tunnel, public=keys[self.address], keys=theirs))

    @property
    def local(self) -> str:
        """The address that its packets come from."""
        return str(slices.gateway(self.block)) if self.tunnel else self.address

    @property
    def targets(self) -> dict[str, str]:
        """Address of another host -> what its packets are sent to."""
        return {a: str(slices.gateway(b)) if self.tunnel else a for a, b in self.peers.items()}

    @property
    def header(self) -> dict[str, str]:
        """The fields of its change (components/scripts/vxlan.sh)."""
        header = {
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
        if self.block6 is not None:
            header["slice6"] = str(self.block6)
            header["forwards6"] = self.forwards6
        if self.tunnel is not None:
            header["wireguard"] = self.tunnel.name
            header["wireguard_port"] = str(self.tunnel.port)
            header["public"] = self.tunnel.public
        return header

    @property
    def content(self) -> str:
        """The content of its change: the peers."""
        lines = []
        for address, block in sorted(self.peers.items(), key=lambda row: IPv4Address(row[0])):
            words = [address, str(block)]
            if self.tunnel is not None:
                words += [self.targets[address], self.tunnel.keys[address]]
            lines.append(" ".join(words) + "\n")
        return "".join(lines)

    def made_anew_from(self, record: str | None) -> list[str]:
        """What of the device that a record made can only be changed by another device, for people.

        Nothing where the Docker network is made anew, too: then no container of it goes on running.
        """
        old, new = records.header_fields(record or ""), self.header
        if any(old.get(name) != new.get(name) for name in _OF_NETWORK):
            return []
        return [
            f"{name} {old[name]} -> {value}"
            for name, value in new.items()
            if name in _FIXED and old.get(name, value) != value
        ]

    def intact(self, facts: HostFacts) -> bool:
        """Whether a host has it as it is to be. What could not be read is not taken for drift."""
        if facts.hides("vxlan", "vxlan_fdb"):
            return True
        seen = facts.vxlans.get(self.name)
        wanted = (self.vni, self.port, self.local, self.mtu, self.bridge)
        return (
            seen is not None
            and "vxlan" not in facts.unkept
            and (seen.vni, seen.port, seen.local, seen.mtu, seen.bridge) == wanted
            and seen.up
            and seen.lower == (self.tunnel.name if self.tunnel else "")
            and seen.peers == frozenset(self.targets.values())
            and self._tunnel_intact(facts)
        )

    def _tunnel_intact(self, facts: HostFacts) -> bool:
        if self.tunnel is None or facts.hides("wireguard"):
            return True
        seen = facts.wireguards.get(self.tunnel.name)
        peers = {self.tunnel.keys[a]: f"{inner}/32" for a, inner in self.targets.items()}
        wanted = (self.tunnel.public, self.tunnel.port, peers)
        return seen is not None and (seen.public, seen.port, seen.peers) == wanted


def _digest(stack: str, network: str) -> bytes:
    return sha256(f"vxlan/{stack}/{network}".encode()).digest()
