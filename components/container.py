"""One container on one host, in the words of a Compose service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import pulumi
import pulumi_docker as docker
from pydantic import BeforeValidator, Field

from components.host import Host
from components.images import Images
from components.networks.base import Network
from planning import published
from planning.compose import NetworkAttachment, VolumeMount
from planning.conflicts import Claim, Item
from planning.service import Service
from planning.words import HostName, Ipv4, NetworkName, parse_duration

MODES = ("none", "host", "bridge")
# In place for the plugin, which then changes nothing on the host.
_SILENT = ["mounts", "healthcheck", "tmpfs", "init", "destroyGraceSeconds"]


Attachments = dict[NetworkName, NetworkAttachment | None] | list[NetworkName]


def _one_network(value: Any) -> Any:
    if isinstance(value, (list, dict)):
        raise ValueError("must be one name: write several as `networks: [lan, backend]`")
    return value


def _attachments(value: Any) -> Any:
    if isinstance(value, list):
        if wrong := [name for name in value if not isinstance(name, str)]:
            raise ValueError(f"{wrong[0]!r} is no name of a network: write e.g. [lan, backend]")
        if len(set(value)) < len(value):
            raise ValueError("names a network twice: name each once")
        return {name: {} for name in value}
    if isinstance(value, dict):
        return {name: item or {} for name, item in value.items()}
    return value


class ContainerSettings(Service):
    """One entry of `crosshost:containers`."""

    host: HostName = Field(description="Docker host that runs the container")
    network: Annotated[
        str | None, BeforeValidator(_one_network, json_schema_input_type=str | None)
    ] = Field(
        default=None,
        description="none, host, bridge (the default), container:NAME, or a network of the stack",
    )
    ip: Ipv4 | None = Field(default=None, description="The container's address on `network`")
    networks: Annotated[
        dict[NetworkName, NetworkAttachment],
        BeforeValidator(_attachments, json_schema_input_type=Attachments),
    ] = Field(
        default={}, description="Instead of `network`: several networks, with addresses and aliases"
    )

    @property
    def shares(self) -> str | None:
        """NAME of ``network: container:NAME``."""
        if self.network and self.network.startswith("container:"):
            return self.network.removeprefix("container:")
        return None

    @property
    def mode(self) -> str:
        """none, host, bridge, container:NAME, or the names of its networks by comma."""
        return ",".join(self.attachments()) or self.network or "bridge"

    def item(self, key: str) -> Item:
        """What the container is, and what it holds that no other one can have beside it."""
        name = self.container_name or key
        claims = {Claim("name", self.host, name)}
        for network, join in self.attachments().items():
            if join.ipv4_address is not None:
                claims.add(Claim("address", network, str(join.ipv4_address)))
        claims |= {
            Claim("port", self.host, f"{port.host_ip}:{port.published}/{port.protocol}")
            for port in self.ports
            if port.published is not None
        }
        return Item("container", self.host, name, f"container/{key}", frozenset(claims))

    def attachments(self) -> dict[str, NetworkAttachment]:
        """The stack's networks that the container joins."""
        if self.networks:
            return dict(self.networks)
        if self.network is None or self.network in MODES or self.shares is not None:
            return {}
        return {self.network: NetworkAttachment(ipv4_address=self.ip)}


@dataclass(frozen=True)
class ContainerArgs:
    """What a Container is made of. ``secret``: its environment must not be shown.

    ``others``: the stack's other hosts, from which it may have been moved here.
    """

    settings: ContainerSettings
    host: Host
    images: Images
    networks: Mapping[str, Network] = field(default_factory=dict)
    shares: Container | None = None
    secret: bool = False
    others: tuple[Host, ...] = ()


