"""The types of a Compose service's keys.

Source of the keys: the Compose Specification's service reference. Short forms
(``"8080:80"``, ``"data:/var/lib/data:ro"``) and long forms are both read; what comes out is
the long form.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    model_validator,
)

from planning import short_forms
from planning.field_types import Address, DockerName, Duration, Ipv4, Ipv6, Text
from planning.stack_model import Encrypted, StackModel


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
    start_interval: Duration | None = Field(
        default=None, description="Time between two tests in start_period; from Docker 25 on"
    )
    retries: int | None = Field(
        default=None,
        ge=1,
        le=1000,
        description="Failures in a row that make the container unhealthy",
    )
    disable: bool = Field(default=False, description="As the test [NONE]: the image's own is off")

    @model_validator(mode="before")
    @classmethod
    def read_disable(cls, value: Any) -> Any:
        if isinstance(value, dict) and value.get("disable") in (True, "true"):
            return {**value, "test": ["NONE"]}
        return value


Scalar = str | int | float | bool
Options = Annotated[
    dict[str, Text],
    BeforeValidator(short_forms.texts, json_schema_input_type=dict[str, Scalar]),
]


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

    driver: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")] | None = Field(
        default=None, description="Docker's log driver, e.g. json-file; default: the daemon's"
    )
    options: Options = Field(default={}, description="The driver's options, e.g. {max-size: 10m}")


class NetworkAttachment(StackModel):
    """How the container joins one network."""

    ipv4_address: Ipv4 | None = Field(
        default=None, description="The container's address on this network"
    )
    ipv6_address: Ipv6 | None = Field(
        default=None,
        description="The same of the network's `subnet6`; default: the one at the place of the IPv4 address",
    )
    aliases: list[DockerName] = Field(
        default=[], description="Further names of the container on this network"
    )
    gw_priority: int | None = Field(
        default=None,
        ge=-(1 << 31),
        lt=1 << 31,
        description="The container's default route is by the network with the highest, each without has 0; "
        "Docker 28 or newer",
    )


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
Device = Annotated[
    str,
    BeforeValidator(short_forms.device, json_schema_input_type=str | dict[str, str]),
    Field(pattern=r"^/[^:]+(:/[^:]+(:[rwm]+)?)?$"),
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
