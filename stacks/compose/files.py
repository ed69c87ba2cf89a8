"""The secrets and configs of a Compose file, and the files that its services mount from beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from planning.problems import Problem
from planning.service_files import FileSource
from stacks.compose.project import Project
from stacks.granted_files import Definitions
from stacks.reading import read

_WITHOUT_EFFECT = frozenset({"name", "labels"})


def definitions(project: Project) -> Definitions:
    """The file's secrets and configs; what is wrong is among the project's problems."""
    return Definitions(_section(project, "secrets"), _section(project, "configs"), "the file's ")


def _section(project: Project, kind: str) -> dict[str, FileSource]:
    given = project.defined.sections[kind] or {}
    if not isinstance(given, dict):
        project.problem((kind,), f"must be a map of {kind}")
        return {}
    found: dict[str, FileSource] = {}
    for name, written in given.items():
        path = (kind, name)
        own: list[Problem] = []
        words = project.interpolation_of(path).tree(written or {}, path, own)
        if isinstance(words, dict):
            words = _own(project, path, words)
            source = read(FileSource, words, path, own)
            if source is not None:
                found[name] = source
        else:
            project.problem(path, "must be a map of settings")
        for problem in own:
            project.problem(problem.path, problem.sentence)
    return found


def _own(project: Project, path: tuple[str, str], words: dict[Any, Any]) -> dict[Any, Any]:
    """The words of a definition as the stack file has them."""
    words = {
        key: value
        for key, value in words.items()
        if key not in _WITHOUT_EFFECT and not str(key).startswith("x-")
    }
    if isinstance(words.get("file"), str):
        words["file"] = str(project.source_of(path).folder / words["file"])
    if isinstance(variable := words.get("environment"), str):
        del words["environment"]
        words["content"] = project.interpolation_of(path).value(variable)
        if words["content"] is None:
            project.problem(
                (*path, "environment"),
                f"{variable} is not set: write `environment: {{{variable}: ...}}` in crosshost:compose",
            )
            words["content"] = ""
    if words.get("external") in (False, "false"):
        del words["external"]
    return words


def split(
    project: Project, service: str, given: Any, known: Definitions
) -> tuple[Any, list[dict[str, Any]]]:
    """A service's mounts without those of files beside the Compose file, and these as configs.

    They become part of ``known``. Where the hosts have the project's directory there are none.
    """
    if not isinstance(given, list) or project.placement.project_directory is not None:
        return given, []
    kept: list[Any] = []
    configs: list[dict[str, Any]] = []
    for mount in given:
        source, target = _ends(mount)
        if source is None or target is None:
            kept.append(mount)
            continue
        file = project.source_of(("services", service)).folder / source
        if not _is_file(file):
            kept.append(mount)
            continue
        name = f"{service}-{len(configs)}"
        configs.append(
            {
                "source": name,
                "target": target,
                "mode": 0o555 if file.stat().st_mode & 0o100 else 0o444,
            }
        )
        known.configs[name] = FileSource(file=str(file))
    return kept, configs


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that no file can have
        return False


def _ends(mount: Any) -> tuple[str | None, str | None]:
    """Source and target of a mount of what is beside the Compose file."""
    source, target = None, None
    if isinstance(mount, str):
        source, _, rest = mount.partition(":")
        target = rest.partition(":")[0]
    elif isinstance(mount, dict) and mount.get("type") == "bind":
        source, target = str(mount.get("source")), str(mount.get("target"))
    here = source is not None and source.startswith(".") and source.isprintable()
    return (source, target) if here and target else (None, None)
