"""The swarm that a stack's hosts are to be: each one's part in it.

Pure: from the stack file and facts to one SwarmMember a host. What is held on a host tells that
crosshost put it into a swarm, and for which stacks; a host that was in one before is adopted, and
stays in it on destroy. A host manages for as long as one stack wants it to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Literal

from planning import records, swarm_held
from planning.facts import HostFacts, Unreachable
from planning.facts.swarm import SwarmFacts
from planning.swarm_held import CHANGE

Role = Literal["manager", "worker"]
# What a host has to do: nothing, begin a swarm, join it, or leave a dead one first.
Start = Literal["stay", "init", "join", "reinit", "rejoin"]


@dataclass(frozen=True)
class SwarmSpec:
    """What the stack file wants. ``managers`` in order; ``advertise``: host -> address or NIC.

    ``stack``: whose it is; other stacks may want the same hosts in the same swarm.
    """

    hosts: tuple[str, ...]
    managers: tuple[str, ...]
    advertise: Mapping[str, str]
    data_path_port: int = 4789
    autolock: bool = False
    stack: str = ""

    def role(self, host: str) -> Role:
        """What the stack file wants ``host`` to be."""
        return "manager" if host in self.managers else "worker"


@dataclass(frozen=True)
class SwarmMember:
    """One host's part in the swarm. ``adopted``: its role before crosshost came, "no" if none.

    ``role``: what all stacks that share it want together. ``node``: its ID where it stays in its
    swarm. ``intact``: facts show it as it is to be; ``recorded``: it is there by an earlier up.
    ``shared``: the other stacks that need it there.
    """

    role: Role
    start: Start
    advertise: str
    node: str
    adopted: str
    intact: bool
    recorded: bool
    shared: tuple[str, ...] = ()


@dataclass(frozen=True)
class Swarm:
    """The swarm that is there already: its ID, and the stack's hosts that manage it."""

    cluster: str
    managers: tuple[str, ...]
    nodes: frozenset[str]


def members(spec: SwarmSpec, facts: Mapping[str, HostFacts]) -> dict[str, SwarmMember]:
    """A member for each host of ``spec`` whose facts are known."""
    there = present(spec, facts)
    beginner = spec.managers[0]
    autolock = locks(spec, facts)
    found = {}
    for host in spec.hosts:
        if host not in facts:
            continue
        seen = facts[host].swarm
        inside = is_inside(seen, there, spec, facts)
        start: Start
        if inside:
            start = "stay"
        elif there is None and host == beginner:
            start = "reinit" if seen.member else "init"
        else:
            start = "rejoin" if seen.member else "join"
        role = _together(host, spec, facts[host])
        found[host] = SwarmMember(
            role=role,
            start=start,
            advertise=address(spec.advertise[host], facts[host]) or spec.advertise[host],
            node=seen.node if inside else "",
            adopted=_adopted(facts[host], inside),
            recorded=swarm_held.is_recorded(facts[host]),
            intact=inside
            and seen.state == "active"
            and seen.manager == (role == "manager")
            and (host != beginner or seen.autolock == autolock),
            shared=tuple(sorted(swarm_held.of_others(facts[host], spec.stack))),
        )
    return found


def locks(spec: SwarmSpec, facts: Mapping[str, HostFacts]) -> bool:
    """Whether the managers are to be locked: while one stack wants it, or a person had it so before."""
    return spec.autolock or any(
        swarm_held.wanted_by_others(seen, spec.stack, "autolock", "on")
        or swarm_held.was_on(seen, "autolock")
        for seen in facts.values()
    )


def _together(host: str, spec: SwarmSpec, facts: HostFacts) -> Role:
    if swarm_held.wanted_by_others(facts, spec.stack, "role", "manager"):
        return "manager"
    return spec.role(host)


def present(spec: SwarmSpec, facts: Mapping[str, HostFacts]) -> Swarm | None:
    """The swarm of the first host that manages one: one that should, or once did for crosshost."""
    order = [
        *spec.managers,
        *(
            host
            for host in spec.hosts
            if host not in spec.managers and host in facts and swarm_held.is_held(facts[host])
        ),
    ]
    managing = [host for host in order if host in facts and _manages(facts[host].swarm)]
    if not managing:
        return None
    first = facts[managing[0]].swarm
    return Swarm(
        first.cluster,
        tuple(host for host in managing if facts[host].swarm.cluster == first.cluster),
        frozenset(node.id for node in first.nodes),
    )


