"""Who may reach the ports that the engines of overlays need of each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Literal

import pulumi
import pulumi_command as command
from pydantic import Field, field_validator

from components.consul import ConsulSettings
from components.control_planes.base import OVERLAY_PORTS
from components.host import Host
from components.networks import members_of_swarm
from components.networks.base import NetworkSettings
from components.networks.overlay import OverlaySettings
from components.swarm import CONTROL_PORT, SwarmSettings
from planning import guard, records
from planning.compose import Words
from planning.facts import HostFacts, Unreachable
from planning.guard import Guarded
from planning.swarm import Wish
from planning.swarm import address as address_of
from planning.words import Subnet


class FirewallSettings(Words):
    """`crosshost:firewall`: who may reach the ports that the engines of overlays need."""

    mode: Literal["guard", "off"] = Field(
        default="guard",
        description="guard: rules on each host let in the stack's own hosts only; off: none are made",
    )
    allow: list[Subnet] = Field(
        default=[],
        description="Addresses and subnets that count as hosts, e.g. what NAT makes of a host's own",
    )

    @field_validator("mode", mode="before")
    @classmethod
    def off_is_a_word(cls, mode: object) -> object:
        return "off" if mode is False else mode  # as YAML 1.1 reads it

    @property
    def open_to_all(self) -> bool:
        """Whether any address reaches the ports."""
        return self.mode == "off" or any(subnet.prefixlen == 0 for subnet in self.allow)


@dataclass(frozen=True)
class FirewallArgs:
    """What a Firewall is made of: the stack's networks, settled, and what carries them."""

    settings: FirewallSettings
    hosts: Mapping[str, Host]
    networks: Mapping[str, NetworkSettings]
    consul: ConsulSettings | None
    swarm: SwarmSettings


