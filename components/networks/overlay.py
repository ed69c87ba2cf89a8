"""Strategy overlay: a subnet of the containers' own across hosts, carried by VXLAN.

The engines find each other through a control plane; this one is Consul.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from typing import Any, ClassVar, Literal

import pulumi
import pulumi_docker as docker
from pydantic import Field

from components.consul import ConsulServer
from components.host import Host
from components.networks.base import Network, NetworkContext, NetworkSettings
from planning.facts import HostFacts
from planning.ports import Port


class OverlaySettings(NetworkSettings):
    """An overlay network in the stack file."""

    needs_consul: ClassVar[bool] = True
    modules: ClassVar[tuple[str, ...]] = ("vxlan", "bridge", "veth")
    ports: ClassVar[tuple[Port, ...]] = (("tcp", 7946), ("udp", 7946), ("udp", 4789))

    strategy: Literal["overlay"] = Field(
        description="overlay: containers have a subnet of their own across hosts, and names"
    )
    control_plane: Literal["consul"] = Field(
        default="consul", description="How the engines find each other"
    )

    @classmethod
    def lacks(cls, host: str, facts: HostFacts) -> Iterator[str]:
        yield from super().lacks(host, facts)
        if facts.engine is None:
            return
        if "consul" not in facts.backends:
            have = ", ".join(sorted(facts.backends)) or "none"
            yield (
                f"Docker {facts.engine.version} on {host} has no Consul back end (cluster-store "
                f"back ends: {have}): use an engine up to 20.10 that has it, or another strategy, "
                "e.g. macvlan"
            )
        if facts.engine.swarm not in ("inactive", ""):
            yield (
                f"{host} is in a swarm, which an engine cannot combine with a cluster store: "
                "`docker swarm leave` there, or use another host"
            )

    def daemon_settings(self, host: Host, consul: ConsulServer | None) -> dict[str, Any]:
        assert consul is not None  # settings refuse an overlay on Consul without one
        return {
            "cluster-store": consul.cluster_store,
            "cluster-advertise": f"{host.endpoint.address}:0",
        }


class OverlayNetwork(Network):
    """One overlay network, made through one engine and seen by all that share its store."""

    in_store: ClassVar[bool] = True

    def __init__(
        self,
        name: str,
        settings: OverlaySettings,
        context: NetworkContext,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(
            "crosshost:networks:OverlayNetwork", name, settings.model_dump(mode="json"), opts
        )
        hosts = settings.on(list(context.hosts))
        maker = context.hosts[hosts[0]]
        self._maker = maker.host_name
        self.network = docker.Network(
            f"{name}@{maker.host_name}",
            name=name,
            driver="overlay",
            ipam_configs=[
                docker.NetworkIpamConfigArgs(
                    subnet=str(settings.subnet), gateway=str(settings.gateway_address)
                )
            ],
            labels=[docker.NetworkLabelArgs(label="crosshost.stack", value=pulumi.get_stack())],
            opts=pulumi.ResourceOptions(
                parent=self,
                provider=maker.provider,
                depends_on=[context.daemons[host].change for host in hosts],
            ),
        )
        members = "".join(f"{member}\n" for member in sorted(context.members.get(name, ())))
        self.endpoints = maker.change(
            f"{name}-endpoints",
            "endpoints.sh",
            self.network.name.apply(lambda network: f"network={network}\n{members}"),
            parent=self,
        )
        self._shown = {
            "strategy": settings.strategy,
            "control_plane": settings.control_plane,
            "subnet": str(settings.subnet),
            "hosts": hosts,
        }
        self.register_outputs(self._shown)

    def name_on(self, host: str) -> pulumi.Input[str]:
        return self.network.name

    def resources_on(self, host: str) -> Sequence[pulumi.Resource]:
        return [self.endpoints]

    def made_on(self, host: str) -> docker.Network | None:
        return self.network if host == self._maker else None

    def shown(self) -> dict[str, Any]:
        return self._shown


def advertisable(address: str) -> bool:
    """Whether an engine can be given ``address`` for its peers: an IP address, not a name."""
    try:
        ip_address(address)
    except ValueError:
        return False
    return True
