"""Why hosts cannot have a VXLAN network, from what facts show of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network

from components.networks.vxlan.device import ENCAPSULATION, bridge_name, carrier, device_name
from planning import routes
from planning.addresses import is_ipv4
from planning.facts import HostFacts
from planning.fleet_facts import FleetFacts
from planning.sentences import listed


def tools(host: str, facts: HostFacts) -> Iterator[str]:
    """A sentence where a host has not the tools that make the device."""
    if facts.without_tools:
        yield (
            f"{host} has no {listed(sorted(facts.without_tools))}, which make the VXLAN device: "
            "install the package iproute2 there"
        )


def of_subnet(
    name: str, subnet: IPv4Network, hosts: Sequence[str], fleet: FleetFacts
) -> Iterator[str]:
    """Sentences where a host has a route into the subnet that is no network's of this stack."""
    for host in hosts:
        facts = fleet.answering.get(host)
        if facts is None:
            continue
        own = {bridge_name(fleet.stack, network) for network in (name, *_recorded(facts))}
        kept = [route for route in facts.routes if route.nic not in own]
        here = {host: facts.model_copy(update={"routes": kept})}
        yield from routes.meeting("subnet", subnet, here, "write another subnet")


def of_carrier(host: str, mtu: int | None, fleet: FleetFacts) -> Iterator[str]:
    """Sentences on the address that its peers send to, and on what its NIC carries."""
    address, facts = fleet.addresses[host], fleet.answering.get(host)
    if not is_ipv4(address):
        yield (
            f"{host} is known by {address}, and its peers need an IPv4 address: write that as its "
            "`address`"
        )
        return
    if facts is None or "links" in facts.unread or "addresses" in facts.unread:
        return
    found = carrier(address, facts)
    if found is None:
        yield (
            f"no NIC of {host} has {address}, which its peers would send to: write an address that "
            "the host itself has"
        )
    elif mtu is not None and mtu + ENCAPSULATION > found[1].mtu:
        nic, carries = found[0], found[1].mtu
        yield (
            f"mtu {mtu} does not pass {nic} of {host}, whose packets have {carries} bytes, "
            f"{ENCAPSULATION} of them VXLAN's: write {carries - ENCAPSULATION} or less"
        )


def of_number(
    name: str, vni: int, port: int, hosts: Sequence[str], fleet: FleetFacts
) -> Iterator[str]:
    """Sentences where a device of somebody else's has the number at the same port."""
    for host in hosts:
        facts = fleet.answering.get(host)
        if facts is None:
            continue
        own = {device_name(fleet.stack, network) for network in (name, *_recorded(facts))}
        for device, seen in facts.vxlans.items():
            if device not in own and (seen.vni, seen.port) == (vni, port):
                yield (
                    f"VNI {vni} at udp {port} is taken on {host} by {device}: write another `vni` "
                    "or `port`"
                )


def _recorded(facts: HostFacts) -> list[str]:
    """The VXLAN networks that this stack has on a host, also those that are about to go."""
    return [name.removeprefix("vxlan/") for name in facts.records if name.startswith("vxlan/")]
