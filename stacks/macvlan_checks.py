"""What must fit together of macvlan networks: NICs, and who gives which addresses of the LAN."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network

from components.container import ContainerSettings
from components.networks.base import NetworkSettings
from components.networks.macvlan import MacvlanSettings
from components.networks.overlay import advertisable
from components.ssh import HostSettings
from planning.addresses import slices
from planning.problems import Problem
from stacks.sections import NETWORKS, unknown_host

Containers = Mapping[str, ContainerSettings]
Hosts = Mapping[str, HostSettings]


def check(
    networks: Mapping[str, NetworkSettings], containers: Containers, hosts: Hosts, named: set[str]
) -> Iterator[Problem]:
    """Every problem of macvlan networks. ``named``: the hosts given, those of wrong entries too."""
    for name, network in networks.items():
        if isinstance(network, MacvlanSettings):
            yield from _hosts(name, network, hosts, named)
            yield from _blocks(name, network, containers, hosts)


def needs_address(
    name: str, networks: Mapping[str, NetworkSettings], containers: Containers, hosts: Hosts
) -> str:
    """What is said where a container on ``name`` has no address, and must have one."""
    network = networks[name]
    blocks = slices(
        network.subnet, network.on(list(hosts)), _taken(name, network, containers, hosts)
    )
    offer = ", ".join(f"{host}: {block}" for host, block in blocks.items())
    return (
        f"is missing: engines do not know each other's addresses on {name}; write the "
        "container's address"
        + (f", or give {name} automatic ones with `ip_range: {{{offer}}}`" if offer else "")
    )


def _hosts(name: str, network: MacvlanSettings, hosts: Hosts, named: set[str]) -> Iterator[Problem]:
    for key, given in (("parent", network.parent), ("ip_range", network.ip_range)):
        for host in given if isinstance(given, dict) else ():
            if host not in named:
                yield Problem((NETWORKS, name, key, host), unknown_host(host, named))
    for host in network.on(list(hosts)):
        if network.parent_on(host) is None:
            yield Problem((NETWORKS, name, "parent"), f"names no NIC for {host}: add `{host}: NIC`")


def _blocks(
    name: str, network: MacvlanSettings, containers: Containers, hosts: Hosts
) -> Iterator[Problem]:
    """The blocks that Docker takes addresses from by itself, without a look at the LAN.

    The gateway may be in one: Docker gives it to nobody.
    """
    if network.ip_range is None:
        return
    for host, block in network.ip_range.items():
        place = (NETWORKS, name, "ip_range", host)
        instead = _instead(name, network, containers, hosts, host)
        for other, address in _of_hosts(hosts).items():
            if address in block:
                yield Problem(
                    place,
                    f"{block} holds {address}, the address of the Docker host {other}, which a "
                    f"container could get: {instead}",
                )
        for container, at, address in _fixed(name, containers):
            if address in block and at != host:
                yield Problem(
                    place,
                    f"{block} holds {address} of container {container} on {at}, which the engine of "
                    f"{host} does not know of and could give again: {instead}, or another address "
                    f"for {container}",
                )
    for container, settings in containers.items():
        host, join = settings.host, settings.attachments().get(name)
        if join is None or join.ipv4_address or host in network.ip_range:
            continue
        if host in network.on(list(hosts)):
            instead = _instead(name, network, containers, hosts, host)
            yield Problem(
                (NETWORKS, name, "ip_range"),
                f"has no block for {host}, whose engine would take an address for container "
                f"{container} from all of {network.subnet}: {instead}, or give it an address",
            )


def _instead(
    name: str, network: MacvlanSettings, containers: Containers, hosts: Hosts, host: str
) -> str:
    """What to write for ``host``: a block that is free."""
    others = [block for other, block in (network.ip_range or {}).items() if other != host]
    taken = _taken(name, network, containers, hosts)
    free: dict[str, IPv4Network] = slices(network.subnet, [host], taken, others)
    return f"write e.g. `{host}: {free[host]}`" if free else "write another block"


def _taken(
    name: str, network: NetworkSettings, containers: Containers, hosts: Hosts
) -> list[IPv4Address]:
    fixed = [address for _, _, address in _fixed(name, containers)]
    return [network.gateway_address, *fixed, *_of_hosts(hosts).values()]


def _fixed(name: str, containers: Containers) -> Iterator[tuple[str, str, IPv4Address]]:
    """Container, host and address of everything with an address of its own on the network."""
    for container, settings in containers.items():
        join = settings.attachments().get(name)
        if join is not None and join.ipv4_address:
            yield container, settings.host, join.ipv4_address


def _of_hosts(hosts: Hosts) -> dict[str, IPv4Address]:
    return {
        name: IPv4Address(host.address)
        for name, host in hosts.items()
        if host.address.count(".") == 3 and advertisable(host.address)
    }
