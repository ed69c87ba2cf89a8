"""What the control planes of networks keep of a host, and the commands that take it off its peers."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from components.networks.overlay import state
from planning.state import Deployment
from planning.state_without_host import PeerCommand


def consul(deployment: Deployment, host: str, address: str) -> Iterator[PeerCommand]:
    """What Consul's overlays and its key-value store keep of a host."""
    server = state.consul(deployment)
    if server is None or server.host == host:
        return
    for overlay, container in state.attached(deployment, host):
        network, name = shlex.quote(overlay.name), shlex.quote(container)
        if overlay.control_plane == "consul" and (peer := overlay.without(host)):
            yield PeerCommand(
                peer,
                "docker network inspect --format '{{range .Containers}}{{println .Name}}{{end}}' "
                f"{network} | grep -qxF -e {name} || exit 0; "
                f"docker network disconnect --force {network} {name}",
                f"takes {container} off network {overlay.name}",
            )
    keys = shlex.quote(f"docker/nodes/{address}:")
    yield PeerCommand(
        server.host,
        f"docker exec {shlex.quote(server.container)} consul kv delete -recurse {keys} >/dev/null",
        f"takes {address} out of Consul",
    )


def swarm(deployment: Deployment, host: str) -> Iterator[PeerCommand]:
    """What a swarm keeps of a host: its node. Where it was the only manager, the swarm is no more."""
    seen = state.swarm(deployment)
    if seen is None or host not in seen.nodes:
        return
    manager = seen.without(host)
    if manager is not None:
        node = shlex.quote(seen.nodes[host])
        yield PeerCommand(
            manager,
            f"docker node inspect {node} >/dev/null 2>&1 || exit 0; "
            f"docker node demote {node} >/dev/null 2>&1; docker node rm --force {node} >/dev/null",
            f"takes {host} off the swarm's list of nodes",
        )
        return
    for member in seen.nodes:
        if member != host:
            yield PeerCommand(
                member,
                "[ \"$(docker info --format '{{.Swarm.LocalNodeState}}')\" = inactive ] || "
                "docker swarm leave --force >/dev/null",
                f"leaves the swarm, which {host} alone managed: the next up begins a new one",
            )


def consequences(deployment: Deployment, host: str, anew: list[str]) -> Iterator[str]:
    """Sentences on overlays that are lost with a host. ``anew``: containers made anew for that."""
    server = state.consul(deployment)
    if server is not None and server.host == host:
        yield f"Consul was on {host}: the overlays in it are lost. With another host in"
        yield "crosshost:consul, `pulumi up` makes them anew" + (
            f", and these containers: {', '.join(anew)}." if anew else "."
        )
        yield "Until then engines wait for Consul whenever they are asked about networks: where `up` says"
        yield "that a daemon does not answer, run it again."
    seen = state.swarm(deployment)
    if seen is not None and seen.without(host) is None:
        yield f"{host} alone managed the swarm: the overlays in it are lost. `pulumi up` makes them"
        yield f"anew, and these containers: {', '.join(anew) or 'none'}."
