"""What must fit together of overlays' control planes: engines have one, and tell each other where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from components.networks.base import Stack
from components.networks.overlay.consul import access_files
from components.networks.overlay.consul.settings import ConsulSettings
from components.networks.overlay.settings import OverlaySettings
from components.networks.overlay.swarm.settings import SwarmSettings
from planning.addresses import is_ip, is_ipv4
from planning.problems import Problem
from planning.sections import CONSUL, HOSTS, NETWORKS, SWARM, unknown_host

Overlays = Mapping[str, OverlaySettings]


def problems(networks: Overlays, stack: Stack) -> Iterator[Problem]:
    """Every problem of control planes, as far as they are named or settled."""
    consul, swarm = stack.section(ConsulSettings), SwarmSettings.of(stack)
    named = set(stack.named_hosts)
    if consul is not None and consul.host not in named:
        yield Problem((CONSUL, "host"), unknown_host(consul.host, named))
    if consul is not None:
        users = {
            host
            for network in networks.values()
            if network.control_plane != "swarm"
            for host in network.on(list(stack.hosts))
        }
        wrong = access_files.problems(consul.tls, sorted(users | {consul.host}))
        for sentence in dict.fromkeys(wrong):
            yield Problem((CONSUL, "tls"), sentence)
    yield from _swarm(swarm, stack)
    yield from _one_a_host(networks, swarm, stack)
    for name, network in networks.items():
        if network.control_plane == "consul":
            yield from _on_consul(name, network, stack)
    yield from _advertised(networks, consul, swarm, stack)


def _swarm(swarm: SwarmSettings, stack: Stack) -> Iterator[Problem]:
    named = set(stack.named_hosts)
    for i, host in enumerate(swarm.managers or []):
        if host not in named:
            yield Problem((SWARM, "managers", i), unknown_host(host, named))
    for host in swarm.advertise if isinstance(swarm.advertise, dict) else ():
        if host not in named:
            yield Problem((SWARM, "advertise", host), unknown_host(host, named))
    for name, network in stack.networks.items():
        if swarm.address_pool is not None and swarm.address_pool.overlaps(network.subnet):
            yield Problem(
                (SWARM, "address_pool"),
                f"{swarm.address_pool} overlaps {network.subnet} of {name}: choose another one",
            )


def _one_a_host(networks: Overlays, swarm: SwarmSettings, stack: Stack) -> Iterator[Problem]:
    """An engine has one control plane."""
    held: dict[str, tuple[str, str]] = {}
    for name, network in networks.items():
        if network.control_plane == "auto":
            continue
        for host in network.on(list(stack.hosts)):
            other, plane = held.setdefault(host, (name, network.control_plane))
            if plane != network.control_plane:
                yield Problem(
                    (NETWORKS, name, "control_plane"),
                    f"{host} also has {other} on {plane}, and an engine cannot be in a cluster "
                    "store and in a swarm: write the same for both, or other `hosts`",
                )
                break
    if "swarm" not in {plane for _, plane in held.values()}:
        return
    for i, host in enumerate(swarm.managers or ()):
        other, plane = held.get(host, ("", "swarm"))
        if plane != "swarm":
            yield Problem(
                (SWARM, "managers", i),
                f"{host} has {other} on {plane}, and an engine cannot be in a cluster store and in "
                f"a swarm: name another manager, or other `hosts` of {other}",
            )


def _on_consul(name: str, network: OverlaySettings, stack: Stack) -> Iterator[Problem]:
    """What an overlay on Consul needs, and what it cannot do."""
    if stack.section(ConsulSettings) is None:
        yield Problem(
            (NETWORKS, name, "control_plane"),
            "needs a Consul server: add `crosshost:consul: {host: "
            f"{next(iter(stack.hosts), 'docker01')}}}`",
        )
    for word in ("mtu", "encrypted"):
        if getattr(network, word):
            yield Problem(
                (NETWORKS, name, word),
                "cannot be had on Consul: remove it, or write `control_plane: swarm`",
            )


def _advertised(
    networks: Overlays, consul: ConsulSettings | None, swarm: SwarmSettings, stack: Stack
) -> Iterator[Problem]:
    """Engines tell each other IP addresses, no names."""
    for name, network in networks.items():
        members = set(network.on(list(stack.hosts)))
        if network.control_plane == "consul":
            members |= {consul.host} if consul else set()
        elif isinstance(swarm.advertise, str):
            continue
        else:
            members = members.union(swarm.managers or ()) - (swarm.advertise or {}).keys()
        for host in sorted(members & stack.hosts.keys()):
            address = stack.hosts[host].address
            if is_ipv4(address):
                continue
            wrong = (
                f"is an IPv6 address, but the engines of overlay {name} speak IPv4 to each other: write the "
                "host's IPv4 address"
                if is_ip(address)
                else f"is a name, but the engines of overlay {name} tell each other this address: write the "
                "host's IP address"
            )
            if network.control_plane != "consul":
                wrong += f", or its NIC as `crosshost:swarm: {{advertise: {{{host}: ens33}}}}`"
            yield Problem((HOSTS, host, "address"), f"{address} {wrong}")
