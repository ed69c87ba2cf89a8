"""The machine's limit of inotify instances: each systemd takes several of the few there are.

All labs of this cache share it. What it was is kept beside them while it is raised.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lab import cache, machine

_LIMIT = Path("/proc/sys/fs/inotify/max_user_instances")
_PER_HOST = 8
_WANTED = 4096


def make_room() -> None:
    """Raise the limit where the hosts of all labs need more of it."""
    with _locked() as kept:
        now = _LIMIT.read_text().strip()
        if int(now) < _hosts() * _PER_HOST:
            before = _before(kept) or now
            kept.write_text(json.dumps({"boot": machine.boot_id(), "before": before}))
            _LIMIT.write_text(str(_WANTED))


def give_back() -> None:
    """Put the old value back once the hosts fit into it, unless somebody else changed it since."""
    with _locked() as kept:
        before = _before(kept)
        if before is not None and _hosts() * _PER_HOST > int(before):
            return
        if before is not None and _LIMIT.read_text().strip() == str(_WANTED):
            _LIMIT.write_text(before)
        kept.unlink(missing_ok=True)


def raised() -> bool:
    """Whether the limit is raised for some lab."""
    return (cache.root() / "inotify.json").exists()


@contextmanager
def _locked() -> Iterator[Path]:
    """The file with the value from before, which no other command changes meanwhile."""
    with cache.lock(cache.root() / "locks" / "inotify", "it changes a limit of the machine"):
        yield cache.root() / "inotify.json"


def _before(kept: Path) -> str | None:
    """The value from before, None where the limit is as the machine's boot left it."""
    if not kept.exists():
        return None
    data = json.loads(kept.read_text())
    return str(data["before"]) if data["boot"] == machine.boot_id() else None


def _hosts() -> int:
    """The hosts of all labs that run or are about to."""
    count = 0
    for file in cache.root().glob("labs/*/lab.json"):
        with suppress(FileNotFoundError):  # a lab that is just removed
            record = json.loads(file.read_text())
            if record["boot_id"] == machine.boot_id():
                count += sum(bool(host["cgroup"]) for host in record["hosts"].values())
    return count
