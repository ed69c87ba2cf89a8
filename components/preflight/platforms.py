"""Whether the hosts are what their containers' `platform` says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from components.container.settings import ContainerSettings
from planning.facts import HostFacts

# The kernel's names of processors, as `docker info` has them -> Docker's in a platform.
_PROCESSORS = {
    "x86_64": "amd64",
    "aarch64": "arm64",
    "armv7l": "arm/v7",
    "armv6l": "arm/v6",
    "i686": "386",
    "i386": "386",
}
# What Docker itself takes for the same.
_SAME = {"arm64/v8": "arm64", "arm": "arm/v7", "x86_64": "amd64", "aarch64": "arm64"}


def refusals(
    containers: Mapping[str, ContainerSettings], hosts: Mapping[str, HostFacts]
) -> Iterator[str]:
    """A sentence for each container whose host is another platform. ``hosts``: those that answer."""
    for name, container in containers.items():
        facts = hosts.get(container.host)
        if container.platform is None or facts is None or facts.engine is None:
            continue
        seen = facts.engine.architecture
        here = _PROCESSORS.get(seen, seen)
        wanted = container.platform.removeprefix("linux").removeprefix("/")
        if wanted and here and _SAME.get(wanted, wanted) != here:
            yield (
                f"{name} wants the platform {container.platform}, and {container.host} is linux/{here}: "
                "put it on another host, or take `platform` out"
            )
