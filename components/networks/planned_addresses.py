"""The addresses that the program gives the containers of a network, so that all hosts know their names.

Who has an address keeps it: as Docker tells on its host, else as the names tell that any host was given.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network

from components.dns import settings as dns
from components.networks.base import Stack
from planning import address_plan, dns_names, host_slices
from planning.address_plan import AddressPlan, Member
from planning.facts import HostFacts
from planning.fleet_facts import FleetFacts
from planning.host_slices import SHIM
from planning.sentences import listed


def planned(
    network: str,
    blocks: Mapping[str, IPv4Network],
    taken: Collection[IPv4Address],
    stack: Stack,
    fleet: FleetFacts,
    *,
    servers: bool,
    shims: Mapping[str, Sequence[IPv4Address]] | None = None,
) -> AddressPlan:
    """Of every container of the stack on a network, with ``servers`` also of a name server on each host.

    ``blocks``: host -> its slice. ``taken``: addresses that no container can have. ``shims``: host -> the
    addresses that a device of its own has now, where it is to have one.
    """
    server = dns.container_name(fleet.stack)
    members = [
        *_members(network, {host: [server] for host in blocks if servers}, stack, fleet),
        *_members(network, _containers(network, stack), stack, fleet),
    ]
    for host, had in (shims or {}).items():
        rows = (row for facts in fleet.answering.values() for row in _told(network, facts))
        kept = [address for name, address in rows if name == SHIM]
        members.append(Member(SHIM, host, had=(*had, *kept), last=True))
    ours = {(member.host, member.name) for member in members}
    others = {
        address
        for host, block in blocks.items()
        for name, address in _given(network, host, fleet).items()
        if (host, name) not in ours and address in block
    }
    return address_plan.assign(blocks, members, {*taken, *others})


def full(blocks: Mapping[str, IPv4Network], without: Sequence[Member], *, names: bool) -> str:
    """Why there are no addresses left (``without``: for whom), and what to write. ``names``: with servers."""
    host = without[0].host
    names_of = (member.name for member in without if member.host == host)
    of_host = listed(["its shim" if name == SHIM else name for name in names_of])
    beside = " (its name server has one, too)" if names else ""
    return (
        f"the slice {blocks[host]} of {host} has no address left for {of_host}{beside}: write "
        f"`slice: {blocks[host].prefixlen - 1}` or less and, where that is too few slices, more to cut "
        "them from"
    )


def _containers(network: str, stack: Stack) -> dict[str, list[str]]:
    """Host -> the Docker names of the stack's containers there on a network."""
    found: dict[str, list[str]] = {}
    for key, one in stack.containers.items():
        if network in one.attachments():
            found.setdefault(one.host, []).append(one.container_name or key)
    return found


def _members(
    network: str, names: Mapping[str, list[str]], stack: Stack, fleet: FleetFacts
) -> Iterator[Member]:
    chosen = {
        one.container_name or key: join.ipv4_address
        for key, one in stack.containers.items()
        if (join := one.attachments().get(network)) is not None
    }
    server = dns.container_name(fleet.stack)
    told = {
        host: [
            *_told(network, facts),
            *dns_names.told(facts.records.get("dns"), network),
        ]
        for host, facts in fleet.answering.items()
    }
    for host, here in names.items():
        of_docker = _given(network, host, fleet)
        held = {address: name for name, address in of_docker.items()}
        # What a host says of its own comes before what others say.
        rows = [*told.get(host, []), *(row for other in told.values() for row in other)]
        for name in here:
            had = [of_docker[name]] if name in of_docker else []
            had += [a for other, a in rows if other == name and held.get(a, name) == name]
            yield Member(name, host, chosen.get(name), tuple(had), last=name == server)


def _told(network: str, facts: HostFacts) -> Iterator[tuple[str, IPv4Address]]:
    return host_slices.containers(facts.records.get(host_slices.change(network)))


def _given(network: str, host: str, fleet: FleetFacts) -> Mapping[str, IPv4Address]:
    """Container on a network -> its address, as Docker on a host tells."""
    facts = fleet.answering.get(host)
    return facts.given.get(network, {}) if facts else {}
