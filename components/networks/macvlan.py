"""Strategy macvlan: containers with addresses of their own on the hosts' LAN."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Literal

import pulumi
import pulumi_docker as docker
from pydantic import Field, model_validator

from components.host import Host
from components.networks.base import Network, NetworkContext, NetworkSettings, network_labels
from components.nics import physical
from planning.conflicts import Claim, Item
from planning.contract import Contract, Path
from planning.facts import HostFacts
from planning.words import HostName, Interface, Subnet

CONTRACT = Contract(
    key="macvlan",
    title="macvlan",
    engines="any",
    addresses="of the hosts' LAN, chosen, or automatic from the host's block",
    changes="promiscuous mode of the NIC, if asked for, kept across reboots by a unit",
    networks="one network of the same name on each host",
    undo="the NIC's mode, the unit",
    reach={
        Path.SAME_HOST: True,
        Path.ACROSS: True,
        Path.NAMES: False,
        Path.OWN_HOST: False,
        Path.OTHER_HOST: True,
        Path.FROM_LAN: True,
        Path.TO_LAN: True,
        Path.PUBLISHED: False,
    },
    modules=("macvlan",),
)


class MacvlanSettings(NetworkSettings):
    """A macvlan network in the stack file."""

    contracts: ClassVar[tuple[Contract, ...]] = (CONTRACT,)

    strategy: Literal["macvlan"] = Field(
        description="macvlan: containers have addresses on the hosts' LAN"
    )
    parent: Interface | dict[HostName, Interface] = Field(
        description="The hosts' NIC on the LAN, or a VLAN on it (ens33.20), which Docker makes: one "
        "name for all, or a map host: NIC"
    )
    promiscuous: bool = Field(
        default=False,
        description="Set the NIC promiscuous, as virtual machines' NICs need; ens33 for ens33.20",
    )
    ip_range: dict[HostName, Subnet] | None = Field(
        default=None,
        description="Per host, the block that Docker takes automatic addresses from: without "
        "addresses of hosts, and of containers on other hosts",
    )

    @model_validator(mode="after")
    def ranges_fit(self) -> MacvlanSettings:
        seen: list[tuple[str, Subnet]] = []
        for host, block in (self.ip_range or {}).items():
            if not block.subnet_of(self.subnet):
                raise ValueError(f"ip_range of {host}: {block} is outside of {self.subnet}")
            for other, taken in seen:
                if block.overlaps(taken):
                    raise ValueError(
                        f"ip_range of {host} ({block}) and of {other} ({taken}) overlap: two "
                        "engines would give the same address"
                    )
            seen.append((host, block))
        return self

    def parent_on(self, host: str) -> str | None:
        """The parent NIC on ``host``, None if the map leaves it out."""
        return self.parent if isinstance(self.parent, str) else self.parent.get(host)

    def refusals(self, host: str, facts: HostFacts) -> Iterator[str]:
        parent = self.parent_on(host)
        if "links" in facts.unread:
            return
        if parent is not None and physical(parent) not in facts.nics:
            have = ", ".join(
                sorted(name for name in facts.nics if name != "lo" and not _virtual(name))
            )
            yield (
                f"there is no network interface {parent} on {host}: write one that it has ({have}), "
                f"as `parent: {{{host}: NIC}}` where hosts differ"
            )

    def items(self, name: str, hosts: Sequence[str]) -> list[Item]:
        return [
            replace(
                item,
                claims=item.claims | {Claim("parent", item.host, str(self.parent_on(item.host)))},
            )
            for item in super().items(name, hosts)
        ]

    def needs_address(self) -> bool:
        return self.ip_range is None


def on_parents(networks: Mapping[str, NetworkSettings], host: str) -> dict[str, list[str]]:
    """Parent -> the macvlan networks on it, on this host."""
    found: dict[str, list[str]] = {}
    for name, settings in networks.items():
        if isinstance(settings, MacvlanSettings) and settings.on([host]):
            found.setdefault(settings.parent_on(host) or "", []).append(name)
    return found


def promiscuous_on(networks: Mapping[str, NetworkSettings], host: str) -> bool:
    """Whether a NIC of this host is to be promiscuous."""
    return any(
        isinstance(settings, MacvlanSettings) and settings.promiscuous and bool(settings.on([host]))
        for settings in networks.values()
    )


class MacvlanNetwork(Network):
    """A macvlan network of the same name on each of its hosts, and their NICs as it needs them."""

    def __init__(
        self,
        name: str,
        settings: MacvlanSettings,
        context: NetworkContext,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(
            "crosshost:networks:MacvlanNetwork", name, settings.model_dump(mode="json"), opts
        )
        hosts = {host: context.hosts[host] for host in settings.on(list(context.hosts))}
        self.nics = (
            {host: _nic(settings, one, context) for host, one in hosts.items()}
            if settings.promiscuous
            else {}
        )
        marks = {host: one.mark("network", name) for host, one in hosts.items()}
        self.networks = {
            host: docker.Network(
                f"{name}@{host}",
                name=name,
                driver="macvlan",
                options={"parent": str(settings.parent_on(host))},
                ipam_configs=[_ipam(settings, host)],
                labels=network_labels(marks[host]),
                opts=pulumi.ResourceOptions(
                    parent=self,
                    provider=one.provider,
                    depends_on=one.after_daemon(),
                    ignore_changes=None if marks[host].known else ["labels"],
                    aliases=one.aliases(name),
                ),
            )
            for host, one in hosts.items()
        }
        self._shown = {
            "strategy": settings.strategy,
            "subnet": str(settings.subnet),
            "parent": {host: settings.parent_on(host) for host in hosts},
            "hosts": list(hosts),
        }
        self.register_outputs(self._shown)

    def name_on(self, host: str) -> pulumi.Input[str]:
        return self.networks[host].name

    def identity_on(self, host: str) -> pulumi.Output[str]:
        return self.networks[host].id.apply(lambda id_: id_[:12])

    def resources_on(self, host: str) -> Sequence[pulumi.Resource]:
        nics = [self.nics[host]] if host in self.nics else []
        return [self.networks[host], *nics]

    def made_on(self, host: str) -> docker.Network | None:
        return self.networks.get(host)

    def shown(self) -> dict[str, Any]:
        return self._shown


def _nic(settings: MacvlanSettings, host: Host, context: NetworkContext) -> pulumi.Resource:
    nic = physical(str(settings.parent_on(host.host_name)))
    parents = {
        name: parent
        for name, other in context.settings.items()
        if isinstance(other, MacvlanSettings)
        and other.promiscuous
        and other.on([host.host_name])
        and (parent := other.parent_on(host.host_name)) is not None
        and physical(parent) == nic
    }
    return context.nics.promiscuous(host, nic, parents)


def _ipam(settings: MacvlanSettings, host: str) -> docker.NetworkIpamConfigArgs:
    block = (settings.ip_range or {}).get(host)
    return docker.NetworkIpamConfigArgs(
        subnet=str(settings.subnet),
        gateway=str(settings.gateway_address),
        ip_range=None if block is None else str(block),
    )


def _virtual(name: str) -> bool:
    return name.startswith(("docker", "br-", "veth", "vx"))
