"""A VXLAN network: a bridge network on each of its hosts, and the device that joins it to the others'."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_command as command
import pulumi_docker as docker

from components.host import ConfiguredHost
from components.networks.attachment import attachment
from components.networks.network import Attachment, Network, NetworkContext, network_labels
from components.networks.vxlan import keys
from components.networks.vxlan.device import (
    Device,
    Tunnel,
    bridge_name,
    device_name,
    forwarded_ipv6,
    tunnel_name,
)
from components.networks.vxlan.settings import VxlanSettings
from planning import records, slices
from planning.addresses import is_ipv4
from planning.compose import NetworkAttachment
from planning.facts import HostFacts
from planning.interruption_text import interrupted

_OPTION = "com.docker.network"


class VxlanNetwork(Network):
    """A bridge network of the same name on each of its hosts, in one Ethernet by a VXLAN device each.

    The settings are settled: slices, number and MTU are chosen.
    """

    def __init__(
        self,
        name: str,
        settings: VxlanSettings,
        context: NetworkContext,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(
            "crosshost:networks:VxlanNetwork",
            name,
            settings.props(without=() if settings.encrypted else ("encrypted",)),
            opts,
        )
        self.settings = settings
        # A host without a slice is refused by an up; a preview shows the others.
        hosts = {
            host: context.hosts[host]
            for host in settings.on(list(context.hosts))
            if settings.block_on(host) is not None
        }
        stack = pulumi.get_stack()
        self.networks = {
            host: self._bridge(name, settings, one, bridge_name(stack, name), context.guards)
            for host, one in hosts.items()
        }
        self._addresses = {host: one.endpoint.address for host, one in hosts.items()}
        self.keys = {
            host: keys.make(one, name, parent=self)
            for host, one in hosts.items()
            if settings.encrypted
        }
        devices = {host: _device(stack, name, settings, hosts, host) for host in hosts}
        self.devices = {
            host: self._device(devices[host], one, context.guards) for host, one in hosts.items()
        }
        self._interrupts = {
            host: interrupted(
                host, f"the VXLAN device of {name} is made anew ({', '.join(changed)})", "have that"
            )
            for host, one in hosts.items()
            if (changed := devices[host].made_anew_from(one.record(f"vxlan/{name}")))
        }
        for host, one in hosts.items() if settings.encrypted else ():
            if news := keys.news(one, name):
                self._interrupts.setdefault(host, news)
        for sentence in self._interrupts.values():
            pulumi.log.warn(sentence, resource=self)
        self._outputs: dict[str, object] = {
            "strategy": settings.strategy,
            "subnet": str(settings.subnet),
            "hosts": list(hosts),
            "slices": {host: str(settings.block_on(host)) for host in hosts},
            "vni": settings.vni,
            "mtu": settings.mtu,
        }
        if settings.subnet6 is not None:
            self._outputs["subnet6"] = str(settings.subnet6)
        if settings.encrypted:
            self._outputs["public_keys"] = {host: key.stdout for host, key in self.keys.items()}
        self.register_outputs(self._outputs)

    def _bridge(
        self,
        name: str,
        settings: VxlanSettings,
        host: ConfiguredHost,
        bridge: str,
        guards: Sequence[pulumi.Resource],
    ) -> docker.Network:
        made, block = host.made_label("network", name), settings.block_on(host.host_name)
        assert block is not None
        gateway = slices.gateway(block)
        ipv4 = docker.NetworkIpamConfigArgs(
            subnet=str(settings.subnet), ip_range=str(block), gateway=str(gateway)
        )
        gateway6 = settings.ipv6_of(gateway)
        return docker.Network(
            f"{name}@{host.host_name}",
            name=name,
            driver="bridge",
            options={f"{_OPTION}.bridge.name": bridge, f"{_OPTION}.driver.mtu": str(settings.mtu)},
            ipv6=True if gateway6 else None,
            ipam_configs=[ipv4, settings.ipam6(host.host_name, gateway6)] if gateway6 else [ipv4],
            labels=network_labels(made),
            opts=pulumi.ResourceOptions(
                parent=self,
                provider=host.provider,
                # The LAN is kept out of its IPv6 subnet before that is there.
                depends_on=[*host.after_daemon(), *(guards if gateway6 else ())],
                ignore_changes=None if made.known else ["labels"],
                aliases=host.aliases(name),
            ),
        )

    def _device(
        self, device: Device, host: ConfiguredHost, guards: Sequence[pulumi.Resource]
    ) -> command.remote.Command:
        facts, record = host.facts, host.record(f"vxlan/{device.network}")
        network = self.networks[host.host_name]

        def text(known: Sequence[Any]) -> str:
            id_, public = known
            whole = device.with_keys(public)
            return records.text(
                whole.content,
                record=record,
                intact=isinstance(facts, HostFacts) and whole.intact(facts),
                header={**whole.header, "id": id_},
            )

        return host.change(
            f"{device.network}-vxlan",
            "vxlan.sh",
            pulumi.Output.all(network.id, self._public_keys()).apply(text),
            parent=self,
            depends_on=[network, *guards],
        )

    def _public_keys(self) -> pulumi.Output[dict[str, str]]:
        """Address of a host -> its public key, of all hosts; {} where the network is not encrypted."""
        return keys.public_keys(self.keys, self._addresses)

    @property
    def carriers(self) -> Sequence[pulumi.Resource]:
        return list(self.devices.values())

    @property
    def interrupts(self) -> Mapping[str, str]:
        return self._interrupts

    def attach(self, host: str, container: str, join: NetworkAttachment) -> Attachment:
        made = self.networks[host].name
        return attachment(self.settings, made, host, container, join)

    def identity_on(self, host: str) -> pulumi.Output[str]:
        return self.networks[host].id.apply(lambda id_: id_[:12])

    def resources_on(self, host: str) -> Sequence[pulumi.Resource]:
        return [self.networks[host], self.devices[host]]

    def made_on(self, host: str) -> docker.Network | None:
        return self.networks.get(host)

    def outputs(self) -> dict[str, object]:
        return self._outputs


def _device(
    stack: str,
    name: str,
    settings: VxlanSettings,
    hosts: Mapping[str, ConfiguredHost],
    host: str,
) -> Device:
    # One that is no IPv4 address is refused by an up; a preview goes on.
    address = {other: one.endpoint.address for other, one in hosts.items()}
    blocks = {other: block for other in hosts if (block := settings.block_on(other)) is not None}
    assert settings.vni is not None
    assert settings.mtu is not None
    return Device(
        network=name,
        bridge=bridge_name(stack, name),
        name=device_name(stack, name),
        vni=settings.vni,
        port=settings.vxlan_port,
        address=address[host],
        mtu=settings.mtu,
        mtu_chosen=settings.mtu_chosen,
        block=blocks[host],
        peers={
            address[other]: blocks[other]
            for other in hosts
            if other != host and is_ipv4(address[other])
        },
        block6=settings.ipv6_block_on(host),
        forwards6=forwarded_ipv6(facts)
        if isinstance(facts := hosts[host].facts, HostFacts)
        else "1",
        tunnel=Tunnel(tunnel_name(stack, name), settings.udp_port) if settings.encrypted else None,
    )
