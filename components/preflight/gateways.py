"""Whether the engines choose a container's default route as `gw_priority` says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from components.container.settings import ContainerSettings
from planning.facts import HostFacts

# API 1.48. An engine before takes no notice of it.
_FROM = 28


def refusals(
    containers: Mapping[str, ContainerSettings], hosts: Mapping[str, HostFacts]
) -> Iterator[str]:
    """A sentence for each container whose engine would not. ``hosts``: those that answer."""
    for name, container in containers.items():
        facts = hosts.get(container.host)
        if facts is None or facts.engine is None or facts.engine.major >= _FROM:
            continue
        asking = [net for net, join in container.attachments().items() if join.gw_priority]
        if asking:
            yield (
                f"{name} has `gw_priority` on {asking[0]}, which Docker {facts.engine.version} of "
                f"{container.host} takes no notice of: use Docker {_FROM} or newer there, or take it out and leave "
                f"{name} one network with a gateway"
            )
