"""The contract between a stand-in and the server: plain values in, plain values out."""

# ruff: noqa: ARG002  (the contract's defaults do not use what they are given)

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from .errors import Unimplemented
from .values import Props

Log = Callable[[str, str], None]
"""`log(severity, text)`, shown by the engine under the resource of the call."""


@dataclass(frozen=True)
class Target:
    """The resource that a call is about; ``ignored``: inputs whose changes are to be."""

    type: str
    name: str
    log: Log
    urn: str = ""
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True)
class Failure:
    """One input that Check refuses."""

    reason: str
    property: str = ""


@dataclass(frozen=True)
class Checked:
    """The inputs as the plugin takes them, or why it does not."""

    inputs: Props
    failures: list[Failure] = field(default_factory=list)


@dataclass(frozen=True)
class Difference:
    """What an update would change: property path -> ADD, UPDATE_REPLACE, ..."""

    detailed: dict[str, str] = field(default_factory=dict)
    replaces: list[str] = field(default_factory=list)
    diffs: list[str] = field(default_factory=list)
    stables: list[str] = field(default_factory=list)
    delete_before_replace: bool = False
    undecided: bool = False
    of_inputs: bool = False


@dataclass(frozen=True)
class Found:
    """What Read found; an empty id says that the resource is gone."""

    id: str = ""
    state: Props = field(default_factory=dict)
    inputs: Props = field(default_factory=dict)


class Provider:
    """The calls of a plugin. Each may run at the same time as others, in its own thread."""

    name = ""
    version = ""
    features: dict[str, bool] = {}
    secrets = False
    """Whether secrets arrive as such."""

    def check_config(self, target: Target, news: Props, olds: Props) -> Checked:
        """The provider's own inputs."""
        raise Unimplemented("CheckConfig is not implemented")

    def diff_config(self, target: Target, olds: Props, news: Props) -> Difference:
        """What a change of the provider's own inputs means."""
        raise Unimplemented("DiffConfig is not implemented")

    def configure(self, args: Props) -> None:
        """Take the checked inputs."""

    def check(self, target: Target, news: Props, olds: Props, seed: bytes) -> Checked:
        """A resource's inputs with defaults, or what is wrong with them."""
        raise Unimplemented("Check is not implemented")

    def diff(self, target: Target, state: Props, news: Props, olds: Props) -> Difference:
        """What would change, and whether that takes a replacement."""
        raise Unimplemented("Diff is not implemented")

    def create(self, target: Target, inputs: Props, preview: bool) -> tuple[str, Props]:
        """Make the resource: its id and state."""
        raise Unimplemented("Create is not implemented")

    def read(self, target: Target, resource_id: str, state: Props, inputs: Props) -> Found:
        """Look the resource up."""
        raise Unimplemented("Read is not implemented")

    def update(
        self, target: Target, resource_id: str, state: Props, news: Props, preview: bool
    ) -> Props:
        """Change the resource in place: its new state."""
        raise Unimplemented("Update is not implemented")

    def delete(self, target: Target, resource_id: str, state: Props) -> None:
        """Remove the resource; it is no error that it is gone."""
        raise Unimplemented("Delete is not implemented")

    def invoke(self, token: str) -> None:
        """Run a function: neither stand-in has one, as the program calls none."""
        raise Unimplemented("Invoke is not implemented")

    def close(self) -> None:
        """The process is about to end."""
