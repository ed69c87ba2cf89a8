"""`include`: what other Compose files define, each read in its own folder with its own variables."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from planning.problems import Path as SettingPath
from planning.problems import Problem
from stacks import env_files
from stacks.compose import tags
from stacks.compose.interpolation import Interpolation
from stacks.compose.merging import merged
from stacks.compose.source import ComposeFileError, Source

# What containers are made of; what networks are like is the stack's to say.
SECTIONS = ("services", "volumes", "secrets", "configs")
_KEYS = frozenset({"path", "project_directory", "env_file"})


@dataclass(frozen=True)
class Origin:
    """A Compose file, and what fills in the variables of what it says."""

    source: Source
    interpolation: Interpolation

    def filled_in(self, value: Any, path: SettingPath, problems: list[Problem]) -> Any:
        """What the file says at a path, with variables filled in; what is wrong is a problem at its line."""
        found: list[Problem] = []
        filled = self.interpolation.tree(value, path, found)
        problems += [Problem(p.path, p.sentence, self.source.place(p.path)) for p in found]
        return filled


@dataclass(frozen=True)
class Defined:
    """All that a Compose file and those that it includes define: section -> name -> words.

    ``origins``: section and name -> the file, of what is from another one.
    """

    main: Origin
    sections: dict[str, Any]
    origins: dict[tuple[str, str], Origin] = field(default_factory=dict)

    def origin(self, path: SettingPath) -> Origin:
        """The file that a definition, or something in it, is from."""
        section, name = (str(part) for part in (*path[:2], "", "")[:2])
        return self.origins.get((section, name), self.main)


def defined(main: Origin, problems: list[Problem]) -> Defined:
    """What a file defines, that of the files that it includes too; what is wrong is a problem."""
    sections = {key: main.source.value.get(key) for key in SECTIONS}
    _idle(main.source, problems)
    found = Defined(main, {k: dict(v) if isinstance(v, dict) else v for k, v in sections.items()})
    _include(main, found, problems, (main.source.file.resolve(),))
    return found


def _include(
    origin: Origin, found: Defined, problems: list[Problem], inside: tuple[Path, ...]
) -> None:
    given = origin.source.value.get("include") or []
    if not isinstance(given, list):
        _say(origin, ("include",), "must be a list of Compose files", problems)
        return
    for i, written in enumerate(given):
        path = ("include", i)
        known = len(problems)
        entry = origin.filled_in(written, path, problems)
        if isinstance(entry, str):
            entry = {"path": entry}
        files = _texts(entry.get("path")) if isinstance(entry, dict) else []
        if not files:
            _say(origin, path, "must be a path, or a map with `path`", problems)
        for key in sorted(map(str, entry if isinstance(entry, dict) else ())):
            if key not in _KEYS:
                _say(
                    origin,
                    (*path, key),
                    f"unknown key {key!r}: the keys are path, project_directory and env_file",
                    problems,
                )
        if len(problems) > known:
            continue
        other = _read(origin, entry, files, path, problems)
        if other is None:
            continue
        file = other.source.file.resolve()
        if file in inside:
            _say(origin, path, f"{files[0]} includes itself in the end: take it out", problems)
            continue
        _add(origin, other, path, found, problems)
        _include(other, found, problems, (*inside, file))


def _read(
    origin: Origin,
    entry: dict[str, Any],
    files: list[str],
    path: SettingPath,
    problems: list[Problem],
) -> Origin | None:
    """The file that an entry includes; several are merged, each over those before it."""
    try:
        sources = [origin.source.other(file) for file in files]
    except ComposeFileError as error:
        said = f"a Compose file of {', '.join(files)} {error}"
        problems.append(Problem(path, said, error.place or origin.source.place(path)))
        return None
    source = sources[0]
    for upper in sources[1:]:
        below, hit = tags.without(source.value, upper.marks)
        source = replace(
            source,
            value=_over(below, upper.value),
            over=(*source.over, upper),
            marks={**source.marks, **upper.marks},
            hit=source.hit | hit,
        )
    _idle(source, problems)
    directory = entry.get("project_directory")
    if directory is not None:
        source = replace(source, folder=origin.source.folder / str(directory))
    there = [".env"] if (source.folder / ".env").is_file() else []
    given = _texts(entry.get("env_file"))
    base = origin.source.folder if given else source.folder
    variables: dict[str, str] = {}
    upper_ones = origin.interpolation.variables
    for file in given or there:
        try:
            variables |= env_files.read(base, file, {**variables, **upper_ones})
        except ValueError as error:
            _say(origin, path, f"{file}: {error}", problems)
    hidden = {*origin.interpolation.hidden, *(set(variables) - set(upper_ones))}
    return Origin(source, Interpolation({**variables, **upper_ones}, hidden))


def _idle(source: Source, problems: list[Problem]) -> None:
    """Tags that took nothing away; those inside of a service may still, where it extends another one."""
    for path, tag in source.marks.items():
        if path not in source.hit and not (path[0] == "services" and len(path) > 2):
            problems.append(Problem(path, tags.idle(tag), source.place(path)))


def _over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """A whole file under another one."""
    whole = {**below, **{key: value for key, value in above.items() if key not in SECTIONS}}
    for section in SECTIONS:
        lower, upper = (each.get(section) or {} for each in (below, above))
        if not isinstance(lower, dict) or not isinstance(upper, dict):
            continue
        named: dict[str, Any] = dict(lower)
        for name, words in upper.items():
            both = isinstance(words, dict) and isinstance(lower.get(name), dict)
            named[name] = merged(lower[name], words) if both else words
        whole[section] = named
    return whole


def _add(
    origin: Origin, other: Origin, path: SettingPath, found: Defined, problems: list[Problem]
) -> None:
    if "x-crosshost" in other.source.value:
        said = "is read in the file that the stack names, and not in one that is included: move it there"
        _say(other, ("x-crosshost",), said, problems)
    for section in SECTIONS:
        own = other.source.value.get(section) or {}
        if not isinstance(own, dict):
            _say(other, (section,), f"must be a map of {section}", problems)
            continue
        if not isinstance(found.sections[section] or {}, dict):
            continue
        known: dict[str, Any] = found.sections[section] or {}
        for name, words in own.items():
            there = found.origin((section, name)) if name in known else other
            if there.source.file.resolve() != other.source.file.resolve():
                said = (
                    f"{other.source.shown} has {section}.{name}, and so has {there.source.shown}: "
                    "rename one, or write its words over it by `path: [FILE, ANOTHER]`"
                )
                _say(origin, path, said, problems)
                continue
            known[name] = words
            found.origins[section, name] = other
        found.sections[section] = known


def _texts(value: Any) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, str)]


def _say(origin: Origin, path: SettingPath, sentence: str, problems: list[Problem]) -> None:
    problems.append(Problem(path, sentence, origin.source.place(path)))
