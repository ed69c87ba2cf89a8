"""Where in a stack file a setting stands, and how it is written there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from planning.problems import Path as SettingPath
from planning.problems import Problem
from stacks import pulumi_yaml


class SourceLines:
    """Line numbers (from 1) of the settings in a stack file.

    Secrets in the file may have any value. Knows none where ``file`` is not what ``values``
    (section -> value) were read from, as with Pulumi's --config-file.
    """

    def __init__(self, file: Path, values: Mapping[str, Any]) -> None:
        self._root: yaml.Node | None = None
        self._sections = list(values)
        try:
            root = pulumi_yaml.node(file)
            config = (pulumi_yaml.value(root) or {})["config"] or {}
            if all(_says(config.get(key), value) for key, value in values.items()):
                self._root = root
        except (OSError, yaml.YAMLError, TypeError, KeyError, AttributeError):
            # The engine reads the file before us and says what is wrong with it.
            self._root = None

    def line(self, path: SettingPath) -> int | None:
        """The line of the setting, or of the nearest thing around it that is there."""
        return line_of(self._root, ("config", *path))

    def altered(self, models: Mapping[str, Any]) -> Iterator[Problem]:
        """What is not carried as it is written: a number or a date where text is wanted.

        ``models``: section -> what was read from its values, None where it is wrong.
        """
        for section in self._sections:
            node, _ = _child(_child(self._root, "config")[0], section)
            yield from _altered(node, models.get(section), (section,))


def line_of(root: yaml.Node | None, path: SettingPath) -> int | None:
    """The line (from 1) of what is at a path below a node, or of the nearest thing around it."""
    node, line = root, None
    for part in path:
        child, child_line = _child(node, part)
        if child is None:
            break
        node, line = child, child_line
    return line


def is_secret(value: Any) -> bool:
    """Whether a value of the file is an encrypted one."""
    return isinstance(value, dict) and list(value) == ["secure"]


def _child(node: yaml.Node | None, part: str | int) -> tuple[yaml.Node | None, int | None]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if not pulumi_yaml.is_merge(key) and pulumi_yaml.key(key) == str(part):
                return value, key.start_mark.line + 1
        for key, value in node.value:
            if pulumi_yaml.is_merge(key):
                for merged in pulumi_yaml.merges(value):
                    if (found := _child(merged, part))[0] is not None:
                        return found
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        item = node.value[part]
        return item, item.start_mark.line + 1
    return None, None


def _altered(node: yaml.Node | None, model: Any, path: SettingPath) -> Iterator[Problem]:
    if isinstance(node, yaml.MappingNode):
        for key, item in node.value:
            if pulumi_yaml.is_merge(key):
                for merged in pulumi_yaml.merges(item):
                    yield from _altered(merged, model, path)
                continue
            name = pulumi_yaml.key(key)
            yield from _differs(key, name, (*path, name))
            inner = model.get(name) if isinstance(model, dict) else getattr(model, name, None)
            yield from _altered(item, inner, (*path, name))
    elif isinstance(node, yaml.SequenceNode):
        for i, item in enumerate(node.value):
            inner = model[i] if isinstance(model, list) and i < len(model) else None
            yield from _altered(item, inner, (*path, i))
    elif isinstance(node, yaml.ScalarNode):
        plain = pulumi_yaml.value(node)
        if isinstance(model, str):
            if plain is not None and pulumi_yaml.as_text(plain) == model:
                yield from _differs(node, model, path)
        elif isinstance(plain, int) and re.match("[-+]?0[0-9_]", node.value):
            yield Problem(
                path, f"{node.value} is read as {plain}: write {plain}, or put it in quotes"
            )


def _differs(node: yaml.Node, carried: str, path: SettingPath) -> Iterator[Problem]:
    if node.value != carried:
        # What is in an environment may be a password.
        said = "the value" if "environment" in path[:-1] else f"{node.value} is read as {carried!r}"
        said = f"{said} is not read as it is written" if said == "the value" else said
        yield Problem(path, f"{said}: put it in quotes")


def _says(written: Any, value: Any) -> bool:
    if is_secret(written):
        return True
    if isinstance(written, dict) and isinstance(value, dict):
        return written.keys() == value.keys() and all(_says(written[k], value[k]) for k in value)
    if isinstance(written, list) and isinstance(value, list):
        return len(written) == len(value) and all(map(_says, written, value))
    return bool(written == value)


def section_end(root: yaml.Node | None, section: str) -> int:
    """The number of lines up to the end of a section of `config`, what follows in its lines included."""
    node, _ = _child(_child(root, "config")[0], section)
    assert node is not None
    return _last_line(node)


def _last_line(node: yaml.Node) -> int:
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _last_line(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.line) + 1
