"""Endpoints that a cluster store keeps of containers that ended with their host, and that keep new ones out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from components.host import Host
from planning import last_up
from planning.facts import HostFacts
from planning.sentences import listed


def left_endpoints(
    network: str, containers: Sequence[str], maker: Host, hosts: Mapping[str, Host]
) -> list[str]:
    """The containers (Docker names) of an overlay that have an endpoint there and run nowhere.

    None is named where a host could not be looked at.
    """
    facts = maker.facts
    seen = [host.facts for host in hosts.values()]
    if not isinstance(facts, HostFacts):
        return []
    alive: set[str] = set()
    for one in seen:
        if not isinstance(one, HostFacts) or one.containers is None:
            return []
        alive |= {row.name for row in one.containers if row.state not in last_up.ENDED}
    id_ = facts.in_store(network, maker.stack)
    has = facts.overlays[id_].given if id_ in facts.overlays else {}
    return [name for name in containers if name in has and name not in alive]


def left_sentence(network: str, containers: Sequence[str]) -> str:
    """For the preview."""
    one = len(containers) == 1
    return (
        f"{network} has {'an endpoint' if one else 'endpoints'} of {listed(list(containers))} still, which "
        f"{'does' if one else 'do'} not run, as after a power cut: up frees {'it' if one else 'them'}, so that new "
        "ones may join"
    )
