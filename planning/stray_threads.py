"""A fault of Docker 20.10 on overlays in a cluster store, and the way out of it."""

from __future__ import annotations

from planning.facts import HostFacts


def sentences(host: str, facts: HostFacts) -> list[str]:
    """What is wrong with a daemon that has threads in namespaces that are gone, and what mends it."""
    if not facts.stray_threads:
        return []
    return [
        f"Docker on {host} works in a network namespace that is gone, a fault of engines up to 20.10 "
        "(moby/libnetwork#1838): names of other containers vanish there, and starting a container fails with "
        f'"network is unreachable". `systemctl restart docker` on {host} mends it'
    ]
