"""The docker plugin's inputs for a container."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_docker as docker

from components.container.dependencies import Dependencies
from components.container.settings import ContainerSettings
from components.host import ConfiguredHost
from components.images import Images
from components.networks.network import Network
from planning import published
from planning.field_types import parse_duration
from planning.mounts import VolumeMount
from planning.service_files import MountedFile


@dataclass(frozen=True)
class ContainerArgs:
    """What a Container is made of. ``secret``: its environment must not be shown.

    ``others``: the stack's other hosts, from which it may have been moved here. ``ends``: its process
    is to end. ``servers``: the name servers that it asks.
    """

    settings: ContainerSettings
    host: ConfiguredHost
    images: Images
    networks: Mapping[str, Network] = field(default_factory=dict)
    shares: docker.Container | None = None
    secret: bool = False
    others: tuple[ConfiguredHost, ...] = ()
    dependencies: Dependencies = field(default_factory=Dependencies)
    ends: bool = False
    files: Sequence[MountedFile] = ()
    servers: tuple[pulumi.Resource, ...] = ()


def inputs(
    name: str, args: ContainerArgs, made: str, mounts: list[docker.ContainerVolumeArgs]
) -> dict[str, Any]:
    """The docker plugin's inputs for a container.

    ``made``: its label crosshost.made. ``mounts``: of its secrets and configs.
    """
    settings = args.settings
    return {
        "name": name,
        "image": settings.image,
        "must_run": not args.ends,
        **_process(settings, args.secret),
        **_network(name, args),
        **_resources(settings),
        **_security(settings),
        **_storage(settings, mounts),
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
        "userns_mode": settings.userns_mode,
        "runtime": settings.runtime,
    }
    if health := settings.healthcheck:
        inputs["healthcheck"] = docker.ContainerHealthcheckArgs(
            tests=hidden(health.test),
            interval=health.interval,
            timeout=health.timeout,
            start_period=health.start_period,
            start_interval=health.start_interval,
            retries=health.retries,
        )
    if settings.logging and settings.logging.driver:
        inputs["log_driver"] = settings.logging.driver
    if settings.logging:
        inputs["log_opts"] = hidden(settings.logging.options or None)
    return inputs


def _network(name: str, args: ContainerArgs) -> dict[str, Any]:
    settings, host = args.settings, args.host.host_name
    attachments = settings.attachments()
    given = {
        network: args.networks[network].attach(host, name, join)
        for network, join in attachments.items()
    }
    dns = [server for attachment in given.values() for server in attachment.dns]
    inputs: dict[str, Any] = {
        "hostname": settings.hostname,
        "domainname": settings.domainname,
        "dns": [str(address) for address in settings.dns] or dns or None,
        "dns_searches": settings.dns_search or None,
        "dns_opts": settings.dns_opt or None,
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
    elif attachments:
        inputs["networks_advanced"] = [
            docker.ContainerNetworksAdvancedArgs(
                name=given[network].network,
                ipv4_address=str(given[network].address) if given[network].address else None,
                ipv6_address=str(given[network].ipv6) if given[network].ipv6 else None,
                aliases=join.aliases or None,
                # That of all networks is 0, and so the plugin reads it back.
                gw_priority=join.gw_priority or None,
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


def _storage(
    settings: ContainerSettings, mounts: list[docker.ContainerVolumeArgs]
) -> dict[str, Any]:
    return {
        "volumes": [*(_volume(volume) for volume in settings.volumes), *mounts] or None,
        "tmpfs": {path: options for path, _, options in (t.partition(":") for t in settings.tmpfs)}
        or None,
    }


def _volume(volume: VolumeMount) -> docker.ContainerVolumeArgs:
    return docker.ContainerVolumeArgs(
        container_path=volume.target,
        host_path=volume.source if volume.type == "bind" else None,
        volume_name=volume.source if volume.type == "volume" else None,
        read_only=volume.read_only,
        selinux_relabel=volume.selinux,
    )


def _labels(name: str, args: ContainerArgs, made: str) -> list[docker.ContainerLabelArgs]:
    settings, host = args.settings, args.host.host_name
    labels: dict[str, pulumi.Input[str]] = {
        **settings.labels,
        # What makes a move a replacement: another provider alone does not.
        "crosshost.host": _host_label(name, args),
        "crosshost.stack": pulumi.get_stack(),
        "crosshost.words": " ".join(settings.given_keys()),
    }
    if made:
        labels["crosshost.made"] = made
    if published.without_order(settings.ports):
        labels["crosshost.ports"] = " ".join(map(str, published.in_order(settings.ports)))
    if anew := args.dependencies.made_anew_with:
        ids = pulumi.Output.all(*(one.id for one in anew))
        labels["crosshost.after"] = ids.apply(" ".join)
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
