"""What stands in the way of a Consul server on its host, and of its users reaching it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from components.networks.overlay.consul.settings import ConsulSettings
from planning import daemon_held, ports, records
from planning.fleet_facts import FleetFacts
from planning.ports import Peer


def refusals(settings: ConsulSettings, stack: str, hosts: Mapping[str, Peer]) -> list[str]:
    """Sentences why the server cannot run, or why ``hosts`` (it and its users) miss it."""
    server = hosts.get(settings.host)
    if server is None:
        return []
    of = {c.name: c.stack for c in server.facts.containers or []}.get(settings.container_name)
    if settings.stack is not None:
        if settings.stack == stack:
            return [f"crosshost:consul.stack is {stack}, this stack itself: take it out"]
        if of != settings.stack and not server.facts.hides("containers"):
            return [
                f"{settings.host} has no container {settings.container_name} of stack {settings.stack}: run "
                "`pulumi up` for that one first, or take `stack` out of crosshost:consul to have "
                "a server of this stack's own"
            ]
        return _kept_away(settings, server, hosts)
    if of and of != stack:
        return [
            f"{settings.container_name} on {settings.host} is the Consul of stack {of}: write "
            f"`crosshost:consul: {{stack: {of}, host: {settings.host}}}` to use it, or another host"
        ]
    # A port that Docker holds may be held for the very server that is meant.
    ours = any(container.stack == stack for container in server.facts.containers or [])
    docker = {"dockerd", "docker-proxy"} if ours else set()
    return [
        *ports.held(settings.host, server.facts, [("tcp", settings.port)], frozenset(docker)),
        *_kept_away(settings, server, hosts),
    ]


def _kept_away(settings: ConsulSettings, server: Peer, hosts: Mapping[str, Peer]) -> list[str]:
    """Sentences on firewalls between the server and its users."""
    return [
        # Docker has set the port to the container's own when that chain is met.
        *ports.published_shut(settings.host, server, ("tcp", 8500), hosts),
        *ports.unsent(hosts, [("tcp", settings.port)], {settings.host: server}).values(),
    ]


def of_others(fleet: FleetFacts, kept: str | None) -> Iterator[str]:
    """Why a Consul of this stack cannot go from a host, all but ``kept``: another stack needs it."""
    for name, host in fleet.peers.items():
        record = host.facts.records.get("consul")
        ours = {c.id for c in host.facts.containers or [] if c.stack == fleet.stack}
        if (
            name == kept
            or record is None
            or records.header_fields(record).get("container") not in ours
        ):
            continue
        for user, other in fleet.answering.items():
            for of, keys in daemon_held.of_others(other, fleet.stack).items():
                if str(keys.get("cluster-store")).startswith(f"consul://{host.address}:"):
                    yield (
                        f"stack {of} keeps its overlays on {user} in the Consul of this stack on "
                        f"{name}: leave crosshost:consul as it is, or destroy {of} first"
                    )
