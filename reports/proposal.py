"""Which strategy a first network of some hosts should have, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

from components.networks import contracts
from planning.facts import HostFacts, Unreachable
from planning.sentences import listed
from reports.verdicts import Judgement

# The one that most want first: names, no addresses to plan, no restart.
_ORDER = ("overlay-swarm", "vxlan", "overlay-consul")
_WHY = {
    "overlay-swarm": "containers have a subnet of their own and reach each other by name; the hosts join a "
    "swarm, which restarts nothing",
    "vxlan": "containers have a subnet of their own; nothing is joined and nothing restarted, but there are "
    "no names",
    "overlay-consul": "containers have a subnet of their own and names; a Consul server runs on one host",
}
_POOL = [
    IPv4Network(f"172.{second}.{third}.0/24") for third in (1, 2, 3) for second in range(16, 32)
]


@dataclass(frozen=True)
class Proposal:
    """``key``: of the contract. ``others``: what stands in the way of the ones that come before it."""

    key: str
    reason: str
    others: tuple[str, ...] = ()


def propose(judgements: Mapping[str, Mapping[str, Judgement]]) -> Proposal | None:
    """The first strategy that all hosts can have; None where there is none. ``judgements``: of judge()."""
    titles = {one.key: one.title for one in contracts()}
    others: list[str] = []
    for key in _ORDER:
        title = titles[key]
        unable = [host for host, of in judgements.items() if not of[title].able]
        if not unable:
            return Proposal(key, _WHY[key], tuple(others))
        first = judgements[unable[0]][title].reasons[:1]
        others.append(f"{title} is not for {listed(unable)}: {first[0] if first else 'it cannot'}")
    return None


def free_subnet(facts: Mapping[str, HostFacts | Unreachable]) -> IPv4Network:
    """A private /24 that no host has a route to or an address in."""
    taken = [
        subnet
        for seen in facts.values()
        if isinstance(seen, HostFacts)
        for subnet in _subnets(seen)
    ]
    return next((one for one in _POOL if not any(one.overlaps(other) for other in taken)), _POOL[0])


def _subnets(facts: HostFacts) -> Sequence[IPv4Network]:
    own = [address.network for nic in facts.nics.values() for address in nic.addresses]
    return [*own, *(route.subnet for route in facts.routes)]
