"""The strategies. A new one is one file here and one line in each of the two tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any

import pulumi
from pydantic import Field

from components import consul_access
from components.consul import ConsulServer, ConsulSettings
from components.control_planes import PLANES, Parts, PlaneName
from components.daemon import Firewall
from components.host import Host
from components.networks.base import Network, NetworkContext, NetworkSettings
from components.networks.macvlan import MacvlanNetwork, MacvlanSettings
from components.networks.overlay import OverlayNetwork, OverlaySettings
from components.swarm import Swarm, SwarmArgs, SwarmSettings
from planning.contract import Contract
from planning.control_plane import Choice, choose
from planning.facts import HostFacts, Unreachable
from planning.swarm import Wish

AnyNetwork = Annotated[MacvlanSettings | OverlaySettings, Field(discriminator="strategy")]

_COMPONENTS: dict[type[NetworkSettings], Callable[..., Network]] = {
    MacvlanSettings: MacvlanNetwork,
    OverlaySettings: OverlayNetwork,
}


def contracts() -> list[Contract]:
    """Every contract that a network may be under, in the order of documentation."""
    return [contract for settings in _COMPONENTS for contract in settings.contracts]


def settled(
    networks: Mapping[str, NetworkSettings],
    facts: Mapping[str, HostFacts | Unreachable],
    *,
    consul_given: bool,
) -> tuple[dict[str, NetworkSettings], Choice | None]:
    """The networks with a control plane for every overlay, and how it was chosen.

    An overlay that names its control plane decides for those that leave it open on its hosts: an
    engine cannot have two. Choice is None where nothing was left open.
    """
    overlays = {n: s for n, s in networks.items() if isinstance(s, OverlaySettings)}
    open_ = {n: s for n, s in overlays.items() if s.control_plane == "auto"}
    if not open_:
        return dict(networks), None
    hosts = {host for settings in open_.values() for host in settings.on(list(facts))}
    beside: dict[str, str] = {
        settings.control_plane: name
        for name, settings in overlays.items()
        if name not in open_ and not hosts.isdisjoint(settings.on(list(facts)))
    }
    if beside:
        choice = _beside(list(open_), beside)
    else:
        answering = {
            n: seen for n, seen in facts.items() if n in hosts and isinstance(seen, HostFacts)
        }
        choice = choose(answering, consul_given=consul_given)
    chosen = {
        name: settings.model_copy(update={"control_plane": choice.plane})
        for name, settings in open_.items()
    }
    return {name: chosen.get(name, settings) for name, settings in networks.items()}, choice


def _beside(open_: Sequence[str], beside: Mapping[str, str]) -> Choice:
    """The choice for networks on hosts that have ``beside``: control plane -> a network on it."""
    plane, name = next(iter(beside.items()))
    if len(beside) == 1:
        return Choice(plane, f"{name} says so")
    held = " and ".join(f"{name} on {plane.capitalize()}" for plane, name in beside.items())
    return Choice(
        plane,
        f"{name} says so",
        f"{' and '.join(open_)} leaves its control plane open and shares hosts with {held}: give "
        "it `control_plane` and `hosts` that fit one of them",
    )


def daemon_settings(
    networks: Mapping[str, NetworkSettings],
    addresses: Mapping[str, str],
    facts: Mapping[str, HostFacts | Unreachable],
    consul: ConsulSettings | None,
    stack: str,
) -> dict[str, dict[str, Any]]:
    """Host -> the keys of daemon.json that its networks need together.

    Without a Consul up stops before it comes here, and a preview shows no other store than there is.
    """
    wanted: dict[str, dict[str, Any]] = {name: {} for name in addresses}
    for settings in networks.values():
        for name in settings.on(list(addresses)):
            seen = facts[name]
            engine = seen.engine if isinstance(seen, HostFacts) else None
            there = engine.cluster_store if engine else None
            store = consul.cluster_store(addresses) if consul else there
            wanted[name] |= settings.daemon_settings(addresses[name], store)
    if consul is not None:
        users = [name for name, keys in wanted.items() if "cluster-store" in keys]
        for name, access in consul.accesses(users).items():
            if name in users:
                wanted[name] |= consul_access.store_options(access, stack)
    return wanted


def control_planes(
    networks: Mapping[str, NetworkSettings], hosts: Iterable[str]
) -> dict[str, PlaneName]:
    """Host -> the control plane of its overlays."""
    names = list(hosts)
    return {
        host: settings.control_plane
        for settings in networks.values()
        if isinstance(settings, OverlaySettings) and settings.control_plane != "auto"
        for host in settings.on(names)
    }


def hosts_of_lost_networks(
    networks: Mapping[str, NetworkSettings], hosts: Mapping[str, Host], consul: ConsulServer | None
) -> set[str]:
    """Hosts whose cluster store has lost networks that an up made."""
    lost: set[str] = set()
    for name, settings in networks.items():
        here = settings.on(list(hosts)) if settings.in_store else []
        if consul is not None and here and consul.mark_of(name, hosts[here[0]]).anew:
            lost |= set(here)
    return lost


def members_of_swarm(
    networks: Mapping[str, NetworkSettings],
    settings: SwarmSettings,
    addresses: Mapping[str, str],
    facts: Mapping[str, HostFacts | Unreachable],
    stack: str,
) -> Wish | None:
    """The swarm that the networks need, None if none does. ``addresses``, ``facts``: of all hosts."""
    on_swarm = [
        s
        for s in networks.values()
        if isinstance(s, OverlaySettings) and s.control_plane == "swarm"
    ]
    hosts = {host for network in on_swarm for host in network.on(list(addresses))}
    if not hosts:
        return None
    return settings.wish([n for n in addresses if n in hosts], addresses, facts, stack)


def make_swarm(
    networks: Mapping[str, NetworkSettings],
    hosts: Mapping[str, Host],
    settings: SwarmSettings,
    firewall: Firewall | None,
) -> Swarm | None:
    """The swarm that the networks need, None if none does; all of ``firewall`` comes before it."""
    addresses = {name: host.endpoint.address for name, host in hosts.items()}
    facts = {name: host.facts for name, host in hosts.items()}
    wish = members_of_swarm(networks, settings, addresses, facts, pulumi.get_stack())
    if wish is None:
        return None
    taken = [network.subnet for network in networks.values()]
    before = firewall.before if firewall else []
    return Swarm("swarm", SwarmArgs(settings, wish, hosts, taken, before))


def make_network(
    name: str,
    settings: NetworkSettings,
    context: NetworkContext,
    opts: pulumi.ResourceOptions | None = None,
) -> Network:
    """The component of the settings' strategy."""
    component: Any = _COMPONENTS[type(settings)]
    network: Network = component(name, settings, context, opts)
    return network


def make_networks(
    networks: Mapping[str, NetworkSettings],
    hosts: Mapping[str, Host],
    parts: Parts,
    members: Mapping[str, Sequence[str]],
) -> dict[str, Network]:
    """The component of every network of the stack."""
    planes = {name: plane(parts) for name, plane in PLANES.items()}
    context = NetworkContext(hosts, planes, members, networks)
    return {name: make_network(name, settings, context) for name, settings in networks.items()}
