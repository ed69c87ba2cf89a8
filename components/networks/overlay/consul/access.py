"""The files that hosts use the stack's Consul with, put there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_command as command

from components.host import Host
from components.networks.overlay.consul.access_files import CHANGE, Access, folder_of
from components.networks.overlay.consul.settings import ConsulSettings
from planning import records
from planning.facts import HostFacts


@dataclass(frozen=True)
class HostAccess:
    """What a host has been given. ``folder``: its path there. ``environment``: dockerd's, or None."""

    folder: str
    environment: str | None
    change: command.remote.Command


class ConsulAccess(pulumi.ComponentResource):
    """The token and certificates of the server, on its host and on those whose engines use it."""

    def __init__(
        self,
        name: str,
        hosts: Mapping[str, Host],
        given: Mapping[str, Access],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("crosshost:consul:ConsulAccess", name, {"hosts": list(given)}, opts)
        self.of: dict[str, HostAccess] = {
            host: self._give(hosts[host], access) for host, access in given.items()
        }
        self.register_outputs({})

    def _give(self, host: Host, access: Access) -> HostAccess:
        folder = folder_of(host.stack, access)
        here = host.facts.certificates if isinstance(host.facts, HostFacts) else {}
        name = access.hash[:16]
        intact = here.get(name) == f"{access.hash} {access.mode}"
        if name in here and not intact:
            pulumi.log.warn(
                f"{host.host_name}: what it uses Consul with was changed by hand: up writes it again",
                resource=self,
            )
        lines = {file: str(len(text.splitlines())) for file, text in access.files.items()}
        header = records.text(
            "",
            record=host.record(CHANGE),
            intact=intact,
            header={"folder": CHANGE, "hash": access.hash, "mode": access.mode, **lines},
        )
        content = pulumi.Output.secret(header + "".join(access.files.values()))
        change = host.change(CHANGE, "tls.sh", content, parent=self)
        return HostAccess(folder, f"{folder}/token" if access.token else None, change)


def grant_access(
    settings: ConsulSettings | None,
    hosts: Mapping[str, Host],
    needed: Mapping[str, Mapping[str, object]],
) -> ConsulAccess | None:
    """What the hosts are given that use the server, None where it asks for nothing.

    ``needed``: host -> the keys of daemon.json that its networks need.
    """
    users = [host for host, keys in needed.items() if "cluster-store" in keys]
    if settings is None or not (given := settings.accesses(users)):
        return None
    return ConsulAccess("consul-access", hosts, given)
