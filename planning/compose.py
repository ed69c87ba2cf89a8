"""The words of a Compose service that a container in a stack file may use.

Source of the words: the Compose Specification's service reference. Short forms
(``"8080:80"``, ``"data:/var/lib/data:ro"``) and long forms are both read; what comes out is
the long form.
"""

from __future__ import annotations

import re
import shlex
from ipaddress import IPv4Address
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    field_validator,
    model_validator,
)
from pydantic_core import CoreSchema

from planning.words import Address, DockerName, Duration, Image, Ipv4, Size, Text, parse_size


class Words(BaseModel):
    """Base of all that a stack file says: frozen, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # JSON types that are read as a short form of the map.
    short_forms: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        schema = handler(core_schema)
        whole = handler.resolve_ref_schema(schema)
        if cls.short_forms:
            long = dict(whole)
            whole.clear()
            whole["anyOf"] = [{"type": kind} for kind in cls.short_forms] + [long]
        return schema


class Encrypted(BaseModel):
    """A value as `pulumi config set --secret` writes it; the program gets it in the open."""

    model_config = ConfigDict(extra="forbid")

    secure: str


class Port(Words):
    """One published port."""

    short_forms = ("string", "integer")

    target: int = Field(ge=1, le=65535, description="Port in the container")
    published: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="Port on the Docker host; Docker chooses one where it is left out",
    )
    host_ip: Ipv4 = Field(
        default=IPv4Address("0.0.0.0"),  # noqa: S104 - Compose's and Docker's default
        description="Address of the Docker host that it is published on",
    )
    protocol: Literal["tcp", "udp", "sctp"] = Field(default="tcp", description="tcp, udp or sctp")

    @model_validator(mode="before")
    @classmethod
    def short_form(cls, value: Any) -> Any:
        if isinstance(value, (dict, Port)):
            return value
        match = re.fullmatch(
            r"(?:(?:(?P<ip>[0-9.]+):)?(?P<published>\d*):)?(?P<target>\d+)(?:/(?P<proto>[a-z]+))?",
            str(value),
        )
        if not match:
            raise ValueError(f'{value!r} is no port: write e.g. "8080:80" or "127.0.0.1:53:53/udp"')
        long: dict[str, Any] = {"target": int(match["target"])}
        if match["published"]:
            long["published"] = int(match["published"])
        if match["ip"]:
            long["host_ip"] = match["ip"]
        if match["proto"]:
            long["protocol"] = match["proto"]
        return long


class VolumeMount(Words):
    """A bind mount or named volume inside the container."""

    short_forms = ("string",)

    type: Literal["bind", "volume"] = Field(
        description="bind: a path of the Docker host; volume: a named volume"
    )
    source: str | None = Field(
        default=None,
        description="Absolute path on the Docker host, or the volume's name (without: a new volume)",
    )
    target: str = Field(description="Absolute path in the container")
    read_only: bool = Field(default=False, description="The container cannot write to it")

    @model_validator(mode="before")
    @classmethod
    def short_form(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        parts = value.split(":")
        if len(parts) == 1:
            return {"type": "volume", "target": parts[0]}
        if len(parts) > 3 or (len(parts) == 3 and parts[2] not in ("ro", "rw")):
            raise ValueError(f"{value!r} is no volume: write SOURCE:TARGET or SOURCE:TARGET:ro")
        return {
            "type": "bind" if parts[0].startswith(("/", ".", "~")) else "volume",
            "source": parts[0],
            "target": parts[1],
            "read_only": parts[2:] == ["ro"],
        }

    @model_validator(mode="after")
    def absolute(self) -> VolumeMount:
        if not self.target.startswith("/"):
            raise ValueError(f"{self.target!r} must be an absolute path in the container")
        if self.type == "bind" and not (self.source or "").startswith("/"):
            raise ValueError(f"{self.source!r} must be an absolute path on the Docker host")
        if (
            self.type == "volume"
            and self.source is not None
            and not re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+", self.source)
        ):
            raise ValueError(f"{self.source!r} is no volume name")
        return self


def _test_list(value: Any) -> Any:
    if isinstance(value, str):
        return ["CMD-SHELL", value]
    if not isinstance(value, list) or not value or value[0] not in ("NONE", "CMD", "CMD-SHELL"):
        raise ValueError("write a shell command, or a list that begins with CMD, CMD-SHELL or NONE")
    return value


class Healthcheck(Words):
    """How Docker tests that the container is healthy."""

    test: Annotated[
        list[Text], BeforeValidator(_test_list, json_schema_input_type=str | list[str])
    ] = Field(description="Shell command, or a list that begins with CMD, CMD-SHELL or NONE")
    interval: Duration | None = Field(default=None, description="Time between two tests, e.g. 30s")
    timeout: Duration | None = Field(
        default=None, description="Time after which a test counts as failed"
    )
    start_period: Duration | None = Field(
        default=None, description="Time after the start in which failures do not count"
    )
    retries: int | None = Field(
        default=None,
        ge=1,
        le=1000,
        description="Failures in a row that make the container unhealthy",
    )


class Ulimit(Words):
    """Soft and hard limit of one resource."""

    short_forms = ("integer",)

    soft: int = Field(ge=-1, description="Soft limit, -1 for none")
    hard: int = Field(ge=-1, description="Hard limit, -1 for none")

    @model_validator(mode="before")
    @classmethod
    def short_form(cls, value: Any) -> Any:
        return {"soft": value, "hard": value} if isinstance(value, int) else value


class Logging(Words):
    """Log driver and its options."""

    driver: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")] = Field(
        description="Docker's log driver, e.g. json-file"
    )
    options: dict[str, Text] = Field(
        default={}, description="The driver's options, e.g. {max-size: 10m}"
    )


class NetworkAttachment(Words):
    """How the container joins one network."""

    ipv4_address: Ipv4 | None = Field(
        default=None, description="The container's address on this network"
    )
    aliases: list[DockerName] = Field(
        default=[], description="Further names of the container on this network"
    )


def _argv(value: Any) -> Any:
    return shlex.split(value) if isinstance(value, str) else value


def _environment(value: Any) -> Any:
    if isinstance(value, list):
        pairs = [str(item).partition("=") for item in value]
        if any(not separator for _, separator, _ in pairs):
            raise ValueError("each entry must be NAME=value")
        value = {name: text for name, _, text in pairs}
    if not isinstance(value, dict):
        raise ValueError("write a map NAME: value")
    plain: dict[str, str] = {}
    for name, item in value.items():
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", str(name)):
            raise ValueError(f"{name!r} is no environment variable name")
        if item is None or isinstance(item, (dict, list)):
            raise ValueError(f"{name} needs a text or number as its value")
        plain[str(name)] = str(item).lower() if isinstance(item, bool) else str(item)
    return plain


def _strings(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _tables(value: Any) -> Any:
    if isinstance(value, list):
        return dict(str(item).partition("=")[::2] for item in value)
    if isinstance(value, dict):
        return {key: str(item) for key, item in value.items()}
    return value


def _extra_hosts(value: Any) -> Any:
    if isinstance(value, list):
        return dict(re.split(r"[:=]", str(item), maxsplit=1) for item in value)
    return value


def _capability(value: str) -> str:
    name = value.upper().removeprefix("CAP_")
    if not re.fullmatch(r"[A-Z_]+", name):
        raise ValueError(f"{value!r} is no capability, e.g. NET_ADMIN")
    return name if name == "ALL" else f"CAP_{name}"


def _absolute(value: str) -> str:
    if not value.startswith("/"):
        raise ValueError(f"{value!r} must be an absolute path")
    return value


Scalar = str | int | float | bool
TextOrList = str | list[str]
Pairs = dict[str, Scalar | Encrypted] | list[str]
Argv = Annotated[list[Text], BeforeValidator(_argv, json_schema_input_type=TextOrList)]
Strings = Annotated[list[Text], BeforeValidator(_strings, json_schema_input_type=TextOrList)]
Environment = Annotated[
    dict[str, Text], BeforeValidator(_environment, json_schema_input_type=Pairs)
]
Table = Annotated[dict[str, Text], BeforeValidator(_tables, json_schema_input_type=Pairs)]
Capability = Annotated[
    str, BeforeValidator(lambda v: _capability(str(v)), json_schema_input_type=str)
]
AbsolutePath = Annotated[
    str, BeforeValidator(lambda v: _absolute(str(v)), json_schema_input_type=str)
]


class Service(Words):
    """What a container runs, in the words of a Compose service."""

    image: Image = Field(description="Image reference, e.g. registry.example.com/app:1.2")
    container_name: DockerName | None = Field(
        default=None, description="Name of the Docker container; default: the entry's name"
    )
    command: Argv | None = Field(
        default=None,
        description="What runs instead of the image's command: words, or one text that is split as a shell does",
    )
    entrypoint: Argv | None = Field(
        default=None, description="What runs instead of the image's entry point"
    )
    environment: Environment = Field(
        default={}, description="Environment variables: a map, or a list of NAME=value"
    )
    ports: list[Port] = Field(
        default=[],
        description='Ports that the Docker host publishes: "8080:80", "127.0.0.1:53:53/udp", or maps',
    )
    volumes: list[VolumeMount] = Field(
        default=[], description='Mounts: "/path/on/host:/path", "name:/path:ro", or maps'
    )
    tmpfs: Annotated[
        list[AbsolutePath], BeforeValidator(_strings, json_schema_input_type=TextOrList)
    ] = Field(default=[], description="Paths that are kept in memory, e.g. /run or /tmp:size=64m")
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
    labels: Table = Field(default={}, description="Docker labels: a map, or a list of name=value")
    dns: Annotated[list[Address], BeforeValidator(_strings, json_schema_input_type=TextOrList)] = (
        Field(default=[], description="Name servers")
    )
    dns_search: Strings = Field(default=[], description="Search domains")
    extra_hosts: Annotated[
        dict[str, Address],
        BeforeValidator(_extra_hosts, json_schema_input_type=dict[str, str] | list[str]),
    ] = Field(
        default={},
        description="Lines for /etc/hosts: a map name: address, or a list of name:address",
    )
    sysctls: Table = Field(
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
    group_add: list[Annotated[str, BeforeValidator(str, json_schema_input_type=str | int)]] = Field(
        default=[], description="Further groups of the user"
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
    devices: list[Annotated[str, Field(pattern=r"^/[^:]+(:/[^:]+(:[rwm]+)?)?$")]] = Field(
        default=[], description="Devices of the host, e.g. /dev/ttyUSB0 or /dev/a:/dev/b:rw"
    )
    pid: Literal["host"] | None = Field(
        default=None, description="host: the host's processes are visible"
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

    def words_given(self) -> list[str]:
        """The words (dotted, sorted) that the stack file gives, values aside.

        The docker plugin keeps the old value of an optional input that is removed; a label with
        this list makes the removal a change.
        """
        return sorted(_dotted(self.model_dump(exclude_unset=True)))


def _dotted(value: dict[str, Any], prefix: str = "") -> list[str]:
    words: list[str] = []
    for key, item in value.items():
        if prefix == "" and key in ("healthcheck", "logging") and isinstance(item, dict):
            words += _dotted(item, f"{key}.")
        elif item not in (None, [], {}):
            words.append(prefix + key)
    return words
