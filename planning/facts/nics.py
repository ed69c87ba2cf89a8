"""Network interfaces."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Interface, IPv6Interface
from typing import Self

from planning import answers
from planning.facts.base import Facts, Topic
from planning.facts.printed import Printed, number


class Nic(Facts):
    """One network interface."""

    flags: frozenset[str]
    """Its flags as `ip link` shows them ("UP", "PROMISC", ...)."""
    mtu: int
    """Its MTU, in bytes."""
    addresses: list[IPv4Interface] = []
    """Its IPv4 addresses, each with its network's prefix."""
    addresses6: list[IPv6Interface] = []
    """Its IPv6 addresses, the link-local one among them; none where it has no IPv6."""

    bridge: str = ""
    """The bridge that it is a port of, "" where it is in none; of those that Docker makes not told."""
    wireless: bool = False
    """Whether it is a wireless one."""

    @property
    def promiscuous(self) -> bool:
        return "PROMISC" in self.flags


class NicsTopic(Topic):
    """Network interfaces."""

    nics: dict[str, Nic] = {}
    """Name of an interface -> the interface; those that no stack file can name are left out."""

    @classmethod
    def read(cls, printed: Printed) -> Self:
        return cls(nics=printed.read("links", lambda: _nics(printed)) or {})


def _nics(printed: Printed) -> dict[str, Nic]:
    """From `ip -o link show`, `ip -o -4 addr show` and `ip -o -6 addr show`."""
    here: dict[str, list[IPv4Interface]] = {}
    for name, address in _addresses(printed.text("addresses"), "inet"):
        here.setdefault(name, []).append(IPv4Interface(address))
    here6: dict[str, list[IPv6Interface]] = {}
    for name, address in _addresses(printed.text("addresses6"), "inet6"):
        here6.setdefault(name, []).append(IPv6Interface(address))
    bridges = printed.pairs("bridge_port")
    wireless = frozenset(printed.many("wireless"))
    nics: dict[str, Nic] = {}
    for line in (printed.text("links") or "").splitlines():
        _, name, flags, _, mtu, *_ = [*line.split(), "", "", "", ""]
        name = name.removesuffix(":").partition("@")[0]
        if not answers.is_word(name):
            continue
        nics[name] = Nic(
            flags=frozenset(flags.strip("<>").split(",")),
            mtu=number(mtu),
            addresses=here.get(name, []),
            addresses6=here6.get(name, []),
            bridge=bridge if answers.is_word(bridge := bridges.get(name, "")) else "",
            wireless=name in wireless,
        )
    return nics


def _addresses(text: str | None, family: str) -> Iterator[tuple[str, str]]:
    """Name of an interface and an address of it, of every line."""
    for line in (text or "").splitlines():
        _, name, of, address, *_ = [*line.split(), "", "", "", ""]
        if of == family:
            yield name, address
