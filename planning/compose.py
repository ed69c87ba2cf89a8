"""What the words of a stack file are made of: their base, and the types of a Compose service's.

Source of the words: the Compose Specification's service reference. Short forms
(``"8080:80"``, ``"data:/var/lib/data:ro"``) and long forms are both read; what comes out is
the long form.
"""

from __future__ import annotations

import re
import shlex
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    model_validator,
)
from pydantic_core import CoreSchema

from planning.words import Address, DockerName, Duration, Ipv4, Text


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
Paths = Annotated[list[AbsolutePath], BeforeValidator(_strings, json_schema_input_type=TextOrList)]
Addresses = Annotated[list[Address], BeforeValidator(_strings, json_schema_input_type=TextOrList)]
ExtraHosts = Annotated[
    dict[str, Address],
    BeforeValidator(_extra_hosts, json_schema_input_type=dict[str, str] | list[str]),
]
