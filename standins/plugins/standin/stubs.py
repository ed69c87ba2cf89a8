"""The SDK's protocol classes, without the rest of the SDK, whose import takes 0.1 s longer."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")


def use_bare_packages() -> None:
    """Make the SDK's packages mere folders. For plugin processes; call it before other imports."""
    if "pulumi" in sys.modules:
        return
    spec = importlib.util.find_spec("pulumi")
    if spec is None or spec.submodule_search_locations is None:
        raise ImportError("the Pulumi SDK is not installed")
    root = Path(spec.submodule_search_locations[0])
    for name, folder in (
        ("pulumi", root),
        ("pulumi.runtime", root / "runtime"),
        ("pulumi.runtime.proto", root / "runtime" / "proto"),
    ):
        module = ModuleType(name)
        module.__path__ = [str(folder)]
        sys.modules[name] = module
