"""Kernel modules that networks need."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import TypeAdapter

from planning.answers import Word
from planning.facts.base import Topic
from planning.facts.printed import Printed

ModuleState = Literal["loaded", "builtin", "loadable", "missing"]


class ModulesTopic(Topic):
    """Kernel modules that networks need."""

    modules: dict[str, ModuleState] = {}
    """Module -> whether the kernel has it; only what the host told."""

    @classmethod
    def read(cls, printed: Printed) -> Self:
        return cls(modules=printed.read("module", lambda: _modules(printed)) or {})


def _modules(printed: Printed) -> dict[str, ModuleState]:
    return TypeAdapter(dict[Word, ModuleState]).validate_python(printed.pairs("module"))
