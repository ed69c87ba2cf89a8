"""The secrets and configs that a stack's containers see, with what is in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from components.container.settings import ContainerSettings
from planning.problems import Problem, nearest
from planning.sections import CONTAINERS
from planning.service_files import FileSource, MountedFile
from stacks import controller_files

# Of one file, as Swarm's secrets have it.
_MOST_BYTES = 500 << 10
# More would not be a container's settings any more; names of files on hosts have two digits.
_MOST_FILES = 90


@dataclass(frozen=True)
class Definitions:
    """Secrets and configs by name. ``section``: where they stand, for people."""

    secrets: dict[str, FileSource] = field(default_factory=dict)
    configs: dict[str, FileSource] = field(default_factory=dict)
    section: str = "crosshost:"


def mounted_files(
    name: str,
    container: ContainerSettings,
    definitions: Definitions,
    base: Path,
    problems: list[Problem],
) -> tuple[MountedFile, ...]:
    """The files of a container; what is wrong is added to ``problems``."""
    found: dict[str, MountedFile] = {}
    taken = {mount.target for mount in container.volumes}
    for kind, folder, grants, known in (
        ("secrets", "/run/secrets", container.secrets, definitions.secrets),
        ("configs", "", container.configs, definitions.configs),
    ):
        for i, grant in enumerate(grants):
            where = (CONTAINERS, name, kind, i)
            source = known.get(grant.source)
            if source is None:
                have = ", ".join(nearest(grant.source, known)) or "none"
                what = (
                    f"there is no {grant.source!r} in {definitions.section}{kind}: there is {have}"
                )
                problems.append(Problem(where, what))
                continue
            target = grant.path(folder)
            if target in taken or target in found:
                problems.append(Problem(where, f"{target} is mounted twice: write another target"))
            try:
                content = _content(source, base)
            except ValueError as error:
                problems.append(Problem(where, f"{source.file}: {error}"))
                continue
            found[target] = MountedFile(target, content, grant.mode, grant.uid, grant.gid)
    problems += _unfit(name, found)
    return tuple(found.values())


def _content(source: FileSource, base: Path) -> bytes:
    if source.file is None:
        return (source.content or "").encode()
    return controller_files.content(base, source.file, _MOST_BYTES)


def _unfit(name: str, files: Mapping[str, MountedFile]) -> Iterator[Problem]:
    if len(files) > _MOST_FILES:
        yield Problem(
            (CONTAINERS, name),
            f"has {len(files)} secrets and configs, and {_MOST_FILES} is the most",
        )
    for target in files:
        if ":" in target or not target.isprintable():
            yield Problem((CONTAINERS, name), f"{target!r} is no path in a container")
