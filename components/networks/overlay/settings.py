"""What the stack file says of an overlay network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from components.networks.base import NetworkSettings, Stack
from components.networks.dual_stack import NO_IPV6
from components.networks.overlay.consul.access_files import store_options
from components.networks.overlay.consul.settings import ConsulSettings
from components.networks.overlay.mtu import ENCAPSULATION
from components.networks.overlay.plane import ControlPlane
from components.networks.overlay.planes import PLANES, PlaneName
from planning import adoption, routes
from planning.adoption import MadeOverlay
from planning.conflicts import EVERYWHERE, Claim, Item, network_key
from planning.contract import Contract
from planning.facts import HostFacts, NetworkFacts
from planning.facts.networks import VXLAN_NUMBERS
from planning.fleet_facts import FleetFacts
from planning.reachability.links import HostLink

_USUAL_MTU = 1500 - ENCAPSULATION
MTU_OPTION = "com.docker.network.driver.mtu"


class OverlaySettings(NetworkSettings):
    """An overlay network in the stack file."""

    contracts: ClassVar[tuple[Contract, ...]] = tuple(p.contract for p in PLANES.values())
    refused: ClassVar[Mapping[str, str]] = {"subnet6": NO_IPV6, "enable_ipv6": NO_IPV6}

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

    adopt: bool = Field(
        default=False,
        description="Where the swarm has a network of that name which crosshost did not make, it is taken "
        "over as it is; needs `control_plane: swarm`",
    )

    @model_validator(mode="after")
    def adopts_of_a_swarm(self) -> OverlaySettings:
        if self.adopt and self.control_plane != "swarm":
            raise ValueError(
                "adopt: takes over networks of a swarm: write `control_plane: swarm`, or take `adopt` out"
            )
        return self

    def ipv6_problem(
        self, name: str, address: IPv6Address, beside: IPv4Address | None
    ) -> str | None:
        return NO_IPV6

    @property
    def adopts(self) -> bool:
        return self.adopt

    @property
    def made_of(self) -> MadeOverlay:
        """What Docker makes the network of."""
        return MadeOverlay(str(self.subnet), str(self.gateway_address), self._own_options())

    def unlike(self, found: NetworkFacts, host: str, facts: HostFacts) -> str:
        return adoption.overlay_difference(facts, found, self.made_of)

    @property
    def plane(self) -> type[ControlPlane]:
        """The control plane, once it is settled."""
        assert self.control_plane != "auto"
        return PLANES[self.control_plane]

    @property
    def contract(self) -> Contract:
        return self.plane.contract

    def describe(self, last: Mapping[str, object]) -> str:
        open_ = self.control_plane == "auto"
        chosen = last.get("control_plane") if open_ else self.control_plane
        titles = {name: plane.contract.title for name, plane in PLANES.items()}
        return next((titles[name] for name in titles if name == chosen), "overlay")

    @property
    def control_plane_joined(self) -> PlaneName | None:
        return None if self.control_plane == "auto" else self.control_plane

    def refusals(self, name: str, fleet: FleetFacts) -> Iterator[str]:
        made = any(
            (one.name, one.stack) == (name, fleet.stack)
            for facts in fleet.answering.values()
            for one in facts.networks or []
        )
        for host in self.on(list(fleet.answering)):
            facts = fleet.answering[host]
            yield from self.contract.refusals(host, facts)
            yield from self.refusals_on(host, routes.without_bridges(facts) if made else facts)

    def refusals_on(self, host: str, facts: HostFacts) -> Iterator[str]:
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

    def refusals_between(self, fleet: FleetFacts) -> Iterator[str]:
        if self.control_plane != "swarm":  # whose ports are the swarm's own matter
            yield from super().refusals_between(fleet)

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

    def daemon_settings(self, host: str, stack: Stack, fleet: FleetFacts) -> dict[str, object]:
        consul, facts = stack.section(ConsulSettings), fleet.facts[host]
        # Without a Consul up stops before it comes here, and a preview shows the store that is there.
        engine = facts.engine if isinstance(facts, HostFacts) else None
        there = engine.cluster_store if engine else None
        store = consul.cluster_store(fleet.addresses) if consul else there
        keys = self.plane.daemon_settings(fleet.addresses[host], store)
        if consul is not None and "cluster-store" in keys:
            access = consul.accesses([host]).get(host)
            keys |= store_options(access, fleet.stack) if access else {}
        return keys

    def link_on(self, name: str, host: str, *, stack: str, address: str) -> HostLink:
        # What encryption takes depends on the engine.
        mtu = 0 if self.encrypted else self.mtu or _USUAL_MTU
        return HostLink(name, host, mtu=mtu, overhead=ENCAPSULATION, engine="docker")

    def options(self, vni: int) -> dict[str, str] | None:
        """Docker's options of the network; None leaves them to it.

        Docker adds the VXLAN's number to options that are given, and the docker plugin would
        replace the network for it: so where there are options, the number is one of them.
        """
        options = self._own_options()
        if options:
            options[VXLAN_NUMBERS] = str(vni)
        return options or None

    def _own_options(self) -> dict[str, str]:
        options: dict[str, str] = {}
        if self.mtu is not None:
            options[MTU_OPTION] = str(self.mtu + ENCAPSULATION)
        if self.encrypted:
            options["encrypted"] = "true"
        return options
