"""What must fit together of VXLAN networks: slices with hosts and containers, numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from itertools import combinations

from components.networks.base import Stack
from components.networks.vxlan.settings import VxlanSettings
from planning import slices
from planning.problems import Problem
from planning.sections import CONTAINERS, NETWORKS, unknown_host


def problems(networks: Mapping[str, VxlanSettings], stack: Stack) -> Iterator[Problem]:
    """What of VXLAN networks does not fit the rest of the stack file."""
    for name, settings in networks.items():
        for host in settings.ip_range or {}:
            if host not in stack.named_hosts:
                yield Problem(
                    (NETWORKS, name, "ip_range", host), unknown_host(host, set(stack.named_hosts))
                )
        yield from _addresses(name, settings, stack)
        yield from _room(name, settings, stack)
    yield from _numbers(networks, stack)


def _addresses(name: str, settings: VxlanSettings, stack: Stack) -> Iterator[Problem]:
    for container, one in stack.containers.items():
        join, block = one.attachments().get(name), settings.block_on(one.host)
        if join is None or join.ipv4_address is None:
            continue
        elsewhere = _holding(settings, join.ipv4_address, one.host)
        if block is not None and join.ipv4_address not in block:
            wrong = f"is outside of {block}, the slice of {name} that {one.host} has"
        elif elsewhere:
            wrong = f"is in the slice of {name} that {elsewhere} has"
        else:
            continue
        within = f", or `ip_range: {{{one.host}: SLICE}}`"
        yield Problem(
            (CONTAINERS, container),
            f"{join.ipv4_address} {wrong}: write an address of the slice of {one.host}{within}",
        )


def _holding(settings: VxlanSettings, address: object, host: str) -> str | None:
    """Another host whose slice has the address."""
    others = ((other, b) for other, b in (settings.ip_range or {}).items() if other != host)
    return next((other for other, block in others if address in block), None)


def _room(name: str, settings: VxlanSettings, stack: Stack) -> Iterator[Problem]:
    wanted: dict[str, int] = {}
    for one in stack.containers.values():
        if name in one.attachments():
            wanted[one.host] = wanted.get(one.host, 0) + 1
    for host, count in wanted.items():
        block = settings.block_on(host)
        if block is not None and count > (room := slices.room(settings.subnet, block)):
            yield Problem(
                (NETWORKS, name),
                f"{host} has {count} containers on it and its slice {block} has addresses for "
                f"{room}: write `slice: {_enough(settings.subnet, count)}` and, where that is too "
                "few slices, a larger subnet",
            )


def _enough(subnet: IPv4Network, count: int) -> int:
    """The prefix length of slices with addresses for ``count`` containers, wherever they are."""
    return max(32 - (count + 2).bit_length(), subnet.prefixlen + 1)


def _numbers(networks: Mapping[str, VxlanSettings], stack: Stack) -> Iterator[Problem]:
    for one, other in combinations(networks, 2):
        a, b = networks[one], networks[other]
        shared = set(a.on(list(stack.hosts))) & set(b.on(list(stack.hosts)))
        if not shared:
            continue
        if a.vni is not None and (a.vni, a.vxlan_port) == (b.vni, b.vxlan_port):
            yield Problem(
                (NETWORKS, other, "vni"),
                f"{b.vni} is that of {one} too, on the same port and hosts: write another",
            )
        if (a.encrypted or b.encrypted) and a.udp_port == b.udp_port:
            yield Problem(
                (NETWORKS, other, "port"),
                f"udp {b.udp_port} is that of {one} too, on the same hosts, and WireGuard shares no "
                "port: write another",
            )
