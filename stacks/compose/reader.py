"""The services of the Compose file that a stack names, as its containers.

No Python library that reads Compose files resolves variables and `extends` and knows the line of a
value (docs/adr/0021), so the YAML is read by this project's own reader, whose values are those of
Compose's (both use the same Go library), the words are checked by the models that containers of a
stack file have, and files of variables are read by python-dotenv.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from planning.problems import Path as SettingPath
from planning.problems import Problem, nearest
from planning.sections import CONTAINERS
from stacks import env_files
from stacks.compose import files, volumes
from stacks.compose import source as sources
from stacks.compose.including import Origin, defined
from stacks.compose.interpolation import Interpolation
from stacks.compose.project import IN_FILE, SECTION, Project
from stacks.compose.services import container
from stacks.compose.settings import ComposePlacement, ComposeSettings
from stacks.compose.source import ComposeFileError, Source
from stacks.granted_files import Definitions
from stacks.reading import read

_KNOWN = ("name", "version", "include", "services", "networks", "volumes", "secrets", "configs")
_REFUSED = {"models": "crosshost runs containers only"}


@dataclass(frozen=True)
class Composed:
    """Containers in the words of a stack file. ``secret``: those with values that are not shown."""

    containers: dict[str, Any] = field(default_factory=dict)
    secret: frozenset[str] = frozenset()
    project: Project | None = None
    files: Definitions = field(default_factory=Definitions)

    def moved(self, problem: Problem) -> list[Problem]:
        """A problem of a container in its place in the Compose file, if it is from there.

        None is left of what follows from a missing host, which is told by itself.
        """
        path = problem.path
        if self.project is None or path[:1] != (CONTAINERS,) or path[1:2][0] not in self.containers:
            return [problem]
        name, *rest = path[1:]
        if rest[:1] == ["host"]:
            if self.project.host(str(name)) is None:
                return []
            by_name = not isinstance(self.project.placement.on, str)
            known = len(self.project.problems)
            self.project.misplaced("on", (name,) if by_name else (), problem.sentence)
            return [self.project.problems.pop(known)]
        place = ("services", name, *rest)
        return [Problem(place, problem.sentence, self.project.place(place))]


def compose(
    settings: ComposeSettings,
    base: Path,
    stack: str,
    networks: Collection[str],
    problems: list[Problem],
    *,
    secret: bool,
) -> Composed:
    """What a Compose file brings. ``base``: what its path is from. ``secret``: the section is one.

    What is wrong is added to ``problems``.
    """
    try:
        source = sources.read(base, settings.file)
    except ComposeFileError as error:
        # Without a line it is the stack file that is to be corrected.
        said = f"the Compose file {settings.file} {error}"
        problems.append(Problem((SECTION, "file"), said, error.place))
        return Composed()
    placement = _placement(settings, source, problems)
    hidden, variables = _variables(settings, source, problems)
    name = settings.project_name or source.value.get("name") or stack
    known = len(problems)
    main = Origin(source, Interpolation(variables, set(variables) if secret else hidden))
    definitions = defined(main, problems)
    if len(problems) > known:
        return Composed()  # what follows from files that are not there is no mistake of its own
    project = Project(
        definitions, placement, settings.model_fields_set, str(name), networks, problems
    )
    if not isinstance(name, str) or not re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,99}", name):
        project.problem(("name",), f"{name!r} is no project's name, e.g. app")
    for origin in {id(o): o for o in (main, *project.defined.origins.values())}.values():
        _top_level(origin.source, problems)
    project.check()
    names = volumes.names(project)
    granted = files.definitions(project)
    containers: dict[str, Any] = {}
    secrets = set()
    for service in project.active():
        interpolation = project.interpolation_of(("services", service))
        interpolation.used_hidden = False
        words = container(project, service, names, granted)
        if words is not None:
            containers[service] = words
        if interpolation.used_hidden:
            secrets.add(service)
    volumes.shared(project, containers)
    return Composed(containers, frozenset(secrets), project, granted)


def _placement(
    settings: ComposeSettings, source: Source, problems: list[Problem]
) -> ComposePlacement:
    """What the stack file says, over what the Compose file itself says."""
    if IN_FILE not in source.value:
        return settings
    known = len(problems)
    own = read(ComposePlacement, source.value[IN_FILE] or {}, (IN_FILE,), problems)
    for i, problem in enumerate(problems[known:], known):
        problems[i] = replace(problem, place=source.place(problem.path))
    if own is None:
        return settings
    given = settings.model_dump(exclude_unset=True, include=set(ComposePlacement.model_fields))
    whole: Mapping[str, Any] = own.model_dump(exclude_unset=True) | given
    return ComposePlacement.model_validate(whole)


def _variables(
    settings: ComposeSettings, source: Source, problems: list[Problem]
) -> tuple[set[str], dict[str, str]]:
    """The names of variables that are from files, which may be secret, and the values of all."""
    given = settings.env_file
    there = [".env"] if (source.folder / ".env").is_file() else []
    found: dict[str, str] = {}
    for i, file in enumerate(there if given is None else given):
        path: SettingPath = (SECTION, "env_file", i) if given is not None else (SECTION, "file")
        try:
            found |= env_files.read(source.folder, file, {**found, **settings.environment})
        except ValueError as error:
            problems.append(Problem(path, f"{file}: {error}"))
    return set(found) - set(settings.environment), {**found, **settings.environment}


def _top_level(source: Source, problems: list[Problem]) -> None:
    for key, value in source.value.items():
        if key in _REFUSED and value:
            said = f"{key} is not carried over: {_REFUSED[key]}"
        elif key not in (*_KNOWN, *_REFUSED) and not key.startswith("x-"):
            have = ", ".join(nearest(key, _KNOWN))
            said = f"unknown key {key!r}: the keys here are {have}, and x-..."
        else:
            continue
        problems.append(Problem((key,), said, source.place((key,))))
