"""Names and ports on a host that somebody else has: another stack, people, a program."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address

from components.networks.base import Stack
from planning.facts import HostFacts
from planning.facts.containers import ContainerFacts
from planning.fleet_facts import FleetFacts
from planning.published import ALL_ADDRESSES, ALL_IPV6, Port, overlapping
from planning.sentences import whose

# "0.0.0.0:8080-8081->80-81/tcp", as `docker ps` shows it.
_SHOWN = re.compile(r"(?P<ip>.+):(?P<first>\d+)(?:-(?P<last>\d+))?->[\d-]+/(?P<protocol>[a-z]+)")
_PROXY = "docker-proxy"


def refusals(stack: Stack, fleet: FleetFacts) -> Iterator[str]:
    """Sentences on names and ports of the stack's networks and containers that are not to be had."""
    for host, facts in fleet.answering.items():
        yield from _networks(stack, host, facts, fleet.stack)
        yield from _containers(stack, host, facts, fleet.stack)


def _networks(stack: Stack, host: str, facts: HostFacts, mine: str) -> Iterator[str]:
    wanted = {name for name, network in stack.networks.items() if network.on([host])}
    for other in facts.networks or []:
        # Not every member of a swarm knows the labels of its overlays.
        unknown = other.scope == "swarm" and not other.stack
        if other.name in wanted and other.stack != mine and not unknown:
            yield (
                f"networks.{other.name}: {host} has a network of that name already, "
                f"{whose(other.stack)}: write another name here, or other `hosts`"
            )


def _containers(stack: Stack, host: str, facts: HostFacts, mine: str) -> Iterator[str]:
    others = [one for one in facts.containers or [] if one.stack != mine]
    for key, container in stack.containers.items():
        if container.host != host:
            continue
        name = container.container_name or key
        for other in others:
            if other.name == name:
                yield (
                    f"containers.{key}: {host} has a container {name} already, "
                    f"{whose(other.stack)}: write another `container_name`, or remove that one"
                )
        for port in container.ports:
            holder = next((one for one in others if _has(one, port)), None)
            who = f"container {holder.name}, {whose(holder.stack)}" if holder else None
            if who := who or _program(facts, port, mine):
                yield (
                    f"containers.{key}.ports: {port.protocol} {port.published} of {host} is held by "
                    f"{who}: publish another port, or end that one"
                )


def _has(container: ContainerFacts, port: Port) -> bool:
    """Whether a container publishes what excludes a port."""
    return any(
        port.published is not None
        and found["protocol"] == port.protocol
        and int(found["first"]) <= port.published <= int(found["last"] or found["first"])
        and _meets(found["ip"], port)
        for shown in container.ports.split(", ")
        if (found := _SHOWN.fullmatch(shown))
    )


def _program(facts: HostFacts, port: Port, mine: str) -> str | None:
    """The program that listens where a port is to be published, if it is in none of our containers."""
    ours = [one for one in facts.containers or [] if one.stack == mine]
    if any("host" in one.networks.split(",") for one in ours):
        return None
    return next(
        (
            one.program
            for one in facts.listeners or []
            if (one.protocol, one.port) == (port.protocol, port.published)
            and one.program not in (None, _PROXY)
            and _meets(one.address, port)
        ),
        None,
    )


def _meets(address: str, port: Port) -> bool:
    """Whether who listens on an address ("*" for all) leaves no room for a port."""
    if address == "*":
        return True
    try:
        at = ip_address(address.strip("[]").partition("%")[0])
    except ValueError:
        return False
    # Docker publishes on all IPv6 addresses what it publishes on all of IPv4.
    if at == ALL_IPV6 and port.host_ip == ALL_ADDRESSES:
        return True
    return overlapping(at, port.host_ip)
