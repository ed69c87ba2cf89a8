"""The types of a Compose service's keys.

Source of the keys: the Compose Specification's service reference. Short forms
(``"8080:80"``, ``"data:/var/lib/data:ro"``) and long forms are both read; what comes out is
the long form.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    model_validator,
)

from planning import short_forms
from planning.field_types import Address, DockerName, Duration, Ipv4, Text
from planning.stack_model import Encrypted, StackModel


class VolumeMount(StackModel):
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
        for path in (self.target, self.source or ""):
            if ":" in path:
                raise ValueError(f"{path!r} holds a colon, which Docker takes for the path's end")
        if (
            self.type == "volume"
            and self.source is not None
            and not re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+", self.source)
        ):
            raise ValueError(f"{self.source!r} is no volume name")
        return self


class Healthcheck(StackModel):
    """How Docker tests that the container is healthy."""

    test: Annotated[
        list[Text], BeforeValidator(short_forms.health_test, json_schema_input_type=str | list[str])
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


class Ulimit(StackModel):
    """Soft and hard limit of one resource."""

    short_forms = ("integer",)

    soft: int = Field(ge=-1, description="Soft limit, -1 for none")
    hard: int = Field(ge=-1, description="Hard limit, -1 for none")

    @model_validator(mode="before")
    @classmethod
    def short_form(cls, value: Any) -> Any:
        return {"soft": value, "hard": value} if isinstance(value, int) else value


class Logging(StackModel):
    """Log driver and its options."""

    driver: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")] = Field(
        description="Docker's log driver, e.g. json-file"
    )
    options: dict[str, Text] = Field(
        default={}, description="The driver's options, e.g. {max-size: 10m}"
    )


class NetworkAttachment(StackModel):
    """How the container joins one network."""

    ipv4_address: Ipv4 | None = Field(
        default=None, description="The container's address on this network"
    )
    aliases: list[DockerName] = Field(
        default=[], description="Further names of the container on this network"
    )


Scalar = str | int | float | bool
TextOrList = str | list[str]
Pairs = dict[str, Scalar | Encrypted] | list[str]
Command = Annotated[
    list[Text],
    BeforeValidator(short_forms.argv, json_schema_input_type=TextOrList),
    AfterValidator(short_forms.no_empty_word),
]
Argv = Annotated[list[Text], BeforeValidator(short_forms.argv, json_schema_input_type=TextOrList)]
Strings = Annotated[
    list[Text], BeforeValidator(short_forms.strings, json_schema_input_type=TextOrList)
]
Environment = Annotated[
    dict[str, Text], BeforeValidator(short_forms.environment, json_schema_input_type=Pairs)
]
Labels = Annotated[
    dict[str, Text], BeforeValidator(short_forms.labels, json_schema_input_type=Pairs)
]
Sysctls = Annotated[
    dict[str, Text], BeforeValidator(short_forms.sysctls, json_schema_input_type=Pairs)
]
Capability = Annotated[str, BeforeValidator(short_forms.capability, json_schema_input_type=str)]
AbsolutePath = Annotated[
    str, BeforeValidator(lambda v: short_forms.absolute(str(v)), json_schema_input_type=str)
]
Paths = Annotated[
    list[AbsolutePath], BeforeValidator(short_forms.strings, json_schema_input_type=TextOrList)
]
Addresses = Annotated[
    list[Address], BeforeValidator(short_forms.strings, json_schema_input_type=TextOrList)
]
ExtraHosts = Annotated[
    dict[
        Annotated[str, AfterValidator(short_forms.host_of_extra)],
        Annotated[str, AfterValidator(short_forms.address_of_extra)],
    ],
    BeforeValidator(short_forms.extra_hosts, json_schema_input_type=dict[str, str] | list[str]),
]
