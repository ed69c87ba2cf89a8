"""Subnets that a host has routes to: what a network of its own must not meet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network

from planning.facts import HostFacts
from planning.facts.ipv6 import Ipv6Route
from planning.facts.routes import Route

# A swarm takes the subnets of its own networks from a pool. Docker's, 10.0.0.0/8, meets many a LAN.
POOLS = tuple(
    IPv4Network(text)
    for text in ("10.0.0.0/8", "10.201.0.0/16", "172.30.0.0/16", "192.168.192.0/20")
)

# Private space in parts that hold all networks of a swarm, later ones first: LANs begin at the front.
_PARTS = tuple(
    part
    for text, length in (("10.0.0.0/8", 16), ("172.16.0.0/12", 16), ("192.168.0.0/16", 20))
    for part in reversed(list(IPv4Network(text).subnets(new_prefix=length)))
)

# Where Docker takes the subnets of a host's own bridges from, in this order.
_BRIDGE_POOLS = tuple(IPv4Network(f"172.{number}.0.0/16") for number in range(17, 32))


def without_bridges(facts: HostFacts) -> HostFacts:
    """The facts without routes of Docker's own bridges, which get addresses as it likes.

    Bridges that came after an overlay are no fault of the overlay's subnet.
    """
    kept = [route for route in facts.routes if not route.nic.startswith(("docker", "br-"))]
    return facts.model_copy(update={"routes": kept})


def coming_bridge(facts: HostFacts) -> IPv4Network | None:
    """What Docker will give docker_gwbridge, which comes with a host's first overlay.

    None where it is there already, or where the host's own pools make it another one.
    """
    if "docker_gwbridge" in facts.nics or "default-address-pools" in (facts.daemon_json or ""):
        return None
    if not any(route.nic == "docker0" for route in facts.routes):
        return None  # an engine whose bridges are not as usual
    return next((pool for pool in _BRIDGE_POOLS if not met(pool, facts)), None)


def met(subnet: IPv4Network | IPv6Network, facts: HostFacts) -> list[str]:
    """The host's routes, as "SUBNET by NIC", that share addresses with ``subnet``."""
    known: list[Route | Ipv6Route] = [*facts.routes, *facts.routes6]
    return [
        f"{route.subnet} by {route.nic}"
        for route in known
        if route.subnet.prefixlen > 0 and route.subnet.overlaps(subnet)
    ]


def meeting(
    what: str, subnet: IPv4Network | IPv6Network, hosts: Mapping[str, HostFacts], instead: str
) -> Iterator[str]:
    """A sentence for every host that has a route into ``subnet``."""
    for host, facts in hosts.items():
        if routes := met(subnet, facts):
            yield (
                f"{what} {subnet} meets routes of {host} ({', '.join(routes)}), which containers "
                f"there could then not reach: {instead}"
            )


def free_pool(hosts: Iterable[HostFacts], taken: Iterable[IPv4Network] = ()) -> IPv4Network | None:
    """A pool that meets no route of any host and none of ``taken``; None where there is no such.

    The first of POOLS that is free, else the first free part of private space.
    """
    held = list(hosts)
    busy = list(taken)
    for pool in (*POOLS, *_PARTS):
        if not any(met(pool, facts) for facts in held) and not any(pool.overlaps(b) for b in busy):
            return pool
    return None
