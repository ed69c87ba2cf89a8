"""What the control planes of networks keep of a host, and the commands that take it off its peers."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from planning import forgetting


@dataclass(frozen=True)
class Cleaning:
    """A command that takes a host's traces off a peer of it."""

    host: str
    command: str
    what: str


def consul(deployment: forgetting.Deployment, host: str, address: str) -> Iterator[Cleaning]:
    """What Consul's overlays and its key-value store keep of a host."""
    server = forgetting.consul(deployment)
    if server is None or server.host == host:
        return
    for overlay, container in forgetting.attached(deployment, host):
        network, name = shlex.quote(overlay.name), shlex.quote(container)
        if overlay.control_plane == "consul" and (peer := overlay.without(host)):
            yield Cleaning(
                peer,
                "docker network inspect --format '{{range .Containers}}{{println .Name}}{{end}}' "
                f"{network} | grep -qxF -e {name} || exit 0; "
                f"docker network disconnect --force {network} {name}",
                f"takes {container} off network {overlay.name}",
            )
    keys = shlex.quote(f"docker/nodes/{address}:")
    yield Cleaning(
        server.host,
        f"docker exec {shlex.quote(server.container)} consul kv delete -recurse {keys} >/dev/null",
        f"takes {address} out of Consul",
    )


def swarm(deployment: forgetting.Deployment, host: str, _address: str) -> Iterator[Cleaning]:
    """What a swarm keeps of a host: its node. Where it was the only manager, the swarm is no more."""
    seen = forgetting.swarm(deployment)
    if seen is None or host not in seen.nodes:
        return
    manager = seen.without(host)
    if manager is not None:
        node = shlex.quote(seen.nodes[host])
        yield Cleaning(
            manager,
            f"docker node inspect {node} >/dev/null 2>&1 || exit 0; "
            f"docker node demote {node} >/dev/null 2>&1; docker node rm --force {node} >/dev/null",
            f"takes {host} off the swarm's list of nodes",
        )
        return
    for member in seen.nodes:
        if member != host:
            yield Cleaning(
                member,
                "[ \"$(docker info --format '{{.Swarm.LocalNodeState}}')\" = inactive ] || "
                "docker swarm leave --force >/dev/null",
                f"leaves the swarm, which {host} alone managed: the next up begins a new one",
            )


# What each control plane keeps of a host.
CONTROL_PLANES = (consul, swarm)
