"""`extends`: one service's words over another's, of the same file or of another one."""

from __future__ import annotations

import os.path
import posixpath
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from planning.mounts import is_path
from planning.problems import Path as SettingPath
from planning.problems import Problem, nearest
from stacks.compose import tags
from stacks.compose.including import Origin
from stacks.compose.merging import merged
from stacks.compose.source import ComposeFileError, Source

_NOT_TAKEN_OVER = frozenset({"profiles", "container_name"})


def extended(
    name: str,
    services: Mapping[str, Any],
    origin: Origin,
    problems: list[Problem],
    inside: tuple[tuple[Path, str], ...] = (),
) -> dict[str, Any]:
    """A service's words with variables filled in, over those of the services that it extends.

    ``services``: those that it may name. ``inside``: file and name of what is being extended. What is
    wrong is added to ``problems``.
    """
    path = ("services", name)
    own = services[name] if isinstance(services[name], dict) else {}
    source = origin.source
    words: dict[str, Any] = origin.filled_in(own, path, problems)
    marks = {at: tag for at, tag in source.marks.items() if at[:2] == path and len(at) > 2}
    if "extends" not in words:
        _idle(set(marks) - source.hit, source, problems)
        return words
    given = words.pop("extends")
    long = given if isinstance(given, dict) else {"service": given}
    base, file = long.get("service"), long.get("file")
    other, known = source, services
    if file is not None:
        try:
            if not isinstance(file, str):
                raise ComposeFileError("", "has no name: write its path")
            other = source.other(file)
            known = other.value["services"]
        except ComposeFileError as error:
            where = (*path, "extends", "file") if isinstance(given, dict) else (*path, "extends")
            said = f"the Compose file {file} {error}"
            problems.append(Problem(where, said, error.place or source.place(where)))
            return words
    here = (source.file.resolve(), name)
    why = None
    if not isinstance(base, str) or base not in known:
        where_from = f" in {other.shown}" if file else ""
        have = ", ".join(nearest(str(base), known))
        why = f"there is no service {base!r}{where_from}: write one of {have}"
    elif (other.file.resolve(), base) in (*inside, here):
        why = f"{base} extends itself in the end: take one of the two away"
    if why:
        problems.append(Problem((*path, "extends"), why, source.place((*path, "extends"))))
        return words
    below = extended(str(base), known, replace(origin, source=other), problems, (*inside, here))
    if file is not None:
        below = _moved(below, os.path.relpath(other.folder, source.folder))
    below = {k: v for k, v in below.items() if k not in _NOT_TAKEN_OVER}
    below, hit = tags.without(below, {at[2:] for at in marks})
    _idle({at for at in marks if at[2:] not in hit} - source.hit, source, problems)
    return merged(below, words)


def _idle(paths: Collection[SettingPath], source: Source, problems: list[Problem]) -> None:
    """Tags that took nothing away, each told once."""
    for path in paths:
        found = Problem(path, tags.idle(source.marks[path]), source.place(path))
        if found not in problems:
            problems.append(found)


def _moved(words: dict[str, Any], way: str) -> dict[str, Any]:
    """The words with relative paths from another folder. ``way``: from there to the one before."""

    def path(written: Any) -> Any:
        if not isinstance(written, str) or written.startswith(("/", "~")):
            return written
        moved = posixpath.normpath(posixpath.join(way, written))
        return moved if moved.startswith(".") else f"./{moved}"

    def env_file(item: Any) -> Any:
        return {**item, "path": path(item.get("path"))} if isinstance(item, dict) else path(item)

    def mount(item: Any) -> Any:
        if isinstance(item, str):
            source, mark, rest = item.partition(":")
            return f"{path(source)}:{rest}" if mark and is_path(source) else item
        if isinstance(item, dict) and item.get("type") == "bind":
            return {**item, "source": path(item.get("source"))}
        return item

    moved = dict(words)
    files = moved.get("env_file")
    if files is not None:
        moved["env_file"] = (
            [env_file(one) for one in files] if isinstance(files, list) else env_file(files)
        )
    if isinstance(moved.get("volumes"), list):
        moved["volumes"] = [mount(one) for one in moved["volumes"]]
    return moved
