"""A service of a Compose file in the words of a stack's container."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from planning.problems import nearest
from planning.refused_words import REFUSED
from stacks.compose.extending import extended
from stacks.compose.files import split
from stacks.compose.networks import joined
from stacks.compose.project import Project
from stacks.compose.volumes import mounts
from stacks.granted_files import Definitions

# Without effect on what runs, as with `docker compose up --detach` of images that are there.
_WITHOUT_EFFECT = frozenset({"attach", "develop", "profiles"})
_PULLED_ONCE = ("missing", "if_not_present")


def container(
    project: Project, name: str, volumes: Mapping[str, str], files: Definitions
) -> dict[str, Any] | None:
    """The words of the service's container; None where the service is no map.

    ``volumes``: volume of the file -> its name on hosts. ``files``: the file's secrets and configs, to
    which files that it mounts are added. What is wrong is among the project's problems.
    """
    path = ("services", name)
    if not isinstance(project.services[name], dict):
        project.problem(path, "must be a map of settings, with an image")
        return None
    written = extended(name, project.services, project.defined.origin(path), project.problems)
    words = {key: value for key, value in written.items() if not str(key).startswith("x-")}
    words = {k: v for k, v in words.items() if k not in _WITHOUT_EFFECT and v is not None}
    words.pop("links", None)
    if words.get("pull_policy") in _PULLED_ONCE:
        del words["pull_policy"]
    if str(words.get("scale")) == "1":
        del words["scale"]
    if name in project.placement.images:
        words["image"] = project.placement.images[name]
    if "build" in words:
        if not words.get("image"):
            project.problem((*path, "build"), REFUSED["build"])
            words["image"] = "none"
        del words["build"]
    words["host"] = project.host(name) or ""
    network = joined(project, name, words)
    for key in ("networks", "network_mode"):
        words.pop(key, None)
    words |= network
    kept, configs = split(project, name, words.get("volumes"), files)
    if configs and isinstance(words.get("configs", []), list):
        words["configs"] = [*words.get("configs", []), *configs]
    for key, value in (
        ("environment", _environment(project, name, words.get("environment"))),
        ("env_file", _env_files(project.source_of(path).folder, words.get("env_file"))),
        ("volumes", mounts(project, name, kept, volumes)),
        ("depends_on", _dependencies(project, name, written, words.get("depends_on"))),
    ):
        if value:
            words[key] = value
        else:
            words.pop(key, None)
    return words


def _environment(project: Project, name: str, given: Any) -> Any:
    """A map or list without names alone, which Compose takes from the shell."""
    if isinstance(given, list):
        pairs = [str(item).partition("=") for item in given]
        given = {key: value if mark else None for key, mark, value in pairs}
    if not isinstance(given, dict):
        return given
    found = {}
    for key, value in given.items():
        variables = project.interpolation_of(("services", name))
        found[key] = variables.value(key) if value is None else value
        if found[key] is None:
            project.problem(
                ("services", name, "environment", key),
                f"{key} has no value, and the shell's is not read: write one, or "
                f"`environment: {{{key}: ...}}` in crosshost:compose",
            )
            del found[key]
    return found


def _env_files(folder: Path, given: Any) -> Any:
    """The paths from the Compose file's folder as paths from the project's."""

    def moved(item: Any) -> Any:
        if isinstance(item, str):
            return str(folder / item)
        if isinstance(item, dict) and isinstance(item.get("path"), str):
            return {**item, "path": str(folder / item["path"])}
        return item

    return [moved(item) for item in given] if isinstance(given, list) else moved(given)


def _dependencies(project: Project, name: str, written: Mapping[str, Any], given: Any) -> Any:
    """What the service waits for, that of `links` too; without what may be missing and is."""
    path = ("services", name, "depends_on")
    if not isinstance(given, (list, dict, type(None))):
        return given
    found: dict[str, Any] = (
        dict(given) if isinstance(given, dict) else {str(item): {} for item in given or ()}
    )
    links = written.get("links")
    for link in links if isinstance(links, list) else []:
        found.setdefault(str(link).partition(":")[0], {})
    active = project.active()
    for other, how in list(found.items()):
        required = not (isinstance(how, dict) and how.get("required") in (False, "false"))
        if other in active:
            continue
        del found[other]
        if other not in project.services:
            have = ", ".join(nearest(other, project.services))
            project.problem((*path, other), f"there is no service {other!r}: write one of {have}")
        elif required:
            project.problem(
                (*path, other),
                f"{name} needs {other}, which is left out by `exclude` or its profile: take both or none",
            )
    return found
