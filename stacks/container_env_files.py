"""The files of environment variables that a stack's containers name, read into their environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from components.container.settings import ContainerSettings
from planning.problems import Problem
from planning.sections import CONTAINERS
from stacks import env_files
from stacks.controller_files import MissingFileError


def with_env_files(
    containers: Mapping[str, ContainerSettings], base: Path, problems: list[Problem]
) -> dict[str, ContainerSettings]:
    """The containers with what is in their files; `environment` wins. ``base``: what paths are from."""
    return {
        name: _read(name, one, base, problems) if one.env_file else one
        for name, one in containers.items()
    }


def _read(
    name: str, container: ContainerSettings, base: Path, problems: list[Problem]
) -> ContainerSettings:
    found: dict[str, str] = {}
    for i, file in enumerate(container.env_file):
        try:
            raw = file.format == "raw"
            found |= env_files.read(base, file.path, found, raw=raw)
        except ValueError as error:
            if file.required or not isinstance(error, MissingFileError):
                where = (CONTAINERS, name, "env_file", i)
                problems.append(Problem(where, f"{file.path}: {error}"))
    return container.model_copy(update={"environment": {**found, **container.environment}})
