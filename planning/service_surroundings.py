"""The keys of a Compose service on what is around its container: other services, files, its host."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from planning.deploy import Deploy, with_deploy
from planning.field_types import EntryName, Text
from planning.mounts import tmpfs_from_mounts
from planning.refused_words import REFUSED
from planning.service import Service
from planning.service_files import FileGrant
from planning.stack_model import StackModel

_PLATFORM = r"^linux(/[a-z0-9]+(/v[0-9]+)?)?$"
# They say nothing that Docker keeps with a container.
_NOT_OF_THE_CONTAINER = frozenset(
    {"adopt", "depends_on", "deploy", "env_file", "expose", "network_mode", "platform"}
)


def _platform(value: str) -> str:
    if not re.match(_PLATFORM, value) or value.endswith("\n"):
        raise ValueError(f"{value!r} is nothing that hosts are: write linux/amd64 or the like")
    return value


class Dependency(StackModel):
    """What another container must be before this one is made."""

    condition: Literal["service_started", "service_healthy", "service_completed_successfully"] = (
        Field(
            default="service_started",
            description="service_healthy: its healthcheck passes; service_completed_successfully: it "
            "has ended with exit code 0",
        )
    )
    restart: bool = Field(
        default=False, description="This one is made anew where that one is made anew"
    )
    required: bool = Field(default=True, description="false: it may be missing from the stack")


class EnvFile(StackModel):
    """A file of environment variables on the machine that runs pulumi."""

    short_forms = ("string",)

    path: Text = Field(description="Its path; from the project's folder if it is relative")
    required: bool = Field(default=True, description="false: it may be missing")
    format: Literal["raw"] | None = Field(
        default=None, description="raw: ${NAME} and quotes are taken as they are"
    )

    @model_validator(mode="before")
    @classmethod
    def short_form(cls, value: Any) -> Any:
        return {"path": value} if isinstance(value, str) else value


def _dependencies(value: Any) -> Any:
    if isinstance(value, list):
        if not all(isinstance(name, str) for name in value):
            raise ValueError("must be a list of names, or a map NAME: {condition: ...}")
        if len(set(value)) < len(value):
            raise ValueError("names a service twice: name each once")
        return {name: {} for name in value}
    return value


def _one_or_more(value: Any) -> Any:
    return [value] if isinstance(value, (str, dict)) else value


Dependencies = Annotated[
    dict[EntryName, Dependency],
    BeforeValidator(_dependencies, json_schema_input_type=list[str] | dict[str, Dependency]),
]


class ServiceInStack(Service):
    """A service beside others."""

    refused = REFUSED

    depends_on: Dependencies = Field(
        default={},
        description="Containers, on any host, that are made before this one: a list, or a map with "
        "conditions",
    )
    env_file: Annotated[
        list[EnvFile],
        BeforeValidator(_one_or_more, json_schema_input_type=str | list[str | EnvFile]),
    ] = Field(
        default=[],
        description="Files of environment variables, which `environment` wins over; what is in them "
        "counts as secret",
    )
    secrets: list[FileGrant] = Field(
        default=[], description="Secrets that it sees as files: names of crosshost:secrets, or maps"
    )
    configs: list[FileGrant] = Field(
        default=[], description="Configs that it sees as files: names of crosshost:configs, or maps"
    )
    expose: list[int | Text] = Field(
        default=[],
        description="Ports for the other containers of its networks, which reach all of them anyway",
    )
    platform: (
        Annotated[
            str, AfterValidator(_platform), WithJsonSchema({"type": "string", "pattern": _PLATFORM})
        ]
        | None
    ) = Field(
        default=None, description="What its host must be, e.g. linux/amd64; another one is refused"
    )
    deploy: Deploy | None = Field(
        default=None, description="Resources and restart policy in the words of `deploy`"
    )

    @model_validator(mode="before")
    @classmethod
    def read_other_words(cls, value: Any) -> Any:
        return tmpfs_from_mounts(with_deploy(value))

    def given_keys(self) -> list[str]:
        return [key for key in super().given_keys() if key not in _NOT_OF_THE_CONTAINER]
