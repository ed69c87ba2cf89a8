"""The strategies. A new one is one file here and one line in each of the two tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

import pulumi
from pydantic import Field

from components.consul import ConsulServer
from components.daemon import DaemonConfig
from components.host import Host
from components.networks.base import Network, NetworkContext, NetworkSettings
from components.networks.macvlan import MacvlanNetwork, MacvlanSettings
from components.networks.overlay import OverlayNetwork, OverlaySettings

AnyNetwork = Annotated[MacvlanSettings | OverlaySettings, Field(discriminator="strategy")]

_COMPONENTS: dict[type[NetworkSettings], Callable[..., Network]] = {
    MacvlanSettings: MacvlanNetwork,
    OverlaySettings: OverlayNetwork,
}


def make_network(
    name: str,
    settings: NetworkSettings,
    context: NetworkContext,
    opts: pulumi.ResourceOptions | None = None,
) -> Network:
    """The component of the settings' strategy."""
    component: Any = _COMPONENTS[type(settings)]
    network: Network = component(name, settings, context, opts)
    return network


def daemon_settings(
    networks: Mapping[str, NetworkSettings], hosts: Mapping[str, Host], consul: ConsulServer | None
) -> dict[str, dict[str, Any]]:
    """Host -> the keys of daemon.json that its networks need together."""
    wanted: dict[str, dict[str, Any]] = {name: {} for name in hosts}
    for settings in networks.values():
        for name in settings.on(list(hosts)):
            wanted[name] |= settings.daemon_settings(hosts[name], consul)
    return wanted


def make_networks(
    networks: Mapping[str, NetworkSettings],
    hosts: Mapping[str, Host],
    daemons: Mapping[str, DaemonConfig],
    members: Mapping[str, Sequence[str]],
) -> dict[str, Network]:
    """The component of every network of the stack."""
    context = NetworkContext(hosts, daemons, members)
    return {name: make_network(name, settings, context) for name, settings in networks.items()}
