"""What facts show of a Consul server: whether it runs, was moved, or has lost its data."""

from __future__ import annotations

from collections.abc import Mapping

from components.host import Host
from components.networks.overlay.consul.settings import ConsulSettings
from planning import made_label as labels
from planning.daemon_held import written_keys
from planning.facts import HostFacts
from planning.made_label import MadeLabel


def runs(settings: ConsulSettings, host: Host) -> bool:
    """Whether facts show that the server runs, or could not tell."""
    if not isinstance(host.facts, HostFacts):
        return False
    return host.facts.containers is None or any(
        container.name == settings.container_name and container.state == "running"
        for container in host.facts.containers
    )


def moved(settings: ConsulSettings, hosts: Mapping[str, Host]) -> bool:
    """Whether the daemons' store is a server on another host than ``settings`` say.

    Where the host itself had the server at the last up, its port or address alone has changed.
    """
    wanted = settings.cluster_store({name: one.endpoint.address for name, one in hosts.items()})
    stores = {
        written_keys(record).get("cluster-store", wanted)
        for one in hosts.values()
        if (record := one.record("daemon")) is not None
    }
    others = {one.endpoint.address for name, one in hosts.items() if name != settings.host}
    # A move that was cut off has left its record on the new host, and the old store with some daemons.
    if any(store.startswith(f"consul://{address}:") for store in stores for address in others):
        return True
    return hosts[settings.host].record("consul") is None and stores - {wanted} != set()


def data_lost(volume: str, host: Host) -> bool:
    """Whether the server's volume, which an up made, is gone."""
    facts = host.facts
    return (
        isinstance(facts, HostFacts) and facts.volumes is not None and volume not in facts.volumes
    )


def made_label(container: str, host: Host) -> MadeLabel:
    """The server's label crosshost.made. One that was stopped is started by its leader's check."""
    rows = host.facts.containers if isinstance(host.facts, HostFacts) else None
    there = next((r for r in rows or [] if (r.name, r.stack) == (container, host.stack)), None)
    if there is not None:
        return MadeLabel(there.made)
    row = f"consul\ncontainer - {container}\n" if host.record("consul") is not None else None
    return labels.made_label(host.facts, row, "container", container, host.stack)
