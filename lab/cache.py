"""Things that take long to make, kept outside the work tree and keyed by what they are made of.

An entry is built in a folder of its own under a lock and renamed when it is whole, so a build
that was killed leaves nothing that looks finished.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.errors import LabError
from lab.progress import say


def root() -> Path:
    """The cache's folder: `$XDG_CACHE_HOME/crosshost`, else `~/.cache/crosshost`."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "crosshost"


def digest(*parts: str | bytes) -> str:
    """16 hex digits that name the parts; where one part ends and the next begins counts."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(hashlib.sha256(data).digest())
    return total.hexdigest()[:16]


def digest_tree(folder: Path) -> str:
    """16 hex digits that name the files below `folder`: paths, contents and execute bits.

    Compiled Python and hidden files do not count.
    """
    parts: list[str | bytes] = []
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if not path.is_file() or any(p.startswith((".", "__pycache__")) for p in inside.parts):
            continue
        parts += [str(inside), str(path.stat().st_mode & 0o111), path.read_bytes()]
    return digest(*parts)


@contextmanager
def lock(path: Path, waiting_for: str) -> Iterator[None]:
    """Hold the lock file `path`; where another process has it, say so and wait for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another command: {waiting_for}")
            fcntl.flock(held, fcntl.LOCK_EX)
        yield


def entry(kind: str, key: str, build: Callable[[Path], None]) -> Path:
    """The folder of the entry `kind`/`key`; `build` fills an empty folder where it is missing."""
    final = root() / kind / key
    if final.is_dir():
        return final
    with lock(root() / "locks" / f"{kind}-{key}", f"it builds {kind} {key}"):
        if final.is_dir():
            return final
        partial = final.with_name(f".{key}.partial")
        remove(partial)
        partial.mkdir(parents=True)
        try:
            build(partial)
        except BaseException:
            remove(partial)
            raise
        partial.rename(final)
    return final


def remove(folder: Path) -> None:
    """Delete a folder and all below it; nothing to delete is fine, a mount below it is not."""
    if not folder.exists():
        return
    below = f"{folder.resolve()}/"
    mounts = Path("/proc/self/mounts")
    if mounts.exists():
        for line in mounts.read_text().splitlines():
            if f"{line.split()[1]}/".startswith(below):
                raise LabError(f"{line.split()[1]} is still mounted: unmount it and run this again")
    shutil.rmtree(folder, onerror=_make_writable_and_retry)


def clear() -> list[str]:
    """Delete what all labs share, except the Python in use; the labs that forbid it, if any."""
    labs = root() / "labs"
    others = sorted(path.name for path in labs.iterdir()) if labs.exists() else []
    if not others:
        for path in root().iterdir():
            if path.is_dir() and not path.name.startswith("venv-"):
                remove(path)
    return others


def _make_writable_and_retry(function: Callable[[str], object], path: str, _: object) -> None:
    Path(path).parent.chmod(0o700)
    function(path)


class Memo:
    """Remembers for a while that something failed, so that it is not tried on each command."""

    def __init__(self, name: str, seconds: float = 3600) -> None:
        self._path = root() / "memo" / name
        self._seconds = seconds

    def fresh(self) -> bool:
        """Whether it failed less than `seconds` ago."""
        try:
            return time.time() - self._path.stat().st_mtime < self._seconds
        except FileNotFoundError:
            return False

    def set(self) -> None:
        """It failed just now."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.touch()
