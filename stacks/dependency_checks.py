"""What containers wait for: it is there, ends where it is to end, and does not wait in turn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from components.container.settings import ContainerSettings
from planning.problems import Path, Problem, nearest
from planning.sections import CONTAINERS

_NEVER_END = ("always", "unless-stopped")


def dependency_problems(
    containers: Mapping[str, ContainerSettings], named: set[str]
) -> Iterator[Problem]:
    """``named``: the containers given, those of wrong entries too."""
    for name, container in containers.items():
        for other, how in container.depends_on.items():
            path: Path = (CONTAINERS, name, "depends_on", other)
            target = containers.get(other)
            if other == name:
                yield Problem(path, "a container cannot wait for itself: remove it")
            elif other not in named:
                if how.required:
                    have = ", ".join(nearest(other, named - {name})) or "it has no other"
                    yield Problem(
                        path,
                        f"there is no container {other!r} in this stack: name one that is ({have})",
                    )
            elif (
                how.condition == "service_completed_successfully"
                and target is not None
                and target.restart in _NEVER_END
            ):
                yield Problem(
                    path,
                    f"{other} never ends for good, as it has `restart: {target.restart}`: write "
                    "`restart: no` or on-failure there, or another condition here",
                )
    yield from _cycles(containers)


def _cycles(containers: Mapping[str, ContainerSettings]) -> Iterator[Problem]:
    done: set[str] = set()
    for first in containers:
        way: list[str] = []
        if cycle := _cycle(first, containers, way, done):
            ways = " -> ".join([*cycle, cycle[0]])
            yield Problem(
                (CONTAINERS, cycle[0], "depends_on"),
                f"these wait for each other, so none can begin: {ways}; take one of them away",
            )


def _cycle(
    name: str, containers: Mapping[str, ContainerSettings], way: list[str], done: set[str]
) -> list[str]:
    """The names of a circle that is reached from a container, empty where there is none new."""
    if name in way:
        return way[way.index(name) :]
    if name in done or name not in containers:
        return []
    way.append(name)
    for other in containers[name].comes_after:
        if other != name and (cycle := _cycle(other, containers, way, done)):
            done.add(name)
            return cycle
    way.pop()
    done.add(name)
    return []
