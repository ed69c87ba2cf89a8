"""What stands in the way of hosts becoming the swarm that a stack wants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from components.networks.overlay.swarm.settings import CONTROL_PORT, SwarmSettings
from planning import ports, routes, swarm, swarm_problems
from planning.field_types import Subnet
from planning.ports import Peer, Port


def refusals(
    settings: SwarmSettings,
    spec: swarm.SwarmSpec,
    nodes: Mapping[str, Peer],
    between: Sequence[Port],
    taken: Sequence[Subnet] = (),
) -> list[str]:
    """Sentences why the hosts (those of ``spec`` that answer) cannot be the swarm.

    ``between``: the ports that nodes of any swarm need of each other. ``taken``: subnets of the
    stack's networks.
    """
    seen = {name: member.facts for name, member in nodes.items()}
    found = swarm_problems.problems(spec, seen)
    needed = settings.carrying(between)
    found += ports.shut(nodes, needed).values()
    found += ports.shut(nodes, [CONTROL_PORT], guarding=spec.managers).values()
    for name, facts in seen.items():
        control = [CONTROL_PORT] if name in spec.managers else []
        found += ports.held(name, facts, [*control, *needed], frozenset({"dockerd"}))
    if seen and swarm.present(spec, seen) is None:
        pool = routes.free_pool(seen.values(), taken)
        instead = f"write e.g. {pool}" if pool else "write another one"
        if settings.address_pool is not None:
            found += routes.meeting(
                "crosshost:swarm.address_pool", settings.address_pool, seen, instead
            )
        elif pool is None:
            found.append(
                "every private subnet meets routes of the hosts or networks of the stack: write one "
                "that none of them uses, a /24 or larger, as `crosshost:swarm: {address_pool: ...}`"
            )
    return found
