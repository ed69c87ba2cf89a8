"""`crosshost:prove`: when the network is proven, and what a user promises beside it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from planning.field_types import EntryName, Image
from planning.stack_model import StackModel


class PromiseSettings(StackModel):
    """A container that reaches another one, or must not."""

    source: EntryName = Field(alias="from", description="Container that asks")
    to: EntryName = Field(description="Container that is asked")
    port: int | None = Field(
        default=None, ge=1, le=65535, description="TCP port that accepts; without it a ping"
    )
    reach: bool = Field(default=True, description="false: it must not")


class ProveSettings(StackModel):
    """`crosshost:prove`: whether what the networks promise and deny is tested at the end of an up."""

    when: Literal["changed", "always", "never"] = Field(
        default="changed",
        description="changed: where containers, networks, hosts or what carries them changed; always: "
        "at every up; never",
    )
    strict: bool = Field(
        default=False,
        description="What cannot be tested (a missing tool) fails, too, and what an up "
        "interrupted without having said so",
    )
    image: Image | None = Field(
        default=None,
        description="Image with the tools that a host lacks (sh, ping, ip, bash, timeout, getent, and perl or "
        "python3): pulled to every host, run beside a container where its host lacks one",
    )
    promises: list[PromiseSettings] = Field(
        default=[], description="What you promise and deny beside the networks"
    )
