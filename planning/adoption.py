"""What was made by hand and a stack takes over as it is, with `adopt: true`.

Docker cannot give a label to what is there, and crosshost knows its own by labels. So facts are read
as if what is adopted had the stack's: then all that asks whose something is gets the right answer.
What an up had already taken over stays the stack's, by its ID in the host's record.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, TypeVar

from planning import last_up
from planning.facts import ContainerFacts, HostFacts, NetworkFacts
from planning.facts.networks import VXLAN_NUMBERS, Macvlan, Overlay

_FIELD = "adopted="
Row = TypeVar("Row", ContainerFacts, NetworkFacts)


@dataclass(frozen=True)
class Owned:
    """IDs of what the records of hosts have: ``own`` of the stack's, ``others`` of another one -> that stack."""

    own: frozenset[str] = frozenset()
    others: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def on(cls, facts: HostFacts) -> Owned:
        """What a host's records have."""
        others = {
            id_: other for other, record in facts.present_elsewhere.items() for id_ in _ids(record)
        }
        return cls(_ids(facts.records.get("present")), others)

    @classmethod
    def of_all(cls, fleet: Iterable[HostFacts]) -> Owned:
        """What the records of several hosts have: a swarm's network is in that of one of them."""
        found = [cls.on(facts) for facts in fleet]
        others = {id_: stack for one in found for id_, stack in one.others.items()}
        return cls(frozenset(id_ for one in found for id_ in one.own), others)


def with_adopted(
    facts: HostFacts,
    stack: str,
    *,
    containers: Collection[str],
    networks: Collection[str],
    shared: Collection[str] = (),
    fleet: Owned = Owned(),
) -> HostFacts:
    """The facts, in which what is adopted is the stack's, or that of another one that has it already.

    ``containers``, ``networks``: the Docker names that the stack adopts on this host. ``shared``: the
    overlays that it has, for which the records of all hosts count (``fleet``).
    """
    here = Owned.on(facts)
    elsewhere = {**fleet.others, **here.others}

    def is_adopted(one: ContainerFacts | NetworkFacts, names: Collection[str]) -> bool:
        free = not one.stack and one.id not in elsewhere
        return free and (one.name in names or one.id in here.own)

    def is_shared(one: NetworkFacts) -> bool:
        known = shared if one.id in fleet.own else ()
        return is_of_swarm(one) and is_adopted(one, {*networks, *known})

    found = [c for c in facts.containers or [] if is_adopted(c, containers)]
    nets = [
        n
        for n in facts.networks or []
        if (n.id in facts.macvlans and is_adopted(n, networks))
        or (n.id in facts.overlays and is_shared(n))
    ]
    if not found and not nets and not elsewhere:
        return facts
    ids = frozenset([*(one.id for one in found), *(one.id for one in nets)])
    owners = {**elsewhere, **dict.fromkeys(ids, stack)}
    made: dict[str, Macvlan | Overlay] = {**facts.macvlans, **facts.overlays}
    update: dict[str, Any] = {
        "adopted": ids,
        "given": {**facts.given, **{net.name: made[net.id].given for net in nets}},
    }
    if facts.containers is not None:
        update["containers"] = _given(facts.containers, owners)
    if facts.networks is not None:
        update["networks"] = _given(facts.networks, owners)
    return facts.model_copy(update=update)


def _given(rows: list[Row], owners: Mapping[str, str]) -> list[Row]:
    """The rows, of which those without a label are their owner's. ``owners``: ID -> stack."""
    return [row.model_copy(update={"stack": row.stack or owners.get(row.id, "")}) for row in rows]


@dataclass(frozen=True)
class Made:
    """What a macvlan network is made of. ``block``: the part of the subnet for automatic addresses."""

    parent: str
    subnet: str
    gateway: str
    block: str | None

    @property
    def config(self) -> dict[str, str]:
        """Its subnet in Docker's words."""
        block = {"IPRange": self.block} if self.block else {}
        return {"Subnet": self.subnet, "Gateway": self.gateway, **block}


def network(facts: HostFacts, name: str, wanted: Made) -> NetworkFacts | None:
    """The adopted network of a name, as long as it is made of just this; else None."""
    found = _of_name(facts.networks, name, facts.adopted)
    return None if found is None or difference(facts, found, wanted) else found


