"""What must fit together of overlays' control planes: engines have one, and tell each other where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from components.consul import ConsulSettings
from components.control_planes.base import OVERLAY_PORTS
from components.networks.base import NetworkSettings
from components.networks.overlay import OverlaySettings, advertisable
from components.ssh import HostSettings
from components.swarm import CONTROL_PORT, SwarmSettings
from planning.problems import Problem
from stacks.sections import HOSTS, NETWORKS, SWARM, unknown_host


def check(
    consul: ConsulSettings | None,
    swarm: SwarmSettings,
    networks: Mapping[str, NetworkSettings],
    hosts: Mapping[str, HostSettings],
    named: set[str],
) -> Iterator[Problem]:
    """Every problem of control planes. ``named``: the hosts given, those of wrong entries too."""
    yield from _swarm(swarm, networks, named)
    yield from _control_planes(swarm, networks, hosts)
    yield from _told(consul, swarm, networks, hosts)


def ports(
    swarm: SwarmSettings, networks: Mapping[str, NetworkSettings], hosts: Sequence[str]
) -> set[tuple[str, int, str]]:
    """Host, number and protocol of the ports that engines themselves need for overlays."""
    overlays = [n for n in networks.values() if isinstance(n, OverlaySettings)]
    needed = {
        (host, number, protocol)
        for network in overlays
        for protocol, number in (
            OVERLAY_PORTS if network.control_plane == "consul" else swarm.carrying(OVERLAY_PORTS)
        )
        for host in network.on(hosts)
    }
    on_swarm = [
        host for host in hosts if any(n.control_plane == "swarm" and n.on([host]) for n in overlays)
    ]
    if on_swarm:
        protocol, number = CONTROL_PORT
        needed |= {(host, number, protocol) for host in swarm.managers or on_swarm[:1]}
    return needed


def _swarm(
    swarm: SwarmSettings, networks: Mapping[str, NetworkSettings], named: set[str]
) -> Iterator[Problem]:
    for i, host in enumerate(swarm.managers or []):
        if host not in named:
            yield Problem((SWARM, "managers", i), unknown_host(host, named))
    for host in swarm.advertise if isinstance(swarm.advertise, dict) else ():
        if host not in named:
            yield Problem((SWARM, "advertise", host), unknown_host(host, named))
    for name, network in networks.items():
        if swarm.address_pool is not None and swarm.address_pool.overlaps(network.subnet):
            yield Problem(
                (SWARM, "address_pool"),
                f"{swarm.address_pool} overlaps {network.subnet} of {name}: choose another one",
            )


def _control_planes(
    swarm: SwarmSettings,
    networks: Mapping[str, NetworkSettings],
    hosts: Mapping[str, HostSettings],
) -> Iterator[Problem]:
    """An engine has one control plane; what others than Swarm cannot do."""
    held: dict[str, tuple[str, str]] = {}
    for name, network in networks.items():
        if not isinstance(network, OverlaySettings) or network.control_plane == "auto":
            continue
        for host in network.on(list(hosts)):
            other, plane = held.setdefault(host, (name, network.control_plane))
            if plane != network.control_plane:
                yield Problem(
                    (NETWORKS, name, "control_plane"),
                    f"{host} also has {other} on {plane}, and an engine cannot be in a cluster "
                    "store and in a swarm: write the same for both, or other `hosts`",
                )
                break
        for word in ("mtu", "encrypted"):
            if network.control_plane == "consul" and getattr(network, word):
                yield Problem(
                    (NETWORKS, name, word),
                    "cannot be had on Consul: remove it, or write `control_plane: swarm`",
                )
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


def _told(
    consul: ConsulSettings | None,
    swarm: SwarmSettings,
    networks: Mapping[str, NetworkSettings],
    hosts: Mapping[str, HostSettings],
) -> Iterator[Problem]:
    """Engines tell each other IP addresses, no names."""
    for name, network in networks.items():
        if not isinstance(network, OverlaySettings):
            continue
        members = set(network.on(list(hosts)))
        if network.control_plane == "consul":
            members |= {consul.host} if consul else set()
        elif isinstance(swarm.advertise, str):
            continue
        else:
            members = members.union(swarm.managers or ()) - (swarm.advertise or {}).keys()
        for host in sorted(members & hosts.keys()):
            if not advertisable(hosts[host].address):
                yield Problem(
                    (HOSTS, host, "address"),
                    f"{hosts[host].address} is a name, but the engines of overlay {name} tell each "
                    "other this address: write the host's IP address"
                    + (
                        ""
                        if network.control_plane == "consul"
                        else f", or its NIC as `crosshost:swarm: {{advertise: {{{host}: ens33}}}}`"
                    ),
                )