class Firewall(pulumi.ComponentResource):
    """Rules on each host that keep strangers from what its engine tells its peers.

    They are there before a host's engine joins its peers, on all of them, and what a host that
    leaves may do is taken away after it has left: a change makes the new rules beside the old ones,
    which Pulumi undoes at the end, after all that waited for them.
    """

    def __init__(
        self, name: str, args: FirewallArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(
            "crosshost:firewall:Firewall", name, args.settings.model_dump(mode="json"), opts
        )
        addresses = {host: one.endpoint.address for host, one in args.hosts.items()}
        facts = {host: one.facts for host, one in args.hosts.items()}
        stack = pulumi.get_stack()
        wish = members_of_swarm(args.networks, args.swarm, addresses, facts, stack)
        planned = plan(
            args.settings, args.networks, addresses, facts, args.consul, args.swarm, wish
        )
        self._news: dict[str, str] = {}
        self.changes = {
            host: self._change(one, content, planned)
            for host, one in args.hosts.items()
            if (content := guard.lines(host, planned.guarded))
        }
        for sentence in guard.words(self._news, planned.names):
            pulumi.log.info(sentence, resource=self)
        self.register_outputs({})

    @property
    def before(self) -> list[pulumi.Resource]:
        """What must be there before an engine meets its peers."""
        return list(self.changes.values())

    def _change(self, host: Host, content: str, planned: Planned) -> command.remote.Command:
        facts = host.facts if isinstance(host.facts, HostFacts) else None
        record = host.record(guard.CHANGE)
        if record is not None and not planned.whole:
            content = records.body(record)
        intact = facts is not None and (facts.guard == "intact" or facts.hides("guard"))
        stdin, since = guard.stdin(content, planned.strangers, record=record, intact=intact)
        if facts is not None and stdin != record:
            if record is None or records.body(record) != content:
                self._news[host.host_name] = content
            else:
                pulumi.log.warn(
                    f"{host.host_name}: the rules that keep strangers from its engine's ports are "
                    "gone or were changed: up makes them again",
                    resource=self,
                )
        return host.change(guard.CHANGE, "firewall.sh", stdin, parent=self, generation=since)


def make_firewall(
    settings: FirewallSettings,
    hosts: Mapping[str, Host],
    networks: Mapping[str, NetworkSettings],
    consul: ConsulSettings | None,
    swarm: SwarmSettings,
) -> Firewall | None:
    """The rules that the networks need, None where they are not wanted or nothing needs them."""
    overlays = any(isinstance(network, OverlaySettings) for network in networks.values())
    if settings.mode == "off" or not (overlays or consul is not None):
        return None
    return Firewall("firewall", FirewallArgs(settings, hosts, networks, consul, swarm))


def refusals(settings: FirewallSettings, host: str, facts: HostFacts) -> Iterator[str]:
    """Sentences why a host cannot guard its ports."""
    unusable = facts.firewall.iptables is None and not facts.hides("iptables")
    if settings.mode == "guard" and facts.uid == 0 and unusable:
        yield (
            f"{host} has no iptables that works, which Docker and the guard of its ports need: "
            "install it, or write `crosshost:firewall: {mode: off}`"
        )


@dataclass(frozen=True)
class Planned:
    """What is guarded. ``strangers``: addresses of nodes that are no hosts of the stack.

    ``whole``: all addresses are known. ``names``: address -> host.
    """

    guarded: Sequence[Guarded]
    strangers: frozenset[str] = frozenset()
    whole: bool = True

    @property
    def names(self) -> dict[str, str]:
        return {
            address: host
            for one in self.guarded
            for host, known in one.peers.items()
            for address in known
        }


def plan(
    settings: FirewallSettings,
    networks: Mapping[str, NetworkSettings],
    addresses: Mapping[str, str],
    facts: Mapping[str, HostFacts | Unreachable],
    consul: ConsulSettings | None,
    swarm: SwarmSettings,
    wish: Wish | None,
) -> Planned:
    """What is guarded on the hosts of a stack. ``addresses``: of all of them, IP or name."""
    allow = tuple(str(subnet) for subnet in settings.allow)
    found: list[Guarded] = []
    users = {
        host: (addresses[host],)
        for network in networks.values()
        if isinstance(network, OverlaySettings) and network.control_plane == "consul"
        for host in network.on(list(addresses))
        if _is_ipv4(addresses[host])
    }
    if users:
        found.append(Guarded(OVERLAY_PORTS, tuple(users), users, allow))
    if consul is not None and _is_ipv4(addresses[consul.host]):
        peers = {**users, consul.host: (addresses[consul.host],)}
        further = tuple(str(subnet) for subnet in consul.allow)
        found.append(Guarded((("tcp", consul.port),), (consul.host,), peers, (*allow, *further)))
    if wish is None:
        return Planned(found)
    nodes = {host: _of_node(host, wish, addresses[host], facts[host]) for host in wish.hosts}
    answering = [seen for host in wish.hosts if isinstance(seen := facts[host], HostFacts)]
    strangers = frozenset(
        guard.strangers(
            {address for known in nodes.values() for address in known},
            answering,
            [seen.swarm for seen in answering],
        )
    )
    ports = (*swarm.carrying(OVERLAY_PORTS), CONTROL_PORT)
    found.append(Guarded(ports, wish.hosts, nodes, (*allow, *sorted(strangers))))
    whole = all(
        _is_ipv4(wish.advertise[host]) or isinstance(facts[host], HostFacts) for host in wish.hosts
    )
    return Planned(found, strangers, whole)


def _of_node(
    host: str, wish: Wish, address: str, facts: HostFacts | Unreachable
) -> tuple[str, ...]:
    """The addresses of a node of the swarm: the one that it advertises, and the host's own."""
    told = wish.advertise[host]
    if isinstance(facts, HostFacts):
        told = address_of(told, facts) or told
    return tuple(dict.fromkeys(one for one in (told, address) if _is_ipv4(one)))


def _is_ipv4(text: str) -> bool:
    try:
        IPv4Address(text)
    except ValueError:
        return False
    return True