class Container(pulumi.ComponentResource):
    """A running container and its image.

    Outputs: ``id``, ``addresses`` (network -> IPv4 address).
    """

    def __init__(
        self, name: str, args: ContainerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        settings, host = args.settings, args.host
        logical = f"{name}@{host.host_name}"
        super().__init__(
            "crosshost:container:Container",
            name,
            {"host": host.host_name, "image": settings.image, "network": settings.mode},
            opts,
        )
        self.args = args
        self.docker_name = settings.container_name or name
        joined = [args.networks[network] for network in settings.attachments()]
        after: list[pulumi.Resource] = [
            args.images.on(host, settings.image),
            *host.after_daemon(),
        ]
        for network in joined:
            after += network.resources_on(host.host_name)
        if args.shares:
            after.append(args.shares.container)
        mark = host.mark("container", self.docker_name)
        ignored = ["ports"] if published.without_order(settings.ports) else []
        self.container: docker.Container = docker.Container(
            logical,
            **_inputs(self.docker_name, args, mark.value),
            opts=pulumi.ResourceOptions(
                parent=self,
                provider=host.provider,
                depends_on=after,
                delete_before_replace=True,
                # A move is a replacement on another provider: deleted there before it is created
                # here, or its name and address would be taken.
                aliases=host.aliases(name, [n for other in args.others for n in other.names]),
                replace_on_changes=_SILENT,
                # The label crosshost.ports has the ports, and it replaces.
                ignore_changes=[*ignored, *([] if mark.known else ["labels"])],
            ),
        )
        self.id = self.container.id
        self.addresses: pulumi.Output[dict[str, str]] = self.container.network_datas.apply(
            lambda datas: {
                d["network_name"]: d["ip_address"] for d in datas or [] if d["ip_address"]
            }
        )
        self.register_outputs({"id": self.id, "addresses": self.addresses})

    def shown(self) -> dict[str, Any]:
        """The container's row in the stack's outputs."""
        return {
            "host": self.args.host.host_name,
            "mode": self.args.settings.mode,
            "addresses": self.addresses,
            "id": self.id,
        }


def run_containers(
    containers: Mapping[str, ContainerSettings],
    hosts: Mapping[str, Host],
    networks: Mapping[str, Network],
    images: Images,
    *,
    secret: bool,
) -> dict[str, Container]:
    """Every container of the stack, in the stack file's order."""
    made: dict[str, Container] = {}
    # Those that join another's network namespace come after it.
    for name in sorted(containers, key=lambda name: containers[name].shares is not None):
        settings = containers[name]
        shares = made[settings.shares] if settings.shares else None
        others = tuple(host for name, host in hosts.items() if name != settings.host)
        args = ContainerArgs(
            settings, hosts[settings.host], images, networks, shares, secret, others
        )
        made[name] = Container(name, args)
    return {name: made[name] for name in containers}


def _inputs(name: str, args: ContainerArgs, made: str) -> dict[str, Any]:
    """The docker plugin's inputs for a container. ``made``: its label crosshost.made."""
    settings = args.settings
    return {
        "name": name,
        "image": settings.image,
        "must_run": True,
        **_process(settings, args.secret),
        **_network(args),
        **_resources(settings),
        **_security(settings),
        **_storage(settings),
        "labels": _labels(name, args, made),
    }


def _process(settings: ContainerSettings, secret: bool) -> dict[str, Any]:
    policy, _, retries = settings.restart.partition(":")
    envs = [f"{key}={value}" for key, value in settings.environment.items()] or None

    def hidden(value: Any) -> Any:
        return pulumi.Output.secret(value) if secret and value is not None else value

    inputs: dict[str, Any] = {
        "command": hidden(settings.command),
        "entrypoints": hidden(settings.entrypoint),
        "envs": hidden(envs),
        "user": settings.user,
        "working_dir": settings.working_dir,
        "restart": policy,
        "max_retry_count": int(retries) if retries else None,
        "init": settings.init or None,
        "tty": settings.tty or None,
        "stdin_open": settings.stdin_open or None,
        "stop_signal": settings.stop_signal,
        "destroy_grace_seconds": max(1, round(parse_duration(settings.stop_grace_period))),
        "pid_mode": settings.pid,
        "ipc_mode": settings.ipc,
    }
    if health := settings.healthcheck:
        inputs["healthcheck"] = docker.ContainerHealthcheckArgs(
            tests=hidden(health.test),
            interval=health.interval,
            timeout=health.timeout,
            start_period=health.start_period,
            retries=health.retries,
        )
    if settings.logging:
        inputs["log_driver"] = settings.logging.driver
        inputs["log_opts"] = hidden(settings.logging.options or None)
    return inputs


def _network(args: ContainerArgs) -> dict[str, Any]:
    settings, host = args.settings, args.host.host_name
    inputs: dict[str, Any] = {
        "hostname": settings.hostname,
        "domainname": settings.domainname,
        "dns": [str(address) for address in settings.dns] or None,
        "dns_searches": settings.dns_search or None,
        "hosts": [
            docker.ContainerHostArgs(host=key, ip=str(value))
            for key, value in settings.extra_hosts.items()
        ]
        or None,
        "ports": [
            docker.ContainerPortArgs(
                internal=port.target,
                external=port.published,
                ip=str(port.host_ip),
                protocol=port.protocol,
            )
            for port in published.in_order(settings.ports)
        ]
        or None,
    }
    if args.shares:
        inputs["network_mode"] = args.shares.id.apply(lambda id_: f"container:{id_}")
    elif attachments := settings.attachments():
        inputs["networks_advanced"] = [
            docker.ContainerNetworksAdvancedArgs(
                name=args.networks[network].name_on(host),
                ipv4_address=str(join.ipv4_address) if join.ipv4_address else None,
                aliases=join.aliases or None,
            )
            for network, join in attachments.items()
        ]
    else:
        inputs["network_mode"] = settings.network or "bridge"
    return inputs


def _resources(settings: ContainerSettings) -> dict[str, Any]:
    memory = _mebibytes(settings.mem_limit)
    swap = settings.memswap_limit
    return {
        "memory": memory,
        # Docker's own default, said aloud: the plugin reads it back and would see a change.
        "memory_swap": None if memory is None else 2 * memory if swap is None else _mebibytes(swap),
        "memory_reservation": _mebibytes(settings.mem_reservation),
        "cpus": None if settings.cpus is None else f"{settings.cpus:g}",
        "cpu_shares": settings.cpu_shares,
        "cpu_set": settings.cpuset,
        "shm_size": _mebibytes(settings.shm_size),
        "ulimits": [
            docker.ContainerUlimitArgs(name=name, soft=limit.soft, hard=limit.hard)
            for name, limit in settings.ulimits.items()
        ]
        or None,
    }


def _security(settings: ContainerSettings) -> dict[str, Any]:
    capabilities = None
    if settings.cap_add or settings.cap_drop:
        capabilities = docker.ContainerCapabilitiesArgs(
            adds=settings.cap_add or None, drops=settings.cap_drop or None
        )
    return {
        "capabilities": capabilities,
        "privileged": settings.privileged or None,
        "read_only": settings.read_only or None,
        "security_opts": settings.security_opt or None,
        "group_adds": settings.group_add or None,
        "sysctls": settings.sysctls or None,
        "devices": [_device(text) for text in settings.devices] or None,
    }


def _device(text: str) -> docker.ContainerDeviceArgs:
    host, container, permissions, *_ = [*text.split(":"), "", "", ""]
    return docker.ContainerDeviceArgs(
        host_path=host, container_path=container or host, permissions=permissions or "rwm"
    )


def _storage(settings: ContainerSettings) -> dict[str, Any]:
    return {
        "volumes": [_volume(volume) for volume in settings.volumes] or None,
        "tmpfs": {path: options for path, _, options in (t.partition(":") for t in settings.tmpfs)}
        or None,
    }


def _volume(volume: VolumeMount) -> docker.ContainerVolumeArgs:
    return docker.ContainerVolumeArgs(
        container_path=volume.target,
        host_path=volume.source if volume.type == "bind" else None,
        volume_name=volume.source if volume.type == "volume" else None,
        read_only=volume.read_only,
    )


def _labels(name: str, args: ContainerArgs, made: str) -> list[docker.ContainerLabelArgs]:
    settings, host = args.settings, args.host.host_name
    labels: dict[str, pulumi.Input[str]] = {
        **settings.labels,
        # What makes a move a replacement: another provider alone does not.
        "crosshost.host": _host_label(name, args),
        "crosshost.stack": pulumi.get_stack(),
        "crosshost.words": " ".join(settings.words_given()),
    }
    if made:
        labels["crosshost.made"] = made
    if published.without_order(settings.ports):
        labels["crosshost.ports"] = " ".join(map(str, published.in_order(settings.ports)))
    if joined := settings.attachments():
        # A network that was made anew under its old name is another one: containers are bound to
        # its ID.
        bound_to = [args.networks[network].identity_on(host) for network in joined]
        labels["crosshost.networks"] = pulumi.Output.all(*bound_to).apply(" ".join)
    return [docker.ContainerLabelArgs(label=key, value=labels[key]) for key in sorted(labels)]


def _host_label(name: str, args: ContainerArgs) -> str:
    """What tells a container that moved from one that stayed: the name that its host had first.

    The host may have another name by now. One that moves gets another label than it has.
    """
    if here := args.host.label_of(name):
        return here
    label = args.host.host_name
    return f"{label}+" if label in {other.label_of(name) for other in args.others} else label


def _mebibytes(size: int | None) -> int | None:
    return size if size is None or size < 0 else -(-size // (1 << 20))
