"""The component of a network: what it makes on hosts, and what it gives the containers on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from typing import TypeVar

import pulumi
import pulumi_docker as docker

from components.daemon import DaemonConfig
from components.host import ConfiguredHost
from planning.compose import NetworkAttachment
from planning.made_label import MadeLabel

Part = TypeVar("Part", bound=pulumi.ComponentResource)


@dataclass(frozen=True)
class NetworkContext:
    """What the components of networks are given beside their settings.

    ``container_names``: network -> the Docker names of the stack's containers on it. ``daemons``: of hosts
    whose daemon.json has keys of ours. ``parts``: components that strategies stand on, asked for by
    their type. ``guards``: what must be there before a host speaks to its peers (firewall rules).
    """

    hosts: Mapping[str, ConfiguredHost]
    container_names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    daemons: Mapping[str, DaemonConfig] = field(default_factory=dict)
    parts: tuple[pulumi.ComponentResource, ...] = ()
    guards: tuple[pulumi.Resource, ...] = ()

    def part(self, kind: type[Part]) -> Part | None:
        """The component of type ``kind``, None where the stack has none."""
        return next((one for one in self.parts if isinstance(one, kind)), None)


@dataclass(frozen=True)
class Attachment:
    """What a network gives a container on a host.

    ``network``: the Docker network's name. ``address``, ``ipv6``: None where Docker chooses it, or there is
    none. ``dns``: name servers (IPv4 addresses), where the container has none of its own.
    """

    network: pulumi.Input[str]
    address: IPv4Address | None = None
    dns: tuple[str, ...] = ()
    ipv6: IPv6Address | None = None


class Network(pulumi.ComponentResource):
    """A network that containers on its hosts can join."""

    @property
    def hidden(self) -> bool:
        """Whether its engines cannot see it now, though it is there."""
        return False

    @property
    def has_ipv6(self) -> bool:
        """Whether it has an IPv6 subnet, too."""
        return "subnet6" in self.outputs()

    @property
    def carriers(self) -> Sequence[pulumi.Resource]:
        """What of its own carries packets between hosts: its change asks for the proof again."""
        return ()

    @property
    def interrupts(self) -> Mapping[str, str]:
        """Host -> the sentence, said in the preview, on what cuts its containers off for a moment."""
        return {}

    def is_made_anew(self, host: str) -> bool:
        """Whether a network that was taken over on ``host`` is made of something else from now on."""
        return False

    def attach(self, host: str, container: str, join: NetworkAttachment) -> Attachment:
        """What a container (its Docker name) on ``host`` gets.

        ``join``: what the stack file says of it there. The network's name is the network's own
        output, so that the container waits for it.
        """
        raise NotImplementedError

    def identity_on(self, host: str) -> pulumi.Output[str]:
        """What a container on ``host`` is bound to and replaced with: the network's ID, and more."""
        raise NotImplementedError

    def resources_on(self, host: str) -> Sequence[pulumi.Resource]:
        """What must exist before a container on ``host`` can join."""
        raise NotImplementedError

    def pause_on(self, host: str) -> float:
        """Seconds that the host's engine needs between the end of a container and the start of the next."""
        return 0

    def made_on(self, host: str) -> docker.Network | None:
        """The network's resource on ``host``, None where another host's engine holds it."""
        raise NotImplementedError

    def outputs(self) -> dict[str, object]:
        """The network's row in the stack's outputs."""
        raise NotImplementedError


def network_labels(made: MadeLabel) -> list[docker.NetworkLabelArgs]:
    """The labels of a network that crosshost makes."""
    labels = {"crosshost.stack": pulumi.get_stack()}
    if made.value:
        labels["crosshost.made"] = made.value
    return [docker.NetworkLabelArgs(label=key, value=labels[key]) for key in sorted(labels)]
