"""The contract of a control plane: how the engines of an overlay's hosts find each other.

One folder here and one line in planes.py add another one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

import pulumi

from components.host import Host
from components.networks.network import NetworkContext
from planning.contract import Contract, Reach
from planning.made_label import MadeLabel
from planning.ports import Port
from planning.vxlan_numbers import PORT

# What Docker's overlay driver is like, whoever tells its engines of each other.
OVERLAY_REACH: Mapping[Reach, bool] = {
    Reach.SAME_HOST: True,
    Reach.ACROSS: True,
    Reach.NAMES: True,
    Reach.OWN_HOST: False,
    Reach.OTHER_HOST: False,
    Reach.FROM_LAN: False,
    Reach.TO_LAN: True,
    Reach.PUBLISHED: True,
}
OVERLAY_MODULES = ("vxlan", "bridge", "veth")
# What is changed for them beside (components/firewall.py).
RULES = "rules of iptables that let only the hosts reach these ports, and a unit that keeps them"
OVERLAY_PORTS: tuple[Port, ...] = (("tcp", 7946), ("udp", 7946), ("udp", PORT))


class ControlPlane(ABC):
    """One control plane, by what the program made for it.

    ``attachable``: networks must say that containers may join by themselves. ``in_store``: the
    engines see the networks only while the plane's server runs.
    """

    contract: ClassVar[Contract]
    attachable: ClassVar[bool] = False
    in_store: ClassVar[bool] = False

    @abstractmethod
    def __init__(self, context: NetworkContext) -> None:
        """Takes what it stands on from ``context``."""

    @staticmethod
    def daemon_settings(address: str, store: str | None) -> dict[str, object]:
        """The keys of daemon.json that the plane needs on the host of an address.

        ``store``: the cluster store of the stack, None where it has none.
        """
        return {}

    @property
    def hidden(self) -> bool:
        """Whether the engines cannot see the networks now, though they are there."""
        return False

    @abstractmethod
    def maker(self, hosts: Sequence[str]) -> str:
        """The host (of the stack) whose engine makes a network of ``hosts``."""

    @abstractmethod
    def before_network(self, hosts: Sequence[str]) -> Sequence[pulumi.Resource]:
        """What must be there before a network of ``hosts`` is made."""

    def made_label(self, maker: Host, network: str) -> MadeLabel:
        """The label crosshost.made of a network that the engine of ``maker`` makes."""
        return maker.made_label("network", network)

    def identity(self, host: str) -> pulumi.Input[str]:
        """What a host's containers are bound to beside the network; they are replaced with it."""
        return ""

    @abstractmethod
    def before_container(self, host: str) -> Sequence[pulumi.Resource]:
        """What must be there, beside the network, before a container on ``host`` joins it."""

    def pause(self, host: str) -> float:
        """Seconds that the host's engine needs between the end of a container and the start of the next."""
        return 0
