"""What an earlier up made and is in the way of what is wanted now: it must go first.

Pulumi creates before it deletes where two resources have nothing to do with each other, and a name,
an address, a port, a subnet or a NIC can be held only once. So what holds something that another one
is to have, and is not to keep it, is removed before anything is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network, ip_network
from types import MappingProxyType
from typing import Literal, cast

from planning import last_up, swarm
from planning.answers import is_word
from planning.daemon_held import store_is_ours
from planning.facts import HostFacts
from planning.host_slices import shim_change

EVERYWHERE = "*"
ControlPlane = Literal["consul", "swarm"]
_WHAT = ("address", "port", "subnet", "parent")


def _subnet(text: str) -> IPv4Network:
    # No IPv4 subnet overlaps an IPv6 one.
    return cast("IPv4Network", ip_network(text))


@dataclass(frozen=True)
class Claim:
    """Something that can be held once: ``what`` ("name", "address", "port", "subnet", "parent",
    "shim").

    ``where``: the host, EVERYWHERE, or an address's network. ``value`` as text.
    """

    what: str
    where: str
    value: str

    def meets(self, other: Claim) -> bool:
        """Whether two holders of these claims exclude each other."""
        if self.what != other.what or not (
            self.where == other.where or EVERYWHERE in (self.where, other.where)
        ):
            return False
        if self.what == "subnet":
            return _subnet(self.value).overlaps(_subnet(other.value))
        if self.what == "port":
            mine, theirs = self.value.rpartition(":"), other.value.rpartition(":")
            all_addresses = "0.0.0.0"  # noqa: S104 - Docker's word for them
            return mine[2] == theirs[2] and (
                mine[0] == theirs[0] or all_addresses in (mine[0], theirs[0])
            )
        return self.value == other.value


@dataclass(frozen=True)
class Item:
    """A container or network, as it is wanted or as it is there (then with its ``id``).

    ``key``: what stays the same when it is changed, moved or made anew, "" where that is not known.
    ``plane``: of an overlay.
    """

    kind: last_up.Kind
    host: str
    name: str
    key: str
    claims: frozenset[Claim]
    id: str = ""
    plane: ControlPlane | None = None


@dataclass(frozen=True)
class Removal:
    """What goes first: containers, then networks, then memberships; and why, by container's name.

    ``leaving``: host -> the control plane that it leaves. ``shims``: (host, network) whose device of the
    host's own is not wanted any more: until it is gone the host reaches what it must not.
    """

    containers: tuple[Item, ...] = ()
    networks: tuple[Item, ...] = ()
    leaving: Mapping[str, ControlPlane] = field(default_factory=dict)
    why: Mapping[str, str] = field(default_factory=dict)
    shims: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.containers or self.networks or self.leaving or self.shims)


def network_key(name: str, host: str, plane: ControlPlane | None, driver: str = "macvlan") -> str:
    """The key of a network: one a fleet for an overlay, one a host for others.

    ``driver``: Docker's, of one that is no overlay.
    """
    if plane:
        return f"network/{plane}/{name}"
    return f"network/{name}@{host}" if driver == "macvlan" else f"network/{driver}/{name}@{host}"


def record_fields(item: Item) -> str:
    """What of a wanted item the host keeps, as fields of a row: " key=web01 port=0.0.0.0:80/tcp"."""
    fields = [f"key={item.key}"] if item.kind == "container" else []
    for claim in sorted(item.claims, key=lambda c: (c.what, c.where, c.value)):
        if claim.what == "address":
            fields.append(f"address={claim.where}/{claim.value}")
        elif claim.what in _WHAT:
            fields.append(f"{claim.what}={claim.value}")
    return "".join(f" {word}" for word in fields)


def there(facts: Mapping[str, HostFacts], stack: str) -> list[Item]:
    """What of the stack the hosts have, with what it holds as far as their records tell."""
    found: dict[str, Item] = {}
    for host, seen in facts.items():
        known = {id_: fields for _, id_, _, fields in last_up.rows(seen.records.get("present"))}
        for one in seen.containers or []:
            if one.stack == stack and is_word(one.id):
                fields = known.get(one.id, ())
                claims = {Claim("name", host, one.name), *_claims(fields, host)}
                key = _field(fields, "key")
                found[one.id] = Item("container", host, one.name, key, frozenset(claims), one.id)
        for net in seen.networks or []:
            if net.stack != stack or not is_word(net.id):
                continue
            plane = _plane(net.driver, net.scope)
            if net.id in found and net.id not in known:
                continue  # an overlay, seen on the host that made it
            where = EVERYWHERE if plane else host
            claims = {Claim("name", where, f"network {net.name}")}
            claims |= set(_claims(known.get(net.id, ()), where))
            if nic := seen.parents.get(net.id):
                claims.add(Claim("parent", where, nic))
            key = network_key(net.name, host, plane, net.driver)
            found[net.id] = Item("network", host, net.name, key, frozenset(claims), net.id, plane)
    return list(found.values())


def removal(
    wanted: Sequence[Item],
    facts: Mapping[str, HostFacts],
    stack: str,
    planes: Mapping[str, ControlPlane],
    first: Mapping[str, str] = MappingProxyType({}),
) -> Removal:
    """What of the stack must go before ``wanted`` is made.

    ``planes``: host -> that of its overlays. ``first``: ID of what must go, too -> why.
    """
    present = [_known(item, wanted) for item in there(facts, stack)]
    leaving = {
        host: left
        for host, plane in planes.items()
        if host in facts and (left := _left(facts[host], plane)) is not None
    }
    why = {item.id: reason for item in present if (reason := _in_the_way(item, wanted, leaving))}
    why |= first
    networks = [item for item in present if item.kind == "network" and item.id in why]
    for network in networks:
        for item in present:
            if item.kind == "container" and _attached(item, network, facts):
                why.setdefault(item.id, f"it is on network {network.name}")
    for item in present:
        if item.host in leaving and _on_overlay(item, present, facts):
            why.setdefault(item.id, f"{item.host} leaves its {called(leaving[item.host])}")
    return Removal(
        tuple(item for item in present if item.kind == "container" and item.id in why),
        tuple(networks),
        leaving,
        {item.id: why[item.id] for item in present if item.id in why},
        tuple(_unwanted_shims(wanted, facts)),
    )


def _unwanted_shims(
    wanted: Sequence[Item], facts: Mapping[str, HostFacts]
) -> Iterator[tuple[str, str]]:
    for item in wanted:
        is_there = item.host in facts and shim_change(item.name) in facts[item.host].records
        if item.kind == "network" and is_there and not any(c.what == "shim" for c in item.claims):
            yield item.host, item.name


def _known(item: Item, wanted: Iterable[Item]) -> Item:
    """The item with its key; what no record tells of is known by host and name."""
    if item.key:
        return item
    same = (item.kind, item.host, item.name)
    keys = (one.key for one in wanted if (one.kind, one.host, one.name) == same)
    return replace(item, key=next(keys, f"{item.kind}/{item.id}"))


def called(plane: ControlPlane) -> str:
    """What people call a control plane: "swarm" or "cluster store"."""
    return "swarm" if plane == "swarm" else "cluster store"


def _in_the_way(
    item: Item, wanted: Iterable[Item], leaving: Mapping[str, ControlPlane]
) -> str | None:
    """Why an item must go first, None if it may stay until Pulumi's turn."""
    heir = next((one for one in wanted if one.key == item.key), None)
    kept = heir.claims if heir else frozenset()
    for other in wanted:
        if other.key == item.key:
            continue
        for claim in item.claims - kept:
            met = next((c for c in other.claims if c.meets(claim)), None)
            if met is not None and (other.kind, other.name) == ("network", item.name):
                return "its strategy or control plane changes"
            if met is not None:
                return f"{other.kind} {other.name} is to have its {claim.what} ({met.value})"
    if heir is None and item.plane is not None and item.plane in leaving.values():
        return f"it is in the {called(item.plane)} that its hosts leave"
    return None


