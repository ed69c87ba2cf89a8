"""The Docker daemon that Debian does not have yet, built from its published Go module."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from lab import cache, go
from lab.errors import LabError
from lab.processes import run
from lab.progress import step

# The module's v2.0.0-beta.24 is the source of this release.
VERSION = "29.8.1"
_MODULE = Path(__file__).with_name("dockerd")
_SOURCE = "github.com/moby/moby/v2"
_TAGS = "netgo osusergo static_build exclude_graphdriver_btrfs"
_BINARIES = ("dockerd", "docker-proxy")


@dataclass(frozen=True)
class Change:
    """A text of a file of the source that is replaced by another one."""

    file: str
    old: str
    new: str


def binaries(version: str = VERSION, *changes: Change) -> Path:
    """The folder with dockerd and docker-proxy; built (about 3 minutes) where it is missing.

    `version` is what the daemon says that it is. `changes`, for a daemon that has a fault again.
    Errors: LabError.
    """
    parts = [version, _TAGS, *(text for change in changes for text in astuple(change))]

    def build(folder: Path) -> None:
        with step(f"building the Docker daemon {version}", "about 3 minutes, once"):
            _build(folder, version, changes)

    return cache.entry("dockerd", go.digest(_MODULE, "dockerd 1", *parts), build)


def put_into(root: Path, built: Path) -> None:
    """Make the built daemon the one of a Debian root (or of a running host's)."""
    for name in _BINARIES:
        target = root / "usr/sbin" / name
        new = target.with_name(f".{name}.new")
        shutil.copy(built / name, new)
        new.replace(target)


def _build(folder: Path, version: str, changes: Sequence[Change]) -> None:
    stamp = f"-s -w -X {_SOURCE}/dockerversion.Version={version}"
    flags = ["-tags", _TAGS, "-ldflags", stamp]
    with go.toolchain(folder) as built, TemporaryDirectory(dir=folder) as scratch:
        module = _changed(built, Path(scratch), changes) if changes else _MODULE
        for name in _BINARIES:
            built.build(module, f"{_SOURCE}/cmd/{name}", folder / name, *flags)


def _changed(built: go.Go, folder: Path, changes: Sequence[Change]) -> Path:
    """A module in `folder` like ours, with a changed copy of the source."""
    original = built.run(_MODULE, "list", "-m", "-f", "{{.Dir}}", _SOURCE).strip()
    source = folder / "source"
    # What is unpacked by Go is read-only.
    run(["cp", "--recursive", "--no-preserve=mode", original, str(source)])
    for change in changes:
        file = source / change.file
        text = file.read_text()
        if change.old not in text:
            raise LabError(f"{change.file} of {_SOURCE} does not hold {change.old!r}")
        file.write_text(text.replace(change.old, change.new))
    for name in ("go.mod", "go.sum"):
        shutil.copy(_MODULE / name, folder / name)
    built.run(folder, "mod", "edit", f"-replace={_SOURCE}=./source")
    return folder
