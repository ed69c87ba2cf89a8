"""Why hosts cannot become the swarm that a stack wants."""

from __future__ import annotations

from collections.abc import Mapping

from planning.facts import HostFacts
from planning.facts.swarm import SwarmFacts
from planning.swarm import Swarm, SwarmSpec, address, is_inside, known_managers, ours, present


def problems(spec: SwarmSpec, facts: Mapping[str, HostFacts]) -> list[str]:
    """Sentences why the hosts cannot become this swarm."""
    there = present(spec, facts)
    found: list[str] = []
    for host in spec.hosts:
        if host in facts:
            found += _of_host(host, spec, facts, there)
    if there is not None:
        port = facts[there.managers[0]].swarm.data_path_port
        if port != spec.data_path_port:
            found.append(
                f"the swarm of {there.managers[0]} carries overlays on udp {port}, which is chosen "
                f"once at its beginning: write `data_path_port: {port}`, or destroy the stack first"
            )
    return found


def _of_host(
    host: str, spec: SwarmSpec, facts: Mapping[str, HostFacts], there: Swarm | None
) -> list[str]:
    seen = facts[host].swarm
    wanted = address(spec.advertise[host], facts[host])
    if wanted is None:
        return [
            f"{host} has no network interface {spec.advertise[host]} with an IPv4 address: write "
            f"one that it has, or an address, as `advertise: {{{host}: ...}}` in crosshost:swarm"
        ]
    if not seen.member:
        return []
    if seen.state == "locked":
        return [f"the swarm on {host} waits for its key: run `docker swarm unlock` there"]
    if seen.manager and not seen.cluster:
        return [
            f"the swarm of {host} has no leader ({seen.error or 'no reason given'}): start its other "
            f"managers ({_addresses(seen)}), or, where they are gone for good, run `docker swarm "
            f"init --force-new-cluster --advertise-addr {wanted}` on {host}"
        ]
    if is_inside(seen, there, spec, facts):
        if seen.address != wanted:
            return [
                f"{host} is in the swarm by {seen.address}, and cannot change that to {wanted} as a "
                f"member: write `advertise: {{{host}: {seen.address}}}` in crosshost:swarm, or take "
                "it off the stack's overlays in one up and put it back in the next"
            ]
        return []
    if there is None and ours(facts[host]) and _its_managers_began_anew(seen, spec, facts):
        return []
    if there is not None and ours(facts[host]):
        return []
    if there is not None:
        return [
            f"{host} is in another swarm than {there.managers[0]}: `docker swarm leave` there (its "
            "containers lose that swarm's networks), or use another host"
        ]
    if seen.manager:
        return [
            f"{host} manages a swarm of its own: name it first in crosshost:swarm.managers to use "
            "that one, or run `docker swarm leave --force` there"
        ]
    return [
        f"{host} is in a swarm that no host of the stack manages (its managers: "
        f"{_addresses(seen)}): name a manager among the hosts and in crosshost:swarm, or, where "
        f"they are gone for good, run `docker swarm leave` on {host}"
    ]


def _its_managers_began_anew(
    seen: SwarmFacts, spec: SwarmSpec, facts: Mapping[str, HostFacts]
) -> bool:
    """Whether all managers that a worker knows are hosts of the stack that are in no swarm now."""
    addresses = known_managers(seen)
    anew = {
        address(spec.advertise[host], facts[host])
        for host in spec.hosts
        if host in facts and not facts[host].swarm.member
    }
    return bool(addresses) and addresses <= anew


def _addresses(seen: SwarmFacts) -> str:
    return ", ".join(sorted(seen.managers.values())) or "none known"
