"""`secrets` and `configs` of a Compose service: files that a container sees, and only root on its host."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from planning.field_types import EntryName, Text
from planning.stack_model import Encrypted, StackModel

_ROOT = 0o444


def _mode(value: Any) -> Any:
    if isinstance(value, str):
        if not re.fullmatch(r"0?o?[0-7]{3}", value):
            raise ValueError(f'{value!r} is no mode of a file: write e.g. "0440"')
        return int(value[-3:], 8)
    return value


class FileSource(StackModel):
    """Where the content of a secret or config is from."""

    refused = {
        "external": "crosshost has no store of its own: write file or content",
        "driver": "only Swarm's services have it",
        "driver_opts": "only Swarm's services have it",
        "template_driver": "only Swarm's services have it",
    }

    file: Text | None = Field(
        default=None,
        description="A file where pulumi runs; from the project's folder if it is relative",
    )
    content: Annotated[
        Text | None, BeforeValidator(lambda v: v, json_schema_input_type=str | Encrypted | None)
    ] = Field(default=None, description="The content itself; of a secret, encrypted")

    @model_validator(mode="after")
    def one_source(self) -> FileSource:
        if (self.file is None) == (self.content is None):
            raise ValueError("write either `file` or `content`")
        return self


class FileGrant(StackModel):
    """A secret or config that the container sees."""

    short_forms = ("string",)

    source: EntryName = Field(description="Its name in crosshost:secrets or crosshost:configs")
    target: Text | None = Field(
        default=None,
        description="Path in the container; default: /run/secrets/NAME, of configs /NAME",
    )
    uid: int = Field(
        default=0, ge=0, le=0xFFFFFFFF, description="Number of the user that it belongs to"
    )
    gid: int = Field(default=0, ge=0, le=0xFFFFFFFF, description="Number of its group")
    mode: Annotated[int, BeforeValidator(_mode, json_schema_input_type=int | str)] = Field(
        default=_ROOT, ge=0, le=0o777, description='Who may read it, e.g. "0440"; default "0444"'
    )

    @model_validator(mode="before")
    @classmethod
    def short_form(cls, value: Any) -> Any:
        return {"source": value} if isinstance(value, str) else value

    def path(self, folder: str) -> str:
        """Where the container has it; ``folder``: of targets without one."""
        target = self.target or self.source
        return target if target.startswith("/") else f"{folder}/{target}"


@dataclass(frozen=True)
class MountedFile:
    """A file as a container has it. Never shown."""

    target: str
    content: bytes
    mode: int
    uid: int
    gid: int

    def __repr__(self) -> str:
        return f"MountedFile({self.target})"


def hash_of(files: tuple[MountedFile, ...]) -> str:
    """What facts tell of the files on a host: sha256 of all contents, one after the other."""
    return sha256(b"".join(one.content for one in files)).hexdigest()


def folder_of(files: tuple[MountedFile, ...]) -> str:
    """The name of their folder: other contents, owners or modes have another one."""
    owners = "".join(f"{one.mode:o} {one.uid} {one.gid} {len(one.content)}\n" for one in files)
    return sha256(owners.encode() + hash_of(files).encode()).hexdigest()[:16]
