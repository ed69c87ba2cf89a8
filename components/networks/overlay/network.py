"""An overlay network, made through one engine and seen by all that share its control plane."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import pulumi
import pulumi_docker as docker

from components.host import Host
from components.networks.network import Attachment, Network, NetworkContext, network_labels
from components.networks.overlay.endpoints import left_endpoints, left_sentence
from components.networks.overlay.settings import OverlaySettings
from planning import adoption, records
from planning.compose import NetworkAttachment
from planning.facts import HostFacts

_VNIS = range(4096, 1 << 24)


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
            "crosshost:networks:OverlayNetwork",
            name,
            # A network that is up has no change where it is as ever.
            settings.model_dump(mode="json", exclude={"adopt"}),
            opts,
        )
        self._plane = settings.plane(context)
        hosts = settings.on(list(context.hosts))
        maker = context.hosts[self._plane.maker(hosts)]
        self._maker = maker.host_name
        made = self._plane.made_label(maker, name)
        adopted = _adopted(name, settings, maker)
        self._anew = adopted is None and _is_taken_over(name, maker)
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
            labels=network_labels(made),
            opts=pulumi.ResourceOptions(
                parent=self,
                provider=maker.provider,
                depends_on=list(self._plane.before_network(hosts)),
                # The same network, whichever engine it is made or looked at through.
                aliases=maker.aliases(name, elsewhere),
                # An option of one that was made by hand is the number that the swarm gave it.
                ignore_changes=["labels", "options"] if adopted or not made.known else None,
                import_=self._there(maker, name, settings)
                if self._plane.in_store and not made.anew
                else adopted,
            ),
        )
        members = sorted(context.container_names.get(name, ()))
        joined = "".join(f"{member}\n" for member in members)
        left = left_endpoints(name, members, maker, context.hosts) if self._plane.in_store else []
        if left:
            pulumi.log.warn(left_sentence(name, left), resource=self)
        self.endpoints = maker.change(
            f"{name}-endpoints",
            "endpoints.sh",
            self.network.id.apply(
                lambda id_: records.text(
                    joined,
                    record=maker.record(f"endpoints-{name}"),
                    intact=not left,
                    header={"network": name, "id": id_}
                    | ({"free": ",".join(left)} if left else {}),
                )
            ),
            parent=self,
            elsewhere=elsewhere,
            triggers=[self.network.id],
        )
        self._outputs: dict[str, object] = {
            "strategy": settings.strategy,
            "control_plane": settings.control_plane,
            "subnet": str(settings.subnet),
            "hosts": hosts,
        }
        self.register_outputs(self._outputs)

    @staticmethod
    def _there(maker: Host, name: str, settings: OverlaySettings) -> str | None:
        """The ID of the network if its engine shows it, made of what the settings say.

        A refresh while the store is away takes the network out of Pulumi's state, as the engine
        cannot see it then; it is taken over as it is. One that is to be replaced is not: Pulumi refuses
        that of what has an ID to import.
        """
        if not isinstance(maker.facts, HostFacts):
            return None
        id_ = maker.facts.in_store(name, maker.stack)
        if id_ is None:
            return None
        wanted = (
            str(settings.subnet),
            str(settings.gateway_address),
            settings.options(vni(maker.stack, name)) or {},
        )
        seen = maker.facts.overlays.get(id_)
        return id_ if seen is None or seen.is_made_of(*wanted) else None

    @property
    def hidden(self) -> bool:
        return self._plane.hidden

    def is_made_anew(self, host: str) -> bool:
        return self._anew

    def attach(self, host: str, container: str, join: NetworkAttachment) -> Attachment:
        return Attachment(self.network.name, join.ipv4_address)

    def identity_on(self, host: str) -> pulumi.Output[str]:
        return pulumi.Output.all(self.network.id, self._plane.identity(host)).apply(
            lambda found: " ".join(part[:12] for part in found if part)
        )

    def resources_on(self, host: str) -> Sequence[pulumi.Resource]:
        return [self.endpoints, *self._plane.before_container(host)]

    def pause_on(self, host: str) -> float:
        return self._plane.pause(host)

    def made_on(self, host: str) -> docker.Network | None:
        return self.network if host == self._maker else None

    def outputs(self) -> dict[str, object]:
        return self._outputs


def _adopted(name: str, settings: OverlaySettings, maker: Host) -> str | None:
    """The ID of a swarm's network that the stack takes over, as long as it is what the settings say."""
    if not isinstance(maker.facts, HostFacts):
        return None
    found = adoption.overlay(maker.facts, name, settings.made_of)
    return found.id if found else None


def _is_taken_over(name: str, maker: Host) -> bool:
    return isinstance(maker.facts, HostFacts) and adoption.is_taken_over(maker.facts, name)


def vni(stack: str, network: str) -> int:
    """A VXLAN number of the network's own, the same at every run."""
    digest = sha256(f"{stack}/{network}".encode()).digest()
    return _VNIS[int.from_bytes(digest[:8]) % len(_VNIS)]
