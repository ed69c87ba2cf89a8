"""Strategy overlay: a subnet of the containers' own across hosts, carried by VXLAN.

The engines find each other through a control plane (components/control_planes/).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from ipaddress import ip_address
from typing import Any, ClassVar, Literal

import pulumi
import pulumi_docker as docker
from pydantic import Field

from components.control_planes import PLANES, ControlPlane, PlaneName
from components.host import Host
from components.networks.base import Network, NetworkContext, NetworkSettings, network_labels
from planning import records, routes
from planning.conflicts import EVERYWHERE, Claim, Item, network_key
from planning.contract import Contract
from planning.facts import HostFacts
from planning.mtu import ENCAPSULATION

_DRIVER = "com.docker.network.driver"
_VNIS = range(4096, 1 << 24)


class OverlaySettings(NetworkSettings):
    """An overlay network in the stack file."""

    contracts: ClassVar[tuple[Contract, ...]] = tuple(p.contract for p in PLANES.values())

    strategy: Literal["overlay"] = Field(
        description="overlay: containers have a subnet of their own across hosts, and names"
    )
    control_plane: Literal["auto"] | PlaneName = Field(
        default="auto",
        description="How the engines find each other; auto: as the hosts do already, else swarm",
    )
    mtu: int | None = Field(
        default=None,
        ge=576,
        le=65485,
        description="Largest packet of the containers, in bytes; default 1450 (1500 less VXLAN's "
        "50); needs swarm",
    )
    encrypted: bool = Field(
        default=False, description="Encrypt what goes from host to host (IPsec); needs swarm"
    )

    @property
    def plane(self) -> type[ControlPlane]:
        """The control plane, once it is settled."""
        assert self.control_plane != "auto"
        return PLANES[self.control_plane]

    @property
    def in_store(self) -> bool:
        return self.plane.in_store

    @property
    def contract(self) -> Contract:
        return self.plane.contract

    def refusals(self, host: str, facts: HostFacts) -> Iterator[str]:
        yield from (
            f"{word} cannot be had on Consul, where this overlay is: remove it"
            for word in ("mtu", "encrypted")
            if self.control_plane == "consul" and getattr(self, word)
        )
        instead = "write another subnet, e.g. 172.31.254.0/24"
        yield from routes.meeting("subnet", self.subnet, {host: facts}, instead)
        bridge = routes.coming_bridge(facts)
        if bridge is not None and bridge.overlaps(self.subnet):
            yield (
                f"subnet {self.subnet} meets {bridge}, which Docker on {host} will give "
                f"docker_gwbridge, its containers' way out: {instead}"
            )
        if self.encrypted and facts.modules.get("esp4") == "missing":
            yield (
                f"the kernel of {host} ({facts.kernel}) has no module esp4, without which encrypted "
                "traffic is dropped: install a kernel that has it, or take `encrypted` out"
            )

    def items(self, name: str, hosts: Sequence[str]) -> list[Item]:
        assert self.control_plane != "auto"
        here = self.on(hosts)
        claims = frozenset(
            {
                Claim("name", EVERYWHERE, f"network {name}"),
                Claim("subnet", EVERYWHERE, str(self.subnet)),
            }
        )
        key = network_key(name, "", self.control_plane)
        return [Item("network", here[0], name, key, claims, plane=self.control_plane)]

    def daemon_settings(self, address: str, store: str | None) -> dict[str, Any]:
        return self.plane.daemon_settings(address, store)

    def options(self, vni: int) -> dict[str, str] | None:
        """Docker's options of the network; None leaves them to it.

        Docker adds the VXLAN's number to options that are given, and the docker plugin would
        replace the network for it: so where there are options, the number is one of them.
        """
        options: dict[str, str] = {}
        if self.mtu is not None:
            options[f"{_DRIVER}.mtu"] = str(self.mtu + ENCAPSULATION)
        if self.encrypted:
            options["encrypted"] = "true"
        if options:
            options[f"{_DRIVER}.overlay.vxlanid_list"] = str(vni)
        return options or None


class OverlayNetwork(Network):
    """One overlay network, made through one engine and seen by all that share its control plane."""

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
        assert settings.control_plane != "auto"
        self._plane = context.planes[settings.control_plane]
        self.in_store = self._plane.in_store
        hosts = settings.on(list(context.hosts))
        maker = context.hosts[self._plane.maker(hosts)]
        self._maker = maker.host_name
        mark = self._plane.mark(maker, name)
        elsewhere = [n for host in context.hosts.values() if host is not maker for n in host.names]
        self.network = docker.Network(
            f"{name}@{maker.host_name}",
            name=name,
            driver="overlay",
            attachable=True if self._plane.attachable else None,
            options=settings.options(vni(pulumi.get_stack(), name)),
            ipam_configs=[
                docker.NetworkIpamConfigArgs(
                    subnet=str(settings.subnet), gateway=str(settings.gateway_address)
                )
            ],
            labels=network_labels(mark),
            opts=pulumi.ResourceOptions(
                parent=self,
                provider=maker.provider,
                depends_on=list(self._plane.before_network(hosts)),
                # The same network, whichever engine it is made or looked at through.
                aliases=maker.aliases(name, elsewhere),
                ignore_changes=None if mark.known else ["labels"],
                import_=self._there(maker, name) if self.in_store and not mark.anew else None,
            ),
        )
        members = "".join(f"{member}\n" for member in sorted(context.members.get(name, ())))
        self.endpoints = maker.change(
            f"{name}-endpoints",
            "endpoints.sh",
            self.network.id.apply(
                lambda id_: records.text(
                    members,
                    record=maker.record(f"endpoints-{name}"),
                    intact=True,
                    header={"network": name, "id": id_},
                )
            ),
            parent=self,
            elsewhere=elsewhere,
            triggers=[self.network.id],
        )
        self._shown = {
            "strategy": settings.strategy,
            "control_plane": settings.control_plane,
            "subnet": str(settings.subnet),
            "hosts": hosts,
        }
        self.register_outputs(self._shown)

    @staticmethod
    def _there(maker: Host, name: str) -> str | None:
        """The ID of the network if its engine shows it.

        A refresh while the store is away takes the network out of Pulumi's state, as the engine
        cannot see it then; it is taken over as it is.
        """
        found = maker.facts.networks if isinstance(maker.facts, HostFacts) else None
        same = (name, maker.stack, "overlay", "global")
        ours = [n.id for n in found or [] if (n.name, n.stack, n.driver, n.scope) == same]
        return ours[0] if ours else None

    def name_on(self, host: str) -> pulumi.Input[str]:
        return self.network.name

    def identity_on(self, host: str) -> pulumi.Output[str]:
        return pulumi.Output.all(self.network.id, self._plane.identity(host)).apply(
            lambda found: " ".join(part[:12] for part in found if part)
        )

    def resources_on(self, host: str) -> Sequence[pulumi.Resource]:
        return [self.endpoints, *self._plane.before_container(host)]

    def made_on(self, host: str) -> docker.Network | None:
        return self.network if host == self._maker else None

    def shown(self) -> dict[str, Any]:
        return self._shown


def vni(stack: str, network: str) -> int:
    """A VXLAN number of the network's own, the same at every run."""
    digest = sha256(f"{stack}/{network}".encode()).digest()
    return _VNIS[int.from_bytes(digest[:8]) % len(_VNIS)]


def advertisable(address: str) -> bool:
    """Whether an engine can be given ``address`` for its peers: an IP address, not a name."""
    try:
        ip_address(address)
    except ValueError:
        return False
    return True
