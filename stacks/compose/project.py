"""A Compose file with what a stack says of it: what its services are read with."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from planning.problems import Path, Problem, nearest
from stacks.compose.including import Defined
from stacks.compose.interpolation import Interpolation
from stacks.compose.settings import ComposePlacement
from stacks.compose.source import Source

SECTION = "crosshost:compose"
IN_FILE = "x-crosshost"


@dataclass(frozen=True)
class Project:
    """``given``: the keys of `placement` that the stack file says; the rest is from the Compose file.

    ``name``: what volumes' names begin with. ``networks``: those of the stack.
    """

    defined: Defined
    placement: ComposePlacement
    given: Collection[str]
    name: str
    networks: Collection[str]
    problems: list[Problem] = field(default_factory=list)

    @property
    def source(self) -> Source:
        """The Compose file that the stack names."""
        return self.defined.main.source

    @property
    def services(self) -> dict[str, Any]:
        """The services, those of profiles that are off too."""
        found: dict[str, Any] = self.defined.sections["services"]
        return found

    def source_of(self, path: Path) -> Source:
        """The Compose file that a definition is from, of those that are included too."""
        return self.defined.origin(path).source

    def interpolation_of(self, path: Path) -> Interpolation:
        """What fills in the variables of a definition."""
        return self.defined.origin(path).interpolation

    def place(self, path: Path) -> str:
        """FILE:LINE of what is at a path, or of the nearest thing around it."""
        return self.source_of(path).place(path)

    def problem(self, path: Path, sentence: str) -> None:
        """Something is wrong in the Compose file."""
        self.problems.append(Problem(path, sentence, self.place(path)))

    def misplaced(self, key: str, rest: Path, sentence: str) -> None:
        """Something is wrong in what the placement says, wherever it stands."""
        if key in self.given or IN_FILE not in self.source.value:
            self.problems.append(Problem((SECTION, key, *rest), sentence))
        else:
            self.problem((IN_FILE, key, *rest), sentence)

    def host(self, service: str) -> str | None:
        """The host of a service, None where nothing says it."""
        on = self.placement.on
        return on if isinstance(on, str) else (on or {}).get(service)

    def active(self) -> list[str]:
        """The services that are to run, in the file's order."""
        return [name for name in self.services if not self._off(name)]

    def _off(self, name: str) -> bool:
        words = self.services[name]
        profiles = words.get("profiles") if isinstance(words, dict) else None
        if not isinstance(profiles, list):
            profiles = []  # check() says what is wrong with it
        on = {str(one) for one in profiles} & set(self.placement.profiles)
        return name in self.placement.exclude or bool(profiles and not on)

    def check(self) -> None:
        """What the placement says of services that the file has not, and leaves out of those it has."""
        for name in _named(self.placement.on):
            self._known("on", (name,), name)
        for name in self.placement.images:
            self._known("images", (name,), name)
        for i, name in enumerate(self.placement.exclude):
            self._known("exclude", (i,), name)
        for name, words in self.services.items():
            profiles = words.get("profiles") if isinstance(words, dict) else None
            if not isinstance(profiles, (list, type(None))):
                self.problem(("services", name, "profiles"), "must be a list of names")
        for name in self.active():
            if self.host(name) is None:
                self.misplaced(
                    "on",
                    (),
                    f"says no host of {name}: add `{name}: HOST`, or write `exclude: [{name}]`",
                )

    def _known(self, key: str, rest: Path, name: str) -> None:
        if name not in self.services:
            have = ", ".join(nearest(name, self.services))
            self.misplaced(
                key, rest, f"there is no service {name!r} in {self.source.shown}: it has {have}"
            )


def _named(on: str | Mapping[str, str] | None) -> Iterator[str]:
    if not isinstance(on, str):
        yield from on or {}
