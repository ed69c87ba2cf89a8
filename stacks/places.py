"""Where in a stack file a setting stands."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from planning.problems import Path as SettingPath


class Places:
    """Line numbers (from 1) of the settings in a stack file.

    Secrets in the file may have any value. Knows none where ``file`` is not what ``values`` (setting -> value) were read from, as with
    Pulumi's --config-file.
    """

    def __init__(self, file: Path, values: Mapping[str, Any]) -> None:
        self._root: yaml.Node | None = None
        try:
            text = file.read_text()
            config = yaml.safe_load(text)["config"]
            if all(_says(config.get(key), value) for key, value in values.items()):
                self._root = yaml.compose(text, Loader=yaml.SafeLoader)
        except (OSError, yaml.YAMLError, TypeError, KeyError):
            # The engine reads the file before us and says what is wrong with it.
            self._root = None

    def line(self, path: SettingPath) -> int | None:
        """The line of the setting, or of the nearest thing around it that is there."""
        node, line = self._child(self._root, "config")
        for part in path:
            child, child_line = self._child(node, part)
            if child is None:
                break
            node, line = child, child_line
        return line

    @staticmethod
    def _child(node: yaml.Node | None, part: str | int) -> tuple[yaml.Node | None, int | None]:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if str(key.value) == str(part):
                    return value, key.start_mark.line + 1
        if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            item = node.value[part]
            return item, item.start_mark.line + 1
        return None, None


def is_secret(value: Any) -> bool:
    """Whether a value of the file is an encrypted one."""
    return isinstance(value, dict) and list(value) == ["secure"]


def _says(written: Any, value: Any) -> bool:
    if is_secret(written):
        return True
    if isinstance(written, dict) and isinstance(value, dict):
        return written.keys() == value.keys() and all(_says(written[k], value[k]) for k in value)
    if isinstance(written, list) and isinstance(value, list):
        return len(written) == len(value) and all(map(_says, written, value))
    return bool(written == value)
