"""What must fit together of macvlan networks: NICs, and who gives which addresses of the LAN."""

from __future__ import annotations

from collections.abc import Iterator

from components.networks.base import Stack
from components.networks.macvlan import lan
from components.networks.macvlan.settings import MacvlanSettings
from planning.problems import Problem
from planning.sections import NETWORKS, unknown_host


def problems(name: str, network: MacvlanSettings, stack: Stack) -> Iterator[Problem]:
    """What of a macvlan network does not fit the rest of the stack file."""
    yield from _hosts(name, network, stack)
    yield from _blocks(name, network, stack)


def _hosts(name: str, network: MacvlanSettings, stack: Stack) -> Iterator[Problem]:
    for key, given in (("parent", network.parent), ("ip_range", network.ip_range)):
        for host in given if isinstance(given, dict) else ():
            if host not in stack.named_hosts:
                yield Problem(
                    (NETWORKS, name, key, host), unknown_host(host, set(stack.named_hosts))
                )
    for host in network.on(list(stack.hosts)):
        if network.parent_on(host) is None:
            yield Problem((NETWORKS, name, "parent"), f"names no NIC for {host}: add `{host}: NIC`")


def _blocks(name: str, network: MacvlanSettings, stack: Stack) -> Iterator[Problem]:
    """The blocks that Docker takes addresses from by itself, without a look at the LAN.

    The gateway may be in one: Docker gives it to nobody.
    """
    # With a pool the program gives the addresses, and knows who has which.
    if network.ip_range is None or network.pool is not None:
        return
    for host, block in network.ip_range.items():
        place = (NETWORKS, name, "ip_range", host)
        instead = _instead(name, network, stack, host)
        for other, address in lan.of_hosts(stack).items():
            if address in block:
                yield Problem(
                    place,
                    f"{block} holds {address}, the address of the Docker host {other}, which a "
                    f"container could get: {instead}",
                )
        for container, at, address in lan.fixed(name, stack):
            if address in block and at != host:
                yield Problem(
                    place,
                    f"{block} holds {address} of container {container} on {at}, which the engine of "
                    f"{host} does not know of and could give again: {instead}, or another address "
                    f"for {container}",
                )
    for container, settings in stack.containers.items():
        host, join = settings.host, settings.attachments().get(name)
        if join is None or join.ipv4_address or host in network.ip_range:
            continue
        if host in network.on(list(stack.hosts)):
            instead = _instead(name, network, stack, host)
            yield Problem(
                (NETWORKS, name, "ip_range"),
                f"has no block for {host}, whose engine would take an address for container "
                f"{container} from all of {network.subnet}: {instead}, or give it an address",
            )


def _instead(name: str, network: MacvlanSettings, stack: Stack, host: str) -> str:
    """What to write for ``host``: a block that is free."""
    others = [block for other, block in (network.ip_range or {}).items() if other != host]
    free = lan.free_block(name, network, stack, others)
    return f"write e.g. `{host}: {free}`" if free else "write another block"
