"""`crosshost:policies`: what a stack file may not say, whoever writes it. Checked without a server."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import BeforeValidator, Field

from components.container.dependencies import ending
from components.container.settings import ContainerSettings
from components.daemon_settings import DaemonSettings
from components.firewall import FirewallSettings
from components.networks.base import Stack
from components.networks.overlay.consul.settings import ConsulSettings
from planning.contract import Reach
from planning.problems import Path, Problem
from planning.published import Port
from planning.sections import CONSUL, CONTAINERS
from planning.stack_model import StackModel

_SOCKETS = ("/var/run/docker.sock", "/run/docker.sock")


def _listed(value: object) -> str:
    text = str(value)
    if isinstance(value, bool) or not re.fullmatch(
        r"\d{1,5}(/(tcp|udp|sctp))?|[a-zA-Z0-9][a-zA-Z0-9_.-]*", text
    ):
        raise ValueError(f"{value!r} is no port, e.g. 443 or 53/udp, and no container's name")
    return text


class PolicySettings(StackModel):
    """Each policy is off unless it is switched on here."""

    no_open_api: bool = Field(
        default=False,
        description="No API that gives a host away: Docker's on a port without certificates, its socket "
        "in a container that `docker_socket` does not list, Consul's without token, certificates and guard",
    )
    no_latest: bool = Field(
        default=False, description="Images have a version other than latest, or a digest"
    )
    restart_set: bool = Field(
        default=False, description="Containers say their `restart`; those that are to end need not"
    )
    no_lan_ports: bool = Field(
        default=False,
        description="Nothing is open to the LAN that `lan_ports` does not list: published ports (those of "
        "127.0.0.1 are not), the host's network, networks with LAN addresses",
    )
    lan_ports: list[Annotated[str, BeforeValidator(_listed, json_schema_input_type=int | str)]] = (
        Field(
            default=[],
            description="Ports of hosts that may be open, e.g. 443 or 53/udp, and names of containers of "
            "which anything may",
        )
    )
    docker_socket: list[str] = Field(
        default=[], description="Containers that may have Docker's socket"
    )


def policy_problems(policies: PolicySettings, stack: Stack) -> Iterator[Problem]:
    """What the stack file says against its policies."""
    if policies.no_open_api:
        yield from _open_api(stack, policies.docker_socket)
    if policies.no_latest:
        yield from _latest(stack)
    if policies.restart_set:
        yield from _restart(stack.containers)
    if policies.no_lan_ports:
        yield from _lan(stack, policies.lan_ports)


def _problem(path: Path, policy: str, sentence: str) -> Problem:
    return Problem(path, f"{sentence} (policy {policy} of this stack)")


def _open_api(stack: Stack, allowed: list[str]) -> Iterator[Problem]:
    daemon, consul = stack.section(DaemonSettings), stack.section(ConsulSettings)
    if daemon is not None and daemon.api is not None and daemon.api.tls is None:
        yield _problem(
            ("crosshost:daemon", "api"), "no_open_api",
            "is open to whoever reaches the port: write `tls: {ca, cert, key}`",
        )  # fmt: skip
    guarded = FirewallSettings.of(stack).mode == "guard"
    if consul is not None and consul.stack is None and consul.open_to_all and not guarded:
        yield _problem(
            (CONSUL,), "no_open_api",
            "its port is open to whoever reaches it: write a token, tls, or `mode: guard` in "
            "crosshost:firewall",
        )  # fmt: skip
    for name, container in stack.containers.items():
        for i, mount in enumerate(container.volumes):
            if mount.source in _SOCKETS and name not in allowed:
                yield _problem(
                    (CONTAINERS, name, "volumes", i), "no_open_api",
                    f"who is in {name} owns {container.host} by Docker's socket: take it out, or list "
                    f"{name} in docker_socket",
                )  # fmt: skip


def _latest(stack: Stack) -> Iterator[Problem]:
    images: list[tuple[Path, str]] = [
        ((CONTAINERS, name, "image"), one.image) for name, one in stack.containers.items()
    ]
    consul = stack.section(ConsulSettings)
    if consul is not None and consul.stack is None:
        images.append(((CONSUL, "image"), consul.image))
    for path, image in images:
        tag = image.rpartition("/")[2].partition(":")[2]
        if "@" not in image and tag in ("", "latest"):
            yield _problem(
                path, "no_latest",
                f"{image} is another image tomorrow: write a version, e.g. {image.removesuffix(':latest')}:1.2",
            )  # fmt: skip


def _restart(containers: Mapping[str, ContainerSettings]) -> Iterator[Problem]:
    ends = ending(containers)
    for name in containers:
        if name not in ends and "restart" not in containers[name].model_fields_set:
            yield _problem(
                (CONTAINERS, name), "restart_set",
                "says no `restart`, so that it stays away after a boot: write e.g. unless-stopped",
            )  # fmt: skip


def _lan(stack: Stack, listed: list[str]) -> Iterator[Problem]:
    for name, container in stack.containers.items():
        if name in listed:
            continue
        advice = f"take it out, or list {name} in lan_ports"
        for i, port in _published(container):
            if f"{port.published}/{port.protocol}" not in _ports(listed):
                yield _problem(
                    (CONTAINERS, name, "ports", i), "no_lan_ports",
                    f"opens {port} of {container.host} to the LAN: publish it on 127.0.0.1, or list "
                    f"{port.published or name} in lan_ports",
                )  # fmt: skip
        if container.network == "host":
            yield _problem(
                (CONTAINERS, name, "network"), "no_lan_ports",
                f"all that it listens on is open to the LAN on {container.host}: {advice}",
            )  # fmt: skip
        for network in container.attachments():
            settings = stack.networks.get(network)
            contracts = settings.contracts if settings is not None else ()
            if any(contract.reach[Reach.FROM_LAN] for contract in contracts):
                place = (CONTAINERS, name, "networks" if container.networks else "network")
                yield _problem(
                    place, "no_lan_ports",
                    f"has an address of the LAN on {network}, where all its ports are open: {advice}",
                )  # fmt: skip


def _published(container: ContainerSettings) -> Iterator[tuple[int, Port]]:
    """The ports that others than the host itself reach, with their entry in the file."""
    for port in container.ports:
        if not port.host_ip.is_loopback:
            yield port.entry, port


def _ports(listed: list[str]) -> set[str]:
    """443 means tcp."""
    return {entry if "/" in entry or not entry.isdigit() else f"{entry}/tcp" for entry in listed}
