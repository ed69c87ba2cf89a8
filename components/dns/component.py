"""A name server on each host that has containers whose names other hosts' engines do not know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

import pulumi
import pulumi_command as command

from components.container.component import Container
from components.container.dependencies import Dependencies
from components.container.inputs import ContainerArgs
from components.container.settings import ContainerSettings
from components.dns.settings import DnsSettings, container_name
from components.host import ConfiguredHost
from components.images import Images
from components.networks.base import Stack
from components.networks.network import Network
from planning import dns_names, host_paths, records
from planning.dns_names import Named

_MOUNT = "/etc/crosshost"
# The one at which Docker's own server answers in each container.
_DOCKERS = "127.0.0.11"


@dataclass(frozen=True)
class NameServersArgs:
    """What NameServers are made of. ``networks``: all of the stack."""

    settings: DnsSettings
    stack: Stack
    hosts: Mapping[str, ConfiguredHost]
    networks: Mapping[str, Network]
    images: Images


class NameServers(pulumi.ComponentResource):
    """On each host a dnsmasq in a container, on the host's networks that have names from here.

    It answers for containers on all hosts from a file; a name more or less changes the file, and the
    server reads it again. All other names it asks elsewhere.
    """

    def __init__(
        self, name: str, args: NameServersArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(
            "crosshost:dns:NameServers", name, args.settings.model_dump(mode="json"), opts
        )
        wanted = servers(args.stack, args.settings)
        self.files = {key: _files(self, args, args.hosts[one.host]) for key, one in wanted.items()}
        self.containers = {
            key: Container(
                key,
                ContainerArgs(
                    one,
                    args.hosts[one.host],
                    args.images,
                    args.networks,
                    dependencies=Dependencies((self.files[key],)),
                ),
                pulumi.ResourceOptions(parent=self),
            )
            for key, one in wanted.items()
        }
        self.register_outputs({})

    @classmethod
    def wanted(
        cls,
        settings: DnsSettings | None,
        stack: Stack,
        hosts: Mapping[str, ConfiguredHost],
        networks: Mapping[str, Network],
        images: Images,
    ) -> NameServers | None:
        """The servers if the stack file asks for them."""
        if settings is None:
            return None
        return cls("dns", NameServersArgs(settings, stack, hosts, networks, images))

    def on(self, host: str) -> list[pulumi.Resource]:
        """What must be there before a container on ``host`` asks for names."""
        return [c.container for c in self.containers.values() if c.args.host.host_name == host]


def servers(stack: Stack, settings: DnsSettings | None) -> dict[str, ContainerSettings]:
    """The name servers of a settled stack as containers, by names that no stack file has."""
    if settings is None:
        return {}
    name = container_name(pulumi.get_stack())
    found: dict[str, ContainerSettings] = {}
    for host in stack.hosts:
        given = {
            network: {"ipv4_address": address}
            for network, one in stack.networks.items()
            if (address := one.address_on(host, name)) is not None
        }
        if given:
            found[f"dns:{host}"] = ContainerSettings.model_validate(
                {
                    "host": host,
                    "container_name": name,
                    "image": settings.image,
                    "entrypoint": ["dnsmasq"],
                    "command": _arguments(),
                    "networks": given,
                    "volumes": [f"{_folder()}:{_MOUNT}:ro"],
                    "restart": "always",
                    "read_only": True,
                    "cap_drop": ["ALL"],
                    "cap_add": ["NET_BIND_SERVICE", "SETGID"],
                }
            )
    return found


def _arguments() -> list[str]:
    return [
        "--keep-in-foreground",
        "--user=root",
        "--pid-file=",
        "--log-facility=-",
        "--conf-file=/dev/null",
        "--no-resolv",
        "--no-hosts",
        f"--addn-hosts={_MOUNT}/hosts",
        f"--servers-file={_MOUNT}/servers",
        # Of a container's addresses the one on the network that the question comes from.
        "--localise-queries",
        # Names without a dot are those of containers only.
        "--domain-needed",
        "--local-service",
    ]


def _folder() -> str:
    return f"{host_paths.of_stack(pulumi.get_stack())}/dns/served"


def _files(
    parent: NameServers, args: NameServersArgs, host: ConfiguredHost
) -> command.remote.Command:
    upstream = ",".join(map(str, args.settings.upstream)) or _DOCKERS
    text = records.text(
        dns_names.content(_named(args.stack, host.host_name)),
        record=host.record("dns"),
        intact=True,
        header={"container": container_name(pulumi.get_stack()), "upstream": upstream},
    )
    return host.change("dns", "dns.sh", text, parent=parent)


def _named(stack: Stack, host: str) -> list[Named]:
    """Every container on every network that a host has names of, the servers too."""
    server = container_name(pulumi.get_stack())
    found = []
    for network, settings in stack.networks.items():
        if settings.address_on(host, server) is None:
            continue
        for other in stack.hosts:
            if (address := settings.address_on(other, server)) is not None:
                found += _of_both(address, settings.ipv6_of(address), server, network)
        for key, one in stack.containers.items():
            join, name = one.attachments().get(network), one.container_name or key
            address = settings.address_on(one.host, name)
            if join is not None and address is not None:
                ipv6 = join.ipv6_address or settings.ipv6_of(address)
                found += _of_both(address, ipv6, name, network, tuple(join.aliases))
    return found


def _of_both(
    address: IPv4Address,
    ipv6: IPv6Address | None,
    name: str,
    network: str,
    aliases: tuple[str, ...] = (),
) -> list[Named]:
    """A container's name with its IPv4 address, and with its IPv6 one, if it has one."""
    return [Named(one, name, network, aliases) for one in (address, ipv6) if one is not None]
