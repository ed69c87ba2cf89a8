"""`crosshost:compose`: which Compose file, and where its services and networks are."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from planning.compose import AbsolutePath, Environment, Strings
from planning.field_types import HostName, Image, Text
from planning.stack_model import StackModel


def _text_or_map(value: object) -> object:
    if not isinstance(value, (str, dict)):
        raise ValueError("write a host's name for all services, or a map SERVICE: HOST")
    return value


Places = Annotated[
    HostName | dict[str, HostName],
    BeforeValidator(_text_or_map, json_schema_input_type=str | dict[str, str]),
]


class ComposePlacement(StackModel):
    """What both the stack file and `x-crosshost` in a Compose file may say."""

    on: Places | None = Field(
        default=None, description="Host of each service, or one host's name for all of them"
    )
    networks: dict[str, str] = Field(
        default={},
        description="The stack's network for each of the file's; `default` is that of services that "
        "name none. Left out: the network of the same name, and for `default` the stack's only one",
    )
    profiles: list[Text] = Field(
        default=[], description="Profiles that are on: services of others are left out"
    )
    images: dict[str, Image] = Field(
        default={},
        description="Images of services, in place of the file's: of those that it builds, or a version",
    )
    exclude: list[Text] = Field(default=[], description="Services that are left out")
    project_directory: AbsolutePath | None = Field(
        default=None,
        description="Folder of the hosts that relative bind paths (./data) are in; without it they "
        "are refused",
    )


class ComposeSettings(ComposePlacement):
    """`crosshost:compose`. What it leaves out may stand in the Compose file, under `x-crosshost`."""

    file: Text = Field(description="The Compose file; from the project's folder if it is relative")
    project_name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")] | None = Field(
        default=None,
        description="Begins the names of volumes, as with Compose; default: the file's `name`, else "
        "the stack's",
    )
    environment: Environment = Field(
        default={},
        description="Variables that the file asks for by ${NAME}; they win over those of env_file. "
        "The shell's own are not read, so that everybody gets the same",
    )
    env_file: Strings | None = Field(
        default=None,
        description="Files of such variables, from the Compose file's folder; default: .env, where "
        "there is one",
    )
