"""The sections of a stack file by their full names, and the error that all of them share."""

from __future__ import annotations

from planning.problems import nearest

HOSTS, NETWORKS, CONTAINERS = "crosshost:hosts", "crosshost:networks", "crosshost:containers"
CONSUL, SWARM, DNS = "crosshost:consul", "crosshost:swarm", "crosshost:dns"


def unknown_host(host: str, named: set[str]) -> str:
    """What is said of a host that the stack file does not have."""
    return f"there is no host {host!r}: write one of {', '.join(nearest(host, named)) or 'crosshost:hosts'}"
