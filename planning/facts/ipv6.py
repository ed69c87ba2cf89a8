"""What the host does with IPv6."""

from __future__ import annotations

from ipaddress import IPv6Network
from typing import Self

from planning.answers import is_word, printable
from planning.facts.base import Facts, Topic
from planning.facts.printed import Printed


class Ipv6Route(Facts):
    """An IPv6 subnet that the host reaches by a NIC of its own."""

    subnet: IPv6Network
    """The subnet."""
    nic: str
    """The name of the NIC."""


class Ipv6Topic(Topic):
    """What the host does with IPv6."""

    ipv6: bool | None = None
    """Whether its kernel has IPv6, and it is not off; None where the host did not tell."""
    forwards_ipv6: bool | None = None
    """Whether it forwards IPv6 packets now."""
    ip6tables: bool | None = None
    """Whether it has the command ip6tables."""
    accepts_forwarded_ipv6: bool | None = None
    """Whether the policy of ip6tables' chain FORWARD is ACCEPT; None where it did not tell."""
    routes6: list[Ipv6Route] = []
    """IPv6 routes, all but those to a single address, by default, and of links themselves."""
    advertised: list[str] = []
    """NICs by which it has a default route from router advertisements that its kernel takes only as long as it
    does not forward (accept_ra is 1)."""

    @classmethod
    def read(cls, printed: Printed) -> Self:
        return cls(
            ipv6=printed.flag("ipv6"),
            forwards_ipv6=printed.flag("forwards6"),
            ip6tables=printed.flag("ip6tables"),
            accepts_forwarded_ipv6={"ACCEPT": True, "DROP": False}.get(
                printed.one("forward6") or ""
            ),
            routes6=printed.read("routes6", lambda: _routes(printed)) or [],
            advertised=[nic for nic in printed.many("advertised") if is_word(nic)],
        )


def _routes(printed: Printed) -> list[Ipv6Route]:
    """From `ip -o -6 route show`."""
    found = []
    for line in (printed.text("routes6") or "").splitlines():
        subnet, *words = line.split()
        if "/" in subnet and "dev" in words[:-1]:
            network = IPv6Network(subnet)
            if not network.is_link_local and not network.is_multicast:
                nic = words[words.index("dev") + 1]
                found.append(Ipv6Route(subnet=network, nic=printable(nic, 20)))
    return found
