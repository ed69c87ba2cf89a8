"""The provider plugins and a PULUMI_HOME that holds them: given, official or stand-ins.

Each choice has a home of its own, named by what is in it, so that switching never mixes.
"""

from __future__ import annotations

import compileall
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from lab import cache, download
from lab.engine import Engine
from lab.errors import LabError
from lab.progress import say, step

VERSIONS = {"docker": "5.1.0", "command": "1.2.1"}
_STAND_INS = Path(__file__).parents[1] / "standins" / "plugins"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_INSTALL_SECONDS = 300.0


@dataclass(frozen=True)
class Plugins:
    """Installed plugins: `home` is for PULUMI_HOME, `source` says where they are from."""

    home: Path
    source: str


def find(engine: Engine) -> Plugins:
    """The plugins that the environment asks for, installed. Errors: LabError."""
    if given := os.environ.get("CROSSHOST_PLUGINS"):
        return _given(Path(given).expanduser().resolve())
    return _official(engine) or _stand_ins()


def folder_of(home: Path, name: str) -> Path:
    """Where the engine looks for a plugin."""
    return home / "plugins" / f"resource-{name}-v{VERSIONS[name]}"


def binary_of(name: str) -> str:
    """The file name of a plugin's program."""
    return f"pulumi-resource-{name}"


def _given(source: Path) -> Plugins:
    binaries = {name: source / binary_of(name) for name in VERSIONS}
    missing = [str(file) for file in binaries.values() if not os.access(file, os.X_OK)]
    if missing:
        raise LabError(
            f"CROSSHOST_PLUGINS names {source}, but {' and '.join(missing)} is not an executable "
            "file: put both plugins there, or unset CROSSHOST_PLUGINS"
        )
    key = cache.digest("given", *(file.read_bytes() for file in binaries.values()))

    def build(home: Path) -> None:
        for name, file in binaries.items():
            folder = folder_of(home, name)
            folder.mkdir(parents=True)
            shutil.copy(file, folder / binary_of(name))

    return Plugins(cache.entry("pulumi-home", f"given-{key}", build), f"given, from {source}")


def _official(engine: Engine) -> Plugins | None:
    key = f"official-{cache.digest('official', *(f'{n} {v}' for n, v in VERSIONS.items()))}"
    source = "the official plugins"
    home = cache.root() / "pulumi-home" / key
    if home.is_dir():
        return Plugins(home, source)
    failed = cache.Memo("official-plugins")
    if failed.fresh():
        return None
    machine = _ARCHITECTURES.get(platform.machine(), platform.machine())
    file = f"pulumi-resource-docker-v{VERSIONS['docker']}-linux-{machine}.tar.gz"
    if not download.reachable(f"https://get.pulumi.com/releases/plugins/{file}"):
        failed.set()
        say("the official plugins cannot be downloaded here: taking the lab's stand-ins")
        return None

    def build(home: Path) -> None:
        with step("installing the official plugins"):
            for name, version in VERSIONS.items():
                subprocess.run(
                    [engine.binary, "plugin", "install", "resource", name, version],
                    env={
                        **os.environ,
                        "PULUMI_HOME": str(home),
                        "PULUMI_SKIP_UPDATE_CHECK": "true",
                    },
                    capture_output=True,
                    check=True,
                    timeout=_INSTALL_SECONDS,
                )

    try:
        return Plugins(cache.entry("pulumi-home", key, build), source)
    except (OSError, subprocess.SubprocessError):
        failed.set()
        say("installing the official plugins failed: taking the lab's stand-ins")
        return None


def _stand_ins() -> Plugins:
    if not all((_STAND_INS / binary_of(name)).exists() for name in VERSIONS):
        raise LabError(f"{_STAND_INS} lacks the stand-in plugins: set CROSSHOST_PLUGINS=DIR")
    content = cache.digest_tree(_STAND_INS)

    def copy(folder: Path) -> None:
        shutil.copytree(
            _STAND_INS,
            folder,
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns("__pycache__", ".*"),
        )

    code = cache.entry("stand-ins", content, copy)

    def build(home: Path) -> None:
        # Compiled here, because the copy's final paths belong into tracebacks.
        compileall.compile_dir(code, quiet=1)
        for name in VERSIONS:
            folder = folder_of(home, name)
            folder.mkdir(parents=True)
            launcher = folder / binary_of(name)
            launcher.write_text(launcher_text(Path(sys.executable), code / binary_of(name)))
            launcher.chmod(0o755)

    key = cache.digest("stand-in home 1", content, sys.executable)
    return Plugins(cache.entry("pulumi-home", f"stand-in-{key}", build), "the lab's stand-ins")


def launcher_text(python: Path, script: Path) -> str:
    """A plugin's program: the stand-in under this Python, whatever the caller's environment."""
    return (
        "#!/bin/sh\n"
        "unset PYTHONPATH PYTHONHOME PYTHONPYCACHEPREFIX\n"
        f"exec '{python}' '{script}' \"$@\"\n"
    )