def _left(facts: HostFacts, plane: ControlPlane) -> ControlPlane | None:
    """The control plane that a host must leave for another one, if an up of ours put it there."""
    if plane == "swarm" and store_is_ours(facts):
        return "consul"
    if plane == "consul" and swarm.ours(facts):
        return "swarm"
    return None


def _attached(item: Item, network: Item, facts: Mapping[str, HostFacts]) -> bool:
    if network.plane is None and item.host != network.host:
        return False
    return network.name in _networks_of(item, facts)


def _on_overlay(item: Item, present: Iterable[Item], facts: Mapping[str, HostFacts]) -> bool:
    overlays = {one.name for one in present if one.plane is not None}
    return item.kind == "container" and not overlays.isdisjoint(_networks_of(item, facts))


def _networks_of(item: Item, facts: Mapping[str, HostFacts]) -> list[str]:
    rows = facts[item.host].containers or []
    return next((row.networks.split(",") for row in rows if row.id == item.id), [])


def _plane(driver: str, scope: str) -> ControlPlane | None:
    if driver != "overlay":
        return None
    return "swarm" if scope == "swarm" else "consul"


def _field(fields: Iterable[str], name: str) -> str:
    found = (word.partition("=")[2] for word in fields if word.startswith(f"{name}="))
    return next(found, "")


def _claims(fields: Iterable[str], where: str) -> Iterable[Claim]:
    for word in fields:
        what, _, value = word.partition("=")
        if what == "address" and "/" in value:
            network, _, address = value.partition("/")
            yield Claim("address", network, address)
        elif what == "subnet":
            try:
                IPv4Network(value)
            except ValueError:
                continue
            yield Claim(what, where, value)
        elif what in _WHAT:
            yield Claim(what, where, value)