def difference(facts: HostFacts, found: NetworkFacts, wanted: Made) -> str:
    """In what a network is made of something else, for people; "" for nothing."""
    made = facts.macvlans[found.id]
    configs = [{k: v for k, v in config.items() if v} for config in made.configs or []]
    told = []
    if made.parent != wanted.parent:
        told.append(f"parent {made.parent or 'none'}")
    if configs != [wanted.config]:
        told.append(f"subnets {json.dumps(configs)}")
    if more := sorted(set(made.options or {}) - {"parent"}):
        told.append(f"options {', '.join(more)}")
    return ", ".join(told)


@dataclass(frozen=True)
class MadeOverlay:
    """What an overlay in a swarm is made of. ``options``: Docker's, without the number of its VXLAN."""

    subnet: str
    gateway: str
    options: Mapping[str, str]


def overlay(facts: HostFacts, name: str, wanted: MadeOverlay) -> NetworkFacts | None:
    """The adopted overlay of a name, as long as it is made of just this; else None."""
    found = _of_name(facts.networks, name, facts.adopted)
    return None if found is None or overlay_difference(facts, found, wanted) else found


def overlay_difference(facts: HostFacts, found: NetworkFacts, wanted: MadeOverlay) -> str:
    """In what an overlay is made of something else, for people; "" for nothing."""
    made = facts.overlays.get(found.id)
    if made is None or not is_of_swarm(found):
        return f"driver {found.driver}"
    configs = [{k: v for k, v in config.items() if v} for config in made.configs or []]
    options = own_options(made)
    told = []
    if configs != [{"Subnet": wanted.subnet, "Gateway": wanted.gateway}]:
        told.append(f"subnets {json.dumps(configs)}")
    if options != dict(wanted.options):
        told.append(f"options {json.dumps(options)}")
    if not made.attachable:
        told.append("no way for containers to join it (it is not attachable)")
    if made.internal:
        told.append("no way out (it is internal)")
    return ", ".join(told)


def own_options(made: Overlay) -> dict[str, str]:
    """The options that somebody gave an overlay. Docker lists the number of its VXLAN among them."""
    given = {k: v for k, v in (made.options or {}).items() if k != VXLAN_NUMBERS}
    if given.get("encrypted") == "":
        given["encrypted"] = "true"
    return given


def is_taken_over(facts: HostFacts, name: str) -> bool:
    """Whether the host has an adopted network of a name, whatever it is made of."""
    return _of_name(facts.networks, name, facts.adopted) is not None


def is_of_swarm(one: NetworkFacts) -> bool:
    """Whether it is an overlay that a swarm has."""
    return (one.driver, one.scope) == ("overlay", "swarm")


def container(facts: HostFacts, name: str, words: str, *, ends: bool) -> ContainerFacts | None:
    """The adopted container of a name, as long as it goes on and nobody edited its words; else None.

    ``words``: the digest of what the stack file says of it. ``ends``: its process is to end.
    """
    found = _of_name(facts.containers, name, facts.adopted)
    if found is None or (found.state in last_up.ENDED and not ends):
        return None
    before = words_before(facts, found.id)
    return found if before in (None, words) else None


def words_before(facts: HostFacts, id_: str) -> str | None:
    """The digest of an adopted container's words at the last up; None where there was none."""
    for _, known, _, fields in last_up.rows(facts.records.get("present")):
        if known == id_:
            return next((f.removeprefix(_FIELD) for f in fields if f.startswith(_FIELD)), "")
    return None


def row_field(words: str) -> str:
    """What the host keeps of an adopted container, as a field of its row."""
    return f" {_FIELD}{words}"


def digest(words: Mapping[str, Any]) -> str:
    """A digest of what a stack file says of a container."""
    return sha256(json.dumps(words, sort_keys=True).encode()).hexdigest()[:16]


def _ids(record: str | None) -> frozenset[str]:
    return frozenset(id_ for _, id_, _, _ in last_up.rows(record))


def _of_name(rows: list[Row] | None, name: str, adopted: frozenset[str]) -> Row | None:
    return next((one for one in rows or [] if one.name == name and one.id in adopted), None)
