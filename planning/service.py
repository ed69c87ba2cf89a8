"""The keys of a Compose service that a container in a stack file may use."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from planning.compose import (
    AbsolutePath,
    Addresses,
    Argv,
    Capability,
    Command,
    Device,
    Environment,
    ExtraHosts,
    Healthcheck,
    Labels,
    Logging,
    Paths,
    Strings,
    Sysctls,
    Ulimit,
)
from planning.field_types import DockerName, Duration, Image, Size, Text, parse_size
from planning.mounts import VolumeMount
from planning.published import Ports
from planning.stack_model import StackModel


def _group(value: Any) -> str:
    text = str(value)
    right = isinstance(value, (str, int)) and not isinstance(value, bool)
    if not right or not re.fullmatch(r"[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}", text):
        raise ValueError(f"{value!r} is no group: write its name or number")
    return text


class Service(StackModel):
    """What a container runs, with the keys of a Compose service."""

    image: Image = Field(description="Image reference, e.g. registry.example.com/app:1.2")
    container_name: DockerName | None = Field(
        default=None, description="Name of the Docker container; default: the entry's name"
    )
    command: Command | None = Field(
        default=None,
        description="What runs instead of the image's command: words, or one text that is split as a shell does",
    )
    entrypoint: Argv | None = Field(
        default=None, description="What runs instead of the image's entry point"
    )
    environment: Environment = Field(
        default={}, description="Environment variables: a map, or a list of NAME=value"
    )
    ports: Ports = Field(
        default=[],
        description='Ports that the Docker host publishes: "8080:80", "127.0.0.1:53:53/udp", '
        '"8000-8010:8000-8010", or maps',
    )
    volumes: list[VolumeMount] = Field(
        default=[], description='Mounts: "/path/on/host:/path", "name:/path:ro", or maps'
    )
    tmpfs: Paths = Field(
        default=[], description="Paths that are kept in memory, e.g. /run or /tmp:size=64m"
    )
    restart: str = Field(
        default="no",
        description="When Docker starts it again: no, always, unless-stopped, on-failure or on-failure:N",
    )
    cap_add: list[Capability] = Field(
        default=[], description="Kernel capabilities added, e.g. NET_ADMIN"
    )
    cap_drop: list[Capability] = Field(default=[], description="Kernel capabilities taken away")
    healthcheck: Healthcheck | None = Field(
        default=None, description="How Docker tests that the container is healthy"
    )
    hostname: str | None = Field(
        default=None,
        pattern=r"^[a-zA-Z0-9][a-zA-Z0-9.-]{0,62}$",
        description="Host name in the container",
    )
    domainname: str | None = Field(
        default=None,
        pattern=r"^[a-zA-Z0-9][a-zA-Z0-9.-]*$",
        description="Domain name in the container",
    )
    labels: Labels = Field(default={}, description="Docker labels: a map, or a list of name=value")
    dns: Addresses = Field(default=[], description="Name servers")
    dns_search: Strings = Field(default=[], description="Search domains")
    dns_opt: list[Text] = Field(default=[], description="Options of resolv.conf, e.g. ndots:2")
    extra_hosts: ExtraHosts = Field(
        default={},
        description="Lines for /etc/hosts: a map name: address, or a list of name:address",
    )
    sysctls: Sysctls = Field(
        default={},
        description="Kernel parameters of the container's namespaces: a map, or a list of name=value",
    )
    ulimits: dict[str, Ulimit] = Field(
        default={}, description="Limits, e.g. {nofile: 4096} or {nofile: {soft: 1024, hard: 4096}}"
    )
    user: str | None = Field(
        default=None,
        pattern=r"^[a-zA-Z0-9_][a-zA-Z0-9_.:-]{0,127}$",
        description="User that the command runs as: name or number, with :group if wanted",
    )
    group_add: list[Annotated[str, BeforeValidator(_group, json_schema_input_type=str | int)]] = (
        Field(default=[], description="Further groups of the user")
    )
    working_dir: AbsolutePath | None = Field(default=None, description="Working directory")
    privileged: bool = Field(
        default=False,
        description="All capabilities and devices: the container can do what root on the host can",
    )
    read_only: bool = Field(
        default=False, description="The container's root file system cannot be written to"
    )
    init: bool = Field(
        default=False,
        description="An init as process 1, which passes signals on and reaps children",
    )
    tty: bool = Field(default=False, description="A terminal")
    stdin_open: bool = Field(default=False, description="Standard input stays open")
    mem_limit: Size | None = Field(default=None, description="Most memory, e.g. 64m")
    memswap_limit: Size | Literal[-1] | None = Field(
        default=None,
        description="Most memory and swap together, -1 for no limit; default: twice mem_limit",
    )
    mem_reservation: Size | None = Field(
        default=None, description="Memory that it is held to where memory is scarce"
    )
    cpus: float | None = Field(default=None, gt=0, description="Most processors, e.g. 1.5")
    cpu_shares: int | None = Field(
        default=None,
        ge=2,
        description="Weight where processors are scarce; Docker's default is 1024",
    )
    cpuset: str | None = Field(
        default=None, pattern=r"^[0-9,-]+$", description="Processors that it may run on, e.g. 0-1,3"
    )
    shm_size: Size | None = Field(default=None, description="Size of /dev/shm, e.g. 128m")
    security_opt: list[Text] = Field(
        default=[], description="Security options, e.g. no-new-privileges"
    )
    devices: list[Device] = Field(
        default=[], description="Devices of the host, e.g. /dev/ttyUSB0 or /dev/a:/dev/b:rw"
    )
    pid: Literal["host"] | None = Field(
        default=None, description="host: the host's processes are visible"
    )
    userns_mode: Literal["host"] | None = Field(
        default=None, description="host: without the daemon's user namespace"
    )
    runtime: Annotated[str, Field(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9_.-]*$")] | None = Field(
        default=None, description="OCI runtime that the host's daemon knows, e.g. runc or nvidia"
    )
    ipc: Literal["host", "private", "shareable", "none"] | None = Field(
        default=None, description="Namespace of shared memory and semaphores"
    )
    logging: Logging | None = Field(default=None, description="Where its output goes")
    stop_signal: str | None = Field(
        default=None,
        pattern=r"^[A-Z0-9+-]+$",
        description="Signal that asks it to end; default: the image's, else SIGTERM",
    )
    stop_grace_period: Duration = Field(
        default="10s", description="Time from that signal to the killing"
    )

    @field_validator("restart", mode="before", json_schema_input_type=str | Literal[False])
    @classmethod
    def restart_policy(cls, value: Any) -> str:
        text = "no" if value is False else str(value)
        if not re.fullmatch(r"no|always|unless-stopped|on-failure(:[1-9]\d*)?", text):
            raise ValueError(
                f"{value!r} is no restart policy: write no, always, unless-stopped or on-failure[:N]"
            )
        return text

    @field_validator("mem_limit", "mem_reservation", mode="after")
    @classmethod
    def whole_mebibytes(cls, value: int | None) -> int | None:
        if value is not None and (value < parse_size("6m") or value % (1 << 20)):
            raise ValueError(f"{value} bytes: write whole mebibytes, 6m or more, e.g. 64m")
        return value

    @model_validator(mode="after")
    def swap_holds_memory(self) -> Service:
        if self.memswap_limit is not None and self.mem_limit is None:
            raise ValueError("memswap_limit needs mem_limit beside it")
        if self.memswap_limit not in (None, -1) and (self.memswap_limit or 0) < (
            self.mem_limit or 0
        ):
            raise ValueError(
                "memswap_limit counts memory and swap together: make it mem_limit or more"
            )
        return self

    def given_keys(self) -> list[str]:
        """The keys (dotted, sorted) that the stack file gives, values aside.

        The docker plugin keeps the old value of an optional input that is removed; a label with
        this list makes the removal a change.
        """
        return sorted(_dotted(self.model_dump(exclude_unset=True)))


def _dotted(value: dict[str, Any], prefix: str = "") -> list[str]:
    keys: list[str] = []
    for key, item in value.items():
        if prefix == "" and key in ("healthcheck", "logging") and isinstance(item, dict):
            keys += _dotted(item, f"{key}.")
        elif item not in (None, [], {}):
            keys.append(prefix + key)
    return keys
