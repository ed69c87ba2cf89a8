"""Routes."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Self

from planning.answers import printable
from planning.facts.base import Facts, Topic
from planning.facts.printed import Printed


class Route(Facts):
    """A subnet that the host reaches by a NIC of its own."""

    subnet: IPv4Network
    """The subnet."""
    nic: str
    """The name of the NIC."""


class RoutesTopic(Topic):
    """Routes to subnets."""

    routes: list[Route] = []
    """All IPv4 routes but those to a single address and by default."""
    routes_alone: list[Route] = []
    """Those to a single address."""

    @classmethod
    def read(cls, printed: Printed) -> Self:
        found = printed.read("routes", lambda: _routes(printed)) or []
        return cls(
            routes=[route for route in found if route.subnet.prefixlen < 32],
            routes_alone=[route for route in found if route.subnet.prefixlen == 32],
        )


def _routes(printed: Printed) -> list[Route]:
    """From `ip -o -4 route show`."""
    found = []
    for line in (printed.text("routes") or "").splitlines():
        subnet, *words = line.split()
        if subnet[0].isdigit() and "dev" in words[:-1]:
            nic = words[words.index("dev") + 1]
            found.append(Route(subnet=IPv4Network(subnet), nic=printable(nic, 20)))
    return found
