"""Who reaches whom after an up and did not before, and the other way round, by what networks promise."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations

from planning.contract import Reach
from planning.sentences import listed
from reports.impact.model import Effect, Fleet, Gate, Weight

Pair = tuple[str, str]
# Ways that are told of a container, not of a pair.
_ALONE = (Reach.NAMES, Reach.FROM_LAN, Reach.TO_LAN, Reach.OWN_HOST, Reach.OTHER_HOST)
_MOST_NAMES = 8
# Beyond it, pairs are told by networks alone: every pair of so many containers is looked at.
_MOST_CONTAINERS = 1500


def compare(before: Fleet, after: Fleet) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Sentences on what is gained, and on what is lost."""
    lost = _more(after, before, of=after.members.keys())
    return tuple(_more(before, after, of=after.members.keys())), tuple(lost)


def changed(before: Fleet, after: Fleet) -> set[str]:
    """Containers that are new, gone, elsewhere, or on networks that are not what they were."""
    names = before.members.keys() | after.members.keys()
    return {
        name
        for name in names
        if _place(before, name) != _place(after, name)
    }  # fmt: skip


def addresses(before: Fleet, after: Fleet) -> Iterator[Effect]:
    """Addresses that are taken and freed."""
    old, new = _addresses(before), _addresses(after)
    for network, address in sorted(new.keys() - old.keys()):
        host, name = new[network, address]
        yield Effect(host, f"{address} on {network} is taken by {name}", Weight.CHANGES)
    for network, address in sorted(old.keys() - new.keys()):
        host, name = old[network, address]
        member = after.members.get(name)
        # One that chooses its address itself may keep it.
        if member is None or member.addresses.get(network, "") is not None:
            yield Effect(host, f"{address} on {network} is freed (it was {name}'s)", Weight.ENDS)
    for key in sorted(old.keys() & new.keys()):
        if old[key] != new[key]:
            (_, one), (host, other) = old[key], new[key]
            if one != other:
                sentence = f"{key[1]} on {key[0]} goes from {one} to {other}"
                yield Effect(host, sentence, Weight.CHANGES)


def opened(before: Fleet, after: Fleet) -> Iterator[Effect]:
    """Containers that the LAN reaches with all their ports, and did not."""
    lan = _alone(after, Reach.FROM_LAN)
    for name in sorted(lan - _alone(before, Reach.FROM_LAN)):
        member = after.members[name]
        on = [net for net in member.addresses if after.reach.get(net, {}).get(Reach.FROM_LAN.name)]
        at = listed([f"{net} ({member.addresses[net] or 'address not known yet'})" for net in on])
        yield Effect(
            member.host, f"every port of {name} opens to the LAN on {at}", Weight.OPEN,
            Gate.EXPOSED_PORT, (name, member.host, f"{member.host}/{name}"),
        )  # fmt: skip


def _more(less: Fleet, more: Fleet, of: Collection[str]) -> Iterator[str]:
    """What ``more`` has beyond ``less``. ``of``: of whom it is told what is told of a container alone."""
    names = sorted(changed(less, more))
    told: set[str] = set()
    if len(more.members) <= _MOST_CONTAINERS:
        pairs = _pairs(more, names) - _pairs(less, names)
        yield from _told(pairs, more)
        told = {name for pair in pairs for name in pair}
    elif names:
        yield f"{len(names)} containers change what they reach (too many to tell pair by pair)"
    for way in _ALONE:
        found = sorted((_alone(more, way) - _alone(less, way)) & set(of) - _are_hosts(less))
        if way is Reach.NAMES:
            found = [name for name in found if name in less.members and name not in told]
        if found:
            yield f"{way.value}: {_some(found)}"


def _pairs(fleet: Fleet, names: Collection[str]) -> set[Pair]:
    """Pairs with one of ``names`` that reach each other."""
    found = set()
    for name in names:
        for other in fleet.members:
            pair = (name, other) if name < other else (other, name)
            if name != other and pair not in found and _together(fleet, pair):
                found.add(pair)
    return found


def _together(fleet: Fleet, pair: Pair) -> list[str]:
    """The networks on which a pair reach each other."""
    if any(name not in fleet.members for name in pair):
        return []
    one, other = (fleet.members[name] for name in pair)
    way = Reach.SAME_HOST if one.host == other.host else Reach.ACROSS
    shared = [network for network in one.addresses if network in other.addresses]
    return [network for network in shared if fleet.reach.get(network, {}).get(way.name)]


def _told(pairs: set[Pair], fleet: Fleet) -> Iterator[str]:
    """The pairs, group by group."""
    by: dict[str, set[Pair]] = {}
    for pair in pairs:
        for network in _together(fleet, pair)[:1]:
            by.setdefault(network, set()).add(pair)
    for network in sorted(by):
        title = fleet.titles.get(network, "")
        names = fleet.reach.get(network, {}).get(Reach.NAMES.name)
        how = f"over {network}{f' ({title})' if title else ''}{', by name too' if names else ''}"
        for group in _groups(by[network]):
            yield f"{group}, {how}"


def _groups(pairs: set[Pair]) -> Iterator[str]:
    peers: dict[str, set[str]] = {}
    for one, other in pairs:
        peers.setdefault(one, set()).add(other)
        peers.setdefault(other, set()).add(one)
    everyone = sorted(peers)
    if len(everyone) > 2 and len(pairs) == len(list(combinations(everyone, 2))):
        yield f"{_some(everyone)}: all of them to each other"
        return
    left = set(pairs)
    told: dict[tuple[str, ...], list[str]] = {}
    for name in sorted(peers, key=lambda one: (-len(peers[one]), one)):
        own = tuple(sorted({a if b == name else b for a, b in left if name in (a, b)}))
        left = {pair for pair in left if name not in pair}
        if own:
            told.setdefault(own, []).append(name)
    for own, names in told.items():
        yield f"{_some(names)} ↔ {_some(own)}"


def _are_hosts(fleet: Fleet) -> set[str]:
    return {name for name, member in fleet.members.items() if member.is_host}


def _alone(fleet: Fleet, way: Reach) -> set[str]:
    return {
        name
        for name, member in fleet.members.items()
        if any(fleet.reach.get(network, {}).get(way.name) for network in member.addresses)
    }


def _place(fleet: Fleet, name: str) -> object:
    member = fleet.members.get(name)
    if member is None:
        return None
    on = {network: dict(fleet.reach.get(network, {})) for network in member.addresses}
    return member.host, sorted((network, sorted(ways.items())) for network, ways in on.items())


def _addresses(fleet: Fleet) -> Mapping[tuple[str, str], tuple[str, str]]:
    """Network and address -> host and container."""
    return {
        (network, address): (member.host, name)
        for name, member in fleet.members.items()
        for network, address in member.addresses.items()
        if address
    }


def _some(names: Sequence[str]) -> str:
    if len(names) <= _MOST_NAMES:
        return listed(names)
    return f"{', '.join(names[:_MOST_NAMES])} and {len(names) - _MOST_NAMES} more"