def belongs(seen: SwarmFacts, there: Swarm) -> bool:
    """Whether a host's node is one of that swarm."""
    if seen.manager and seen.cluster:
        return seen.cluster == there.cluster
    return seen.member and seen.node in there.nodes


def address(advertise: str, facts: HostFacts) -> str | None:
    """The address that ``advertise`` (one, or a NIC's name) means on a host; None if it has none."""
    try:
        return str(IPv4Address(advertise))
    except ValueError:
        nic = facts.nics.get(advertise)
        return str(nic.addresses[0].ip) if nic and nic.addresses else None


def managing(
    hosts: Sequence[str],
    facts: Mapping[str, HostFacts | Unreachable],
    addresses: Mapping[str, str],
    stack: str = "",
) -> tuple[str, ...]:
    """Those of ``hosts`` that an earlier up made managers of their swarm; the leader comes first.

    Where none of them answers, they are known by the ``addresses`` that the others have of them.
    Who manages for another stack alone is no manager of ``stack``, once that has managers.
    """
    seen = {host: f for host in hosts if isinstance(f := facts.get(host), HostFacts)}
    ids = {node.id: node for f in seen.values() for node in f.swarm.nodes}
    found = [host for host, f in seen.items() if f.swarm.manager and swarm_held.is_held(f)]
    found = [host for host in found if not _for_others_alone(seen[host], stack)] or found
    leads = [host for host in found if (n := ids.get(seen[host].swarm.node)) and n.leads]
    if found:
        return tuple(dict.fromkeys([*leads, *found]))
    known = {at for f in seen.values() if swarm_held.is_held(f) for at in known_managers(f.swarm)}
    return tuple(host for host in hosts if host not in seen and addresses[host] in known)


def _for_others_alone(facts: HostFacts, stack: str) -> bool:
    role = records.header_fields(facts.records.get(CHANGE, "")).get("role")
    return role != "manager" and bool(swarm_held.wanted_by_others(facts, stack, "role", "manager"))


def known(facts: HostFacts) -> bool:
    """Whether Docker told which swarm the host is in; on a manager, also who else is."""
    return facts.engine is not None and not facts.hides("nodes")


def ours(facts: HostFacts) -> bool:
    """Whether an up of this stack needs the swarm that the host is in, or was in, and nobody else
    than crosshost put it there."""
    return CHANGE in facts.records and swarm_held.before(facts) == swarm_held.NONE


def describe(member: SwarmMember) -> str:
    """What will be done for a member, after "docker01 will"."""
    role = f"as a {member.role}"
    if member.start == "stay" and not member.recorded and member.shared:
        return f"share the swarm that {' and '.join(member.shared)} has it in, {role}"
    if member.start == "stay" and not member.recorded:
        return f"be adopted from the swarm that it is in, {role}"
    return {
        "stay": f"go on in the swarm {role}",
        "init": "begin a swarm",
        "join": f"join the swarm {role}",
        "reinit": "leave a swarm that is no more and begin a new one",
        "rejoin": f"leave a swarm that is no more and join the swarm {role}",
    }[member.start]


def is_inside(
    seen: SwarmFacts, there: Swarm | None, spec: SwarmSpec, facts: Mapping[str, HostFacts]
) -> bool:
    """Whether a host is in the swarm; taken for granted while a manager of it does not answer."""
    if there is not None:
        return belongs(seen, there)
    silent = {at for host, at in spec.advertise.items() if host not in facts}
    return seen.member and not silent.isdisjoint(known_managers(seen))


def _manages(seen: SwarmFacts) -> bool:
    return seen.state == "active" and seen.manager and bool(seen.cluster)


def _adopted(facts: HostFacts, inside: bool) -> str:
    if not inside:
        return swarm_held.NONE  # whatever it was in once, into this one crosshost puts it
    return swarm_held.before(facts) or ("manager" if facts.swarm.manager else "worker")


def known_managers(seen: SwarmFacts) -> set[str]:
    """The managers that a node knows, without their ports."""
    return {at.rpartition(":")[0] for at in seen.managers.values()}


def warnings(managers: tuple[str, ...], *, given: bool) -> list[str]:
    """What a person should know of the list of managers."""
    count = len(managers)
    if not given or count % 2:
        return []
    down = f"{count // 2} of them {'is' if count == 2 else 'are'} down"
    return [
        f"crosshost:swarm.managers lists {count}: the swarm stands still as soon as {down}, as "
        f"with {count - 1}; write {count - 1} or {count + 1}"
    ]
