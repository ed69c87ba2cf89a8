"""The words of a Compose service that a container in a stack file may use.

Source of the words: the Compose Specification's service reference. Short forms
(``"8080:80"``, ``"data:/var/lib/data:ro"``) and long forms are both read; what comes out is
the long form.
"""

from __future__ import annotations

import re
import shlex
from ipaddress import IPv4Address
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from planning.words import Address, DockerName, Duration, Image, Ipv4, Size, Text, parse_size


class Words(BaseModel):
    """Base of all that a stack file says: frozen, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Port(Words):
    """One published port."""

    target: int = Field(ge=1, le=65535)
    published: int | None = Field(default=None, ge=1, le=65535)
    host_ip: Ipv4 = IPv4Address("0.0.0.0")  # noqa: S104 - Compose's and Docker's default
    protocol: Literal["tcp", "udp", "sctp"] = "tcp"

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

    type: Literal["bind", "volume"]
    source: str | None = None
    target: str
    read_only: bool = False

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

    test: Annotated[list[Text], BeforeValidator(_test_list)]
    interval: Duration | None = None
    timeout: Duration | None = None
    start_period: Duration | None = None
    retries: int | None = Field(default=None, ge=1, le=1000)


class Ulimit(Words):
    """Soft and hard limit of one resource."""

    soft: int = Field(ge=-1)
    hard: int = Field(ge=-1)

    @model_validator(mode="before")
    @classmethod
    def short_form(cls, value: Any) -> Any:
        return {"soft": value, "hard": value} if isinstance(value, int) else value


class Logging(Words):
    """Log driver and its options."""

    driver: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
    options: dict[str, Text] = {}


class NetworkAttachment(Words):
    """How the container joins one network."""

    ipv4_address: Ipv4 | None = None
    aliases: list[DockerName] = []


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


Argv = Annotated[list[Text], BeforeValidator(_argv)]
Strings = Annotated[list[Text], BeforeValidator(_strings)]
Environment = Annotated[dict[str, Text], BeforeValidator(_environment)]
Table = Annotated[dict[str, Text], BeforeValidator(_tables)]
Capability = Annotated[str, BeforeValidator(lambda v: _capability(str(v)))]
AbsolutePath = Annotated[str, BeforeValidator(lambda v: _absolute(str(v)))]


class Service(Words):
    """What a container runs, in the words of a Compose service."""

    image: Image
    container_name: DockerName | None = None
    command: Argv | None = None
    entrypoint: Argv | None = None
    environment: Environment = {}
    ports: list[Port] = []
    volumes: list[VolumeMount] = []
    tmpfs: Annotated[list[AbsolutePath], BeforeValidator(_strings)] = []
    restart: str = "no"
    cap_add: list[Capability] = []
    cap_drop: list[Capability] = []
    healthcheck: Healthcheck | None = None
    hostname: str | None = Field(default=None, pattern=r"^[a-zA-Z0-9][a-zA-Z0-9.-]{0,62}$")
    domainname: str | None = Field(default=None, pattern=r"^[a-zA-Z0-9][a-zA-Z0-9.-]*$")
    labels: Table = {}
    dns: Annotated[list[Address], BeforeValidator(_strings)] = []
    dns_search: Strings = []
    extra_hosts: Annotated[dict[str, Address], BeforeValidator(_extra_hosts)] = {}
    sysctls: Table = {}
    ulimits: dict[str, Ulimit] = {}
    user: str | None = Field(default=None, pattern=r"^[a-zA-Z0-9_][a-zA-Z0-9_.:-]{0,127}$")
    group_add: list[Annotated[str, BeforeValidator(str)]] = []
    working_dir: AbsolutePath | None = None
    privileged: bool = False
    read_only: bool = False
    init: bool = False
    tty: bool = False
    stdin_open: bool = False
    mem_limit: Size | None = None
    memswap_limit: Size | Literal[-1] | None = None
    mem_reservation: Size | None = None
    cpus: float | None = Field(default=None, gt=0)
    cpu_shares: int | None = Field(default=None, ge=2)
    cpuset: str | None = Field(default=None, pattern=r"^[0-9,-]+$")
    shm_size: Size | None = None
    security_opt: list[Text] = []
    devices: list[Annotated[str, Field(pattern=r"^/[^:]+(:/[^:]+(:[rwm]+)?)?$")]] = []
    pid: Literal["host"] | None = None
    ipc: Literal["host", "private", "shareable", "none"] | None = None
    logging: Logging | None = None
    stop_signal: str | None = Field(default=None, pattern=r"^[A-Z0-9+-]+$")
    stop_grace_period: Duration = "10s"

    @field_validator("restart", mode="before")
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
