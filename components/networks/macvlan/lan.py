"""Addresses of the LAN that somebody has, and blocks of it that nobody has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address

from components.networks.base import LanAddress, NetworkSettings, Stack
from components.networks.macvlan.shims import device_name
from planning.addresses import is_ip, slices
from planning.compose import NetworkAttachment
from planning.fleet_facts import FleetFacts
from planning.host_slices import SHIM


def needs_address(name: str, network: NetworkSettings, stack: Stack) -> str:
    """What is said where a container on ``name`` has no address, and must have one."""
    blocks = slices(network.subnet, network.on(list(stack.hosts)), _taken(name, network, stack))
    offer = ", ".join(f"{host}: {block}" for host, block in blocks.items())
    return (
        f"is missing: engines do not know each other's addresses on {name}; write the "
        "container's address"
        + (f", or give {name} automatic ones with `ip_range: {{{offer}}}`" if offer else "")
    )


def free_block(
    name: str, network: NetworkSettings, stack: Stack, others: Iterable[IPv4Network]
) -> IPv4Network | None:
    """The largest block of the network without addresses that are taken, and without ``others``."""
    return slices(network.subnet, [""], _taken(name, network, stack), others).get("")


def fixed(name: str, stack: Stack) -> Iterator[tuple[str, str, IPv4Address]]:
    """Container, host and address of everything with an address of its own on the network."""
    for container, settings in stack.containers.items():
        join = settings.attachments().get(name)
        if join is not None and join.ipv4_address:
            yield container, settings.host, join.ipv4_address


def of_hosts(stack: Stack) -> dict[str, IPv4Address]:
    """The addresses of the Docker hosts that the stack file names by an IPv4 address."""
    return {
        name: IPv4Address(host.address)
        for name, host in stack.hosts.items()
        if host.address.count(".") == 3 and is_ip(host.address)
    }


def first(
    name: str,
    stack: Stack,
    fleet: FleetFacts,
    given: Mapping[tuple[str, str], IPv4Address],
    nics: Mapping[str, str],
) -> Iterator[LanAddress]:
    """Addresses that containers on answering hosts are to have, and no container of the stack has now.

    ``given``: (host, container) -> address, where the program gives them. ``nics``: host -> the network's parent.
    """
    running: set[IPv4Address | IPv6Address] = {
        address
        for facts in fleet.answering.values()
        for told in (facts.given, facts.given6)
        for of_network in told.values()
        for address in of_network.values()
    }
    # A shim answers for its own.
    shim = device_name(fleet.stack, name)
    running |= {
        held.ip
        for facts in fleet.answering.values()
        if shim in facts.nics
        for held in facts.nics[shim].addresses
    }
    network = stack.networks[name]
    for host, member, address, join in _members(name, stack, given):
        if host not in fleet.answering:
            continue
        container = _called(member, host)
        if address is not None and address not in running:
            instead = "write another address" if join.ipv4_address else _reserve(address)
            yield LanAddress(address, container, name, instead)
        ipv6 = join.ipv6_address or (network.ipv6_of(address) if address else None)
        # A shim has none.
        if ipv6 is None or ipv6 in running or member == SHIM:
            continue
        instead = _reserve(ipv6)
        if join.ipv6_address is not None:
            instead = "write another address"
        elif join.ipv4_address is not None:
            instead = f"write an IPv6 address of its own (`ip6`), or another one than {address}, at whose place it is"
        yield LanAddress(ipv6, container, name, instead, nics)


def _members(
    name: str, stack: Stack, given: Mapping[tuple[str, str], IPv4Address]
) -> Iterator[tuple[str, str, IPv4Address | None, NetworkAttachment]]:
    """Host, who, its IPv4 address, None where Docker chooses it, and what the stack file says of it there."""
    others = dict(given)
    for key, settings in stack.containers.items():
        join, docker_name = settings.attachments().get(name), settings.container_name or key
        if join is not None:
            planned = others.pop((settings.host, docker_name), None)
            yield settings.host, key, join.ipv4_address or planned, join
    for (host, member), address in others.items():
        yield host, member, address, NetworkAttachment()


def _reserve(address: IPv4Address | IPv6Address) -> str:
    return f"write {address} as one of the network's `reserved`"


def _called(container: str, host: str) -> str:
    return f"the shim of {host}" if container == SHIM else container


def _taken(name: str, network: NetworkSettings, stack: Stack) -> list[IPv4Address]:
    of_containers = [address for _, _, address in fixed(name, stack)]
    return [network.gateway_address, *of_containers, *of_hosts(stack).values()]
