"""A strategy speaks for itself: nobody outside its folder asks what kind of network something is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.networks import STRATEGIES
from tests.unit.fleet import ROOT

FOLDER = ROOT / "components" / "networks"
PROGRAM = ("__main__.py", "components", "crosshost", "planning", "reports", "stacks")


def sources() -> Iterator[Path]:
    for name in PROGRAM:
        path = ROOT / name
        yield from [path] if path.is_file() else path.rglob("*.py")


def imports(path: Path) -> set[str]:
    """The project's modules that a file imports, as dotted names."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda s: s.settings.__name__)
def test_only_its_folder_and_the_union_know_the_settings_of_a_strategy(strategy):
    name, home = strategy.settings.__name__, Path(*strategy.settings.__module__.split(".")[:3])
    for path in sources():
        inside = path.is_relative_to(ROOT / home) or path == FOLDER / "__init__.py"
        assert inside or name not in path.read_text(), f"{path} knows {name}"


def test_nobody_outside_the_networks_asks_for_a_networks_strategy_or_control_plane():
    asks = re.compile(r"\.(strategy|control_plane)\b\s*(==|!=|in\b)")
    for path in sources():
        if not path.is_relative_to(FOLDER):
            assert not asks.search(path.read_text()), path


def reached(start: str) -> set[str]:
    """All modules that importing ``start`` takes, the packages around them aside."""
    files = {module(path): path for path in sources()}
    found: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name not in found and name in files:
            found.add(name)
            waiting += imports(files[name])
    return found


def test_the_base_of_all_strategies_knows_none_of_them():
    homes = {strategy.settings.__module__.rpartition(".")[0] for strategy in STRATEGIES}
    for base in ("components.networks.base", "components.networks.network"):
        assert not [name for name in reached(base) if name.startswith(tuple(homes))]


def test_imports_go_one_way():
    for path in (ROOT / "planning").rglob("*.py"):
        assert not [m for m in imports(path) if m.startswith(("components", "stacks"))], path
    for path in (ROOT / "components").rglob("*.py"):
        assert not [m for m in imports(path) if m.startswith(("stacks", "crosshost"))], path


def test_no_module_imports_itself_by_way_of_others():
    files = {module(path): path for path in sources()}
    edges = {name: imports(path) & files.keys() for name, path in files.items()}
    done: set[str] = set()

    def visit(name: str, on_the_way: tuple[str, ...]) -> None:
        assert name not in on_the_way, " -> ".join([*on_the_way, name])
        if name not in done:
            for other in edges[name] - {name}:
                visit(other, (*on_the_way, name))
            done.add(name)

    for name in files:
        visit(name, ())
