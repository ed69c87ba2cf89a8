"""The mounts of a Compose file's services: volumes by their whole names, paths as hosts have them."""

from __future__ import annotations

import os.path
import posixpath
from collections.abc import Mapping
from typing import Any

from planning.mounts import is_path
from planning.problems import Path
from stacks.compose.project import Project

_OWN_FOLDER = (
    "is no file beside the Compose file, which would be sent to {host}: put the folder on the host and "
    "write e.g. `project_directory: /srv/app` in crosshost:compose, or an absolute path"
)


def mounts(project: Project, name: str, given: Any, names: Mapping[str, str]) -> Any:
    """A service's `volumes`. ``names``: volume of the file -> its name on hosts."""
    if not isinstance(given, list):
        return given
    found: list[Any] = []
    for i, mount in enumerate(given):
        path = ("services", name, "volumes", i)
        if isinstance(mount, str) and ":" in mount:
            source, _, rest = mount.partition(":")
            found.append(f"{_source(project, name, path, source, is_path(source), names)}:{rest}")
        elif isinstance(mount, dict) and isinstance(mount.get("source"), str):
            bind = mount.get("type") == "bind"
            source = mount["source"]
            found.append({**mount, "source": _source(project, name, path, source, bind, names)})
        else:
            found.append(mount)
    return found


def _source(
    project: Project, service: str, path: Path, source: str, bind: bool, names: Mapping[str, str]
) -> str:
    if not bind:
        if source not in names:
            project.problem(path, f"there is no volume {source!r}: add it to the file's `volumes`")
        return names.get(source, source)
    if source.startswith("/"):
        return source
    folder = project.placement.project_directory
    if source.startswith("~"):
        project.problem(path, f"{source} is in the home of whoever runs it: write an absolute path")
    elif folder is None:
        project.problem(
            path, f"{source} {_OWN_FOLDER.format(host=project.host(service) or 'a host')}"
        )
    else:
        beside = os.path.relpath(project.source_of(path).folder, project.source.folder)
        return posixpath.normpath(posixpath.join(folder, beside, source))
    return "/"


def names(project: Project) -> dict[str, str]:
    """Volume of the file -> its name on hosts."""
    given = project.defined.sections["volumes"] or {}
    if not isinstance(given, dict):
        project.problem(("volumes",), "must be a map of volumes")
        return {}
    found = {}
    for volume, written in given.items():
        path = ("volumes", volume)
        words = project.defined.origin(path).filled_in(written or {}, path, project.problems)
        if not isinstance(words, dict):
            project.problem(("volumes", volume), "must be a map of settings")
            words = {}
        external = words.get("external") in (True, "true") or isinstance(
            words.get("external"), dict
        )
        driven = words.get("driver") not in (None, "local") or words.get("driver_opts")
        if driven and not external:
            project.problem(
                ("volumes", volume),
                "has a driver or its options, and Docker makes volumes without them when a container "
                "starts: make it on its host by `docker volume create`, and write `external: true`",
            )
        named = words.get("name")
        found[volume] = str(named) if named else volume if external else f"{project.name}_{volume}"
    return found


def shared(project: Project, containers: Mapping[str, Any]) -> None:
    """Says which volumes services on different hosts mount: each host has one of its own."""
    first: dict[str, tuple[str, str]] = {}
    for name, words in containers.items():
        given = words.get("volumes")
        for i, mount in enumerate(given if isinstance(given, list) else []):
            volume = _volume(mount)
            if volume is None:
                continue
            other, host = first.setdefault(volume, (name, words["host"]))
            if host != words["host"]:
                project.problem(
                    ("services", name, "volumes", i),
                    f"{other} on {host} mounts it, too, and {name} is on {words['host']}: each host "
                    "would have a volume of its own; put both on one host, or give each its own volume",
                )


def _volume(mount: Any) -> str | None:
    if isinstance(mount, dict):
        return (
            str(mount["source"]) if mount.get("type") == "volume" and mount.get("source") else None
        )
    source, colon, _ = str(mount).partition(":")
    return source if colon and not is_path(source) else None
