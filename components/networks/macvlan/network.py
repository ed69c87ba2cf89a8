"""A macvlan network on its hosts, and their NICs as it needs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network

import pulumi
import pulumi_docker as docker

from components.host import ConfiguredHost
from components.networks.attachment import attachment
from components.networks.macvlan.nics import Nics, physical
from components.networks.macvlan.settings import MacvlanSettings
from components.networks.macvlan.shims import Shim, device_name, reached
from components.networks.macvlan.vlans import Vlans
from components.networks.network import Attachment, Network, NetworkContext, network_labels
from planning import adoption, host_slices, records
from planning.addresses import is_ipv4
from planning.compose import NetworkAttachment
from planning.facts import HostFacts


class MacvlanNetwork(Network):
    """A macvlan network of the same name on each of its hosts, and their NICs as it needs them."""

    def __init__(
        self,
        name: str,
        settings: MacvlanSettings,
        context: NetworkContext,
        nics: Nics,
        vlans: Vlans,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(
            "crosshost:networks:MacvlanNetwork",
            name,
            settings.props(without=_left_out(settings)),
            opts,
        )
        self.settings = settings
        hosts = {host: context.hosts[host] for host in settings.on(list(context.hosts))}
        self.nics = (
            {host: _nic(settings, one, nics) for host, one in hosts.items()}
            if settings.promiscuous
            else {}
        )
        self.vlans = {
            host: vlan
            for host, one in hosts.items()
            if (vlan := vlans.made(one, str(settings.parent_on(host)))) is not None
        }
        made = {host: one.made_label("network", name) for host, one in hosts.items()}
        adopted = {host: _adopted(name, settings, one) for host, one in hosts.items()}
        self._anew = {
            host
            for host, one in hosts.items()
            if adopted[host] is None
            and isinstance(one.facts, HostFacts)
            and adoption.is_taken_over(one.facts, name)
        }
        self.networks = {
            host: docker.Network(
                f"{name}@{host}",
                name=name,
                driver=settings.driver,
                options=_options(settings, host),
                ipv6=True if settings.subnet6 else None,
                ipam_configs=_ipam(settings, host),
                labels=network_labels(made[host]),
                opts=pulumi.ResourceOptions(
                    parent=self,
                    provider=one.provider,
                    depends_on=[*one.after_daemon(), *self._vlan(host)],
                    ignore_changes=["labels"] if adopted[host] or not made[host].known else None,
                    import_=adopted[host],
                    aliases=one.aliases(name),
                ),
            )
            for host, one in hosts.items()
        }
        self.slices = {
            host: _slices(name, settings, one, hosts, self.networks[host], self)
            for host, one in hosts.items()
            if settings.pool is not None
        }
        self.shims = {
            host: shim.make(one, parent=self, depends_on=self._vlan(host))
            for host, one in hosts.items()
            if (shim := _shim(name, settings, one, hosts)) is not None
        }
        self._outputs: dict[str, object] = {
            "strategy": settings.strategy,
            "subnet": str(settings.subnet),
            "parent": {host: settings.parent_on(host) for host in hosts},
            "hosts": list(hosts),
        }
        if settings.subnet6 is not None:
            self._outputs["subnet6"] = str(settings.subnet6)
        if settings.pool is not None:
            self._outputs["slices"] = {host: str(settings.block_on(host)) for host in hosts}
        if self.shims:
            self._outputs["shims"] = {host: str(settings.shim_on(host)) for host in self.shims}
        self.register_outputs(self._outputs)

    def is_made_anew(self, host: str) -> bool:
        return host in self._anew

    def attach(self, host: str, container: str, join: NetworkAttachment) -> Attachment:
        made = self.networks[host].name
        return attachment(self.settings, made, host, container, join)

    def identity_on(self, host: str) -> pulumi.Output[str]:
        return self.networks[host].id.apply(lambda id_: id_[:12])

    def resources_on(self, host: str) -> Sequence[pulumi.Resource]:
        beside = (one[host] for one in (self.nics, self.shims) if host in one)
        return [self.networks[host], *beside]

    def _vlan(self, host: str) -> Sequence[pulumi.Resource]:
        return [self.vlans[host]] if host in self.vlans else []

    def made_on(self, host: str) -> docker.Network | None:
        return self.networks.get(host)

    def outputs(self) -> dict[str, object]:
        return self._outputs


def _adopted(name: str, settings: MacvlanSettings, host: ConfiguredHost) -> str | None:
    """The ID of a network that the stack takes over, as long as it is made of what the settings say."""
    if not isinstance(host.facts, HostFacts):
        return None
    found = adoption.network(host.facts, name, settings.made_of(host.host_name))
    return found.id if found else None


def _nic(settings: MacvlanSettings, host: ConfiguredHost, nics: Nics) -> pulumi.Resource:
    return nics.promiscuous(host, physical(str(settings.parent_on(host.host_name))))


def _slices(
    name: str,
    settings: MacvlanSettings,
    host: ConfiguredHost,
    hosts: Mapping[str, ConfiguredHost],
    network: docker.Network,
    parent: pulumi.Resource,
) -> pulumi.Resource:
    change = host_slices.change(name)
    blocks = {
        one.endpoint.address: block
        for other, one in hosts.items()
        if (block := settings.block_on(other)) is not None
    }
    text = records.text(
        host_slices.content(blocks, settings.given),
        record=host.record(change),
        intact=True,
        header={"network": name},
    )
    return host.change(change, "slices.sh", text, parent=parent, depends_on=[network])


def _shim(
    name: str,
    settings: MacvlanSettings,
    host: ConfiguredHost,
    hosts: Mapping[str, ConfiguredHost],
) -> Shim | None:
    own, block = settings.shim_on(host.host_name), settings.block_on(host.host_name)
    if own is None or block is None:
        return None
    addresses = [one.endpoint.address for one in hosts.values()]
    others = [settings.gateway_address, *(IPv4Address(a) for a in addresses if is_ipv4(a))]
    others += [a for (at, _), a in settings.given.items() if at != host.host_name]
    reserved = [one for one in settings.reserved if isinstance(one, IPv4Network)]
    containers = [a for (at, _), a in settings.given.items() if at == host.host_name and a != own]
    return Shim(
        name,
        device_name(pulumi.get_stack(), name),
        str(settings.parent_on(host.host_name)),
        own,
        reached(block, containers, [*reserved, *map(IPv4Network, others)]),
    )


def _left_out(settings: MacvlanSettings) -> list[str]:
    """What is not said where it is as ever: a network that is up has no change for it."""
    usual = {"shim": not settings.shim, "driver": settings.driver == "macvlan", "adopt": True}
    return [key for key, left_out in usual.items() if left_out]


def _options(settings: MacvlanSettings, host: str) -> dict[str, str]:
    mode = {"ipvlan_mode": "l2"} if settings.driver == "ipvlan" else {}
    return {"parent": str(settings.parent_on(host)), **mode}


def _ipam(settings: MacvlanSettings, host: str) -> list[docker.NetworkIpamConfigArgs]:
    block = (settings.ip_range or {}).get(host)
    ipv4 = docker.NetworkIpamConfigArgs(
        subnet=str(settings.subnet),
        gateway=str(settings.gateway_address),
        ip_range=None if block is None else str(block),
    )
    gateway6 = settings.gateway6_address
    return [ipv4] if gateway6 is None else [ipv4, settings.ipam6(host, gateway6)]
