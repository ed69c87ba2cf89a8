"""The wheel: components, planning and stacks as packages of ``crosshost`` (docs/adr/0026)."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_PACKAGES = ("components", "planning", "stacks")
_DOCSTRING = '"""The parts of crosshost for other Pulumi programs."""\n'


class Relocation(BuildHookInterface):
    """Puts the packages below ``crosshost``, with imports that say so."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            raise RuntimeError(
                "an editable installation would have other package names than the wheel: "
                "install the wheel (pip install .), or run from the project's folder"
            )
        root = Path(self.root)
        whole = Path(self.directory) / "relocated" / "crosshost"
        shutil.rmtree(whole, ignore_errors=True)
        whole.mkdir(parents=True)
        (whole / "__init__.py").write_text(_DOCSTRING)
        (whole / "py.typed").touch()
        for package in _PACKAGES:
            for file in sorted((root / package).rglob("*")):
                if file.suffix not in (".py", ".sh"):
                    continue
                target = whole / file.relative_to(root)
                target.parent.mkdir(parents=True, exist_ok=True)
                text = file.read_text()
                target.write_text(relocated(text) if file.suffix == ".py" else text)
        build_data["force_include"][str(whole)] = "crosshost"

    def finalize(self, *_args: Any) -> None:
        """What it was built from goes."""
        shutil.rmtree(Path(self.directory) / "relocated")


def relocated(text: str) -> str:
    """A module's text with ``from PACKAGE`` as ``from crosshost.PACKAGE``.

    ValueError for ``import PACKAGE``, which would bind another name.
    """
    lines = text.splitlines(keepends=True)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] in _PACKAGES:
                    raise ValueError(
                        f"line {node.lineno}: write `from` instead of `import {alias.name}`"
                    )
        if not isinstance(node, ast.ImportFrom) or node.level or not node.module:
            continue
        if node.module.partition(".")[0] in _PACKAGES:
            line = lines[node.lineno - 1]
            lines[node.lineno - 1] = line.replace("from ", "from crosshost.", 1)
    return "".join(lines)
