"""Why hosts cannot have a VXLAN network, from what facts show of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Network

from components.networks.vxlan.device import (
    ENCAPSULATION,
    INNER_PORT,
    bridge_name,
    carrier,
    tunnel_name,
)
from planning import ports, records, routes, second_subnet
from planning.addresses import is_ipv4
from planning.facts import HostFacts
from planning.firewall import Packet
from planning.fleet_facts import FleetFacts
from planning.sentences import listed


def tools(host: str, facts: HostFacts) -> Iterator[str]:
    """A sentence where a host has not the tools that make the device."""
    if facts.without_tools:
        yield (
            f"{host} has no {listed(sorted(facts.without_tools))}, which make the VXLAN device: "
            "install the package iproute2 there"
        )


def wireguard_tools(host: str, facts: HostFacts) -> Iterator[str]:
    """Sentences where a host has not what makes an encrypted network."""
    yield from tools(host, facts)
    lacks = facts.without_wireguard
    module = facts.modules.get("wireguard") != "missing"
    if not module and "tun" in lacks:
        yield (
            f"{host} has no WireGuard: its kernel ({facts.kernel}) has no module wireguard, and no "
            "/dev/net/tun, which wireguard-go needs: install a kernel that has it (Debian's "
            "linux-image-amd64 does), or use another host"
        )
        return
    packages = ["wireguard-tools"] if "wg" in lacks else []
    if not module and "wireguard-go" in lacks:
        packages.append("wireguard-go")
    if packages:
        why = "" if module else f" and no module for it in its kernel ({facts.kernel})"
        kernel = "" if module else ", or a kernel that has the module"
        yield f"{host} has no WireGuard{why}: install the {_packages(packages)} there{kernel}"


def _packages(names: Sequence[str]) -> str:
    return f"package{'s' if len(names) > 1 else ''} {listed(names)}"


def of_tunnel(
    name: str, port: int, inner: Mapping[str, IPv4Address], fleet: FleetFacts
) -> Iterator[str]:
    """Sentences where WireGuard's port is taken, or a host's own firewall stops what comes out of it.

    ``inner``: host -> its address inside.
    """
    for host in inner:
        facts = fleet.answering.get(host)
        if facts is None:
            continue
        own = {
            records.header_fields(text).get("wireguard_port")
            for kept, text in facts.records.items()
            if kept.startswith("vxlan/")
        }
        held = {
            one.program
            for one in facts.listeners or []
            if (one.protocol, one.port) == ("udp", port)
        }
        if held and str(port) not in own:
            by = f" by {listed(sorted(filter(None, held)))}" if any(held) else ""
            yield f"udp {port} of {host} is taken{by}: write another `port`"
        tunnel = tunnel_name(fleet.stack, name)
        closed = [
            other
            for other, address in inner.items()
            if other != host
            and ports.gate(facts, Packet("udp", INNER_PORT, address, inner[host], tunnel)) == "shut"
        ]
        if closed:
            yield (
                f"{host}'s own firewall keeps out what comes from {listed(closed)} by {tunnel}, its "
                f"WireGuard device, to udp {INNER_PORT}: allow that there, e.g. "
                f"`{_allow(facts, tunnel)}`"
            )


def _allow(facts: HostFacts, tunnel: str) -> str:
    if facts.firewall.ufw:
        return f"ufw allow in on {tunnel} proto udp to any port {INNER_PORT}"
    if facts.firewall.firewalld:
        return f"firewall-cmd --permanent --zone=trusted --add-interface={tunnel}"
    return f"iptables -I INPUT -i {tunnel} -p udp --dport {INNER_PORT} -j ACCEPT"


def of_subnet(
    name: str, subnet: IPv4Network, hosts: Sequence[str], fleet: FleetFacts
) -> Iterator[str]:
    """Sentences where a host has a route into the subnet that is no network's of this stack."""
    for host, facts in _without_own(name, hosts, fleet).items():
        yield from routes.meeting("subnet", subnet, {host: facts}, "write another subnet")


def of_subnet6(
    name: str, subnet6: IPv6Network, hosts: Sequence[str], fleet: FleetFacts
) -> Iterator[str]:
    """The same of its IPv6 subnet; and sentences where a host would lose its own default route.

    Docker makes a host forward IPv6 for a bridge that has a subnet of it.
    """
    instead = f"write another subnet, e.g. {second_subnet.proposal()}"
    for host, facts in _without_own(name, hosts, fleet).items():
        yield from routes.meeting("subnet6", subnet6, {host: facts}, instead)
        if facts.hides("routes6", "advertised"):
            yield (
                f"the IPv6 routes of {host} could not be read (`ip -o -6 route show`), and `subnet6` must meet "
                "none: look there what is wrong with it, and try again"
            )
        if facts.ip6tables is False:
            yield (
                f"{host} has no ip6tables, which keeps the LAN out of `subnet6`: install the package iptables "
                "there, or take `subnet6` out"
            )
        for nic in facts.advertised if facts.forwards_ipv6 is False else ():
            yield (
                f"{host} has its IPv6 default route from router advertisements by {nic}, of which its kernel takes "
                "no more as soon as it forwards IPv6, as Docker has it do for `subnet6`: set "
                f"net.ipv6.conf.{nic}.accept_ra = 2 there, in /etc/sysctl.d too, or take `subnet6` out"
            )


def _without_own(name: str, hosts: Sequence[str], fleet: FleetFacts) -> dict[str, HostFacts]:
    """The facts of hosts without the routes of networks of this stack."""
    found = {}
    for host in hosts:
        facts = fleet.answering.get(host)
        if facts is None:
            continue
        own = {
            called(fleet.stack, network)
            for network in (name, *recorded(facts))
            for called in (bridge_name, tunnel_name)
        }
        # Its containers are sent to by their hosts: a route to one alone is in the way, too.
        kept = [r for r in (*facts.routes, *facts.routes_alone) if r.nic not in own]
        kept6 = [route for route in facts.routes6 if route.nic not in own]
        found[host] = facts.model_copy(update={"routes": kept, "routes6": kept6})
    return found


def of_carrier(host: str, mtu: int | None, overhead: int, fleet: FleetFacts) -> Iterator[str]:
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
    elif mtu is not None and mtu + overhead > found[1].mtu:
        nic, carries = found[0], found[1].mtu
        yield (
            f"mtu {mtu} does not pass {nic} of {host}, whose packets have {carries} bytes, "
            f"{overhead} of them VXLAN's{_too(overhead)}: write {carries - overhead} or less"
        )


def _too(overhead: int) -> str:
    return " and WireGuard's" if overhead > ENCAPSULATION else ""


def recorded(facts: HostFacts) -> list[str]:
    """The VXLAN networks that this stack has on a host, also those that are about to go."""
    return [name.removeprefix("vxlan/") for name in facts.records if name.startswith("vxlan/")]
