"""Cgroups of the lab's own, one for each thing that it starts.

Each is made before the thing starts. So even where a command was killed between starting a
process and writing down its number, the cgroup tells what is left. The machine may have cgroups
v2, or v1 beside it: then a group is made in every hierarchy, so that what a host limits are its
own containers.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from lab.errors import LabError
from lab.processes import Process, wait_until


class Cgroup:
    """A cgroup of the machine, by its path below each hierarchy's root."""

    def __init__(self, path: str) -> None:
        self.path = path

    @property
    def _folder(self) -> Path:
        return _version_2() / self.path

    def make(self) -> None:
        """Create it, with every controller that its parents will hand down."""
        folder = _version_2()
        for part in Path(self.path).parts:
            controllers = (folder / "cgroup.controllers").read_text().split()
            for controller in controllers:
                with suppress(OSError):
                    (folder / "cgroup.subtree_control").write_text(f"+{controller}")
            folder = folder / part
            folder.mkdir(exist_ok=True)
        for hierarchy in _hierarchies("cgroup"):
            with suppress(OSError):
                _make_version_1(hierarchy, self.path)

    def entrances(self) -> list[Path]:
        """The files that a process writes itself into to enter it."""
        folders = [hierarchy / self.path for hierarchy in _hierarchies("cgroup2", "cgroup")]
        return [folder / "cgroup.procs" for folder in folders if folder.is_dir()]

    def pids(self) -> list[int]:
        """The numbers of all processes in it and below it."""
        pids: list[int] = []
        for procs in [self._folder / "cgroup.procs", *self._folder.rglob("cgroup.procs")]:
            try:
                pids += [int(line) for line in procs.read_text().split()]
            except OSError:
                continue
        return sorted({pid for pid in pids if Process.of(pid)})

    def kill(self) -> None:
        """Kill everything in it at once and wait until nothing is left.

        Errors: LabError where a process does not go away within 20 s.
        """
        every = self._folder / "cgroup.kill"
        if every.exists():
            every.write_text("1")

        def gone() -> bool:
            for pid in self.pids():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return not self.pids()

        if not wait_until(gone, 20):
            raise LabError(f"processes {self.pids()} cannot be killed; a reboot will end them")

    def remove(self) -> None:
        """Remove it and all below it.

        The kernel lets go of a cgroup a moment after its last process; one in use stays.
        """
        for hierarchy in _hierarchies("cgroup2", "cgroup"):
            wait_until(partial(_removed, hierarchy / self.path), 2)


def _make_version_1(hierarchy: Path, path: str) -> None:
    folder = hierarchy
    for part in Path(path).parts:
        parent, folder = folder, folder / part
        folder.mkdir(exist_ok=True)
        for name in ("cpuset.cpus", "cpuset.mems"):
            if (folder / name).exists():
                (folder / name).write_text((parent / name).read_text())


def _removed(top: Path) -> bool:
    for folder, _, _ in os.walk(top, topdown=False):
        with suppress(OSError):
            Path(folder).rmdir()
    return not top.exists()


def _hierarchies(*kinds: str) -> list[Path]:
    mounts = Path("/proc/self/mounts").read_text().splitlines()
    return [Path(f[1]) for f in (line.split() for line in mounts) if f[2] in kinds]


def _version_2() -> Path:
    for hierarchy in _hierarchies("cgroup2"):
        return hierarchy
    raise LabError("the machine has no cgroup v2 mounted; the lab needs it to boot its hosts")


def memory_is_version_1() -> bool:
    """Whether only cgroups v1 can limit memory on this machine."""
    if "memory" in (_version_2() / "cgroup.controllers").read_text().split():
        return False
    return any((h / "memory.limit_in_bytes").exists() for h in _hierarchies("cgroup"))


def spawn(
    argv: Sequence[str], *, namespace: str, cgroup: Cgroup, log: Path, env: Mapping[str, str]
) -> Process:
    """Start a lasting process in the network namespace and cgroup; it writes to `log`.

    `env` is added to the machine's environment.
    """
    script = 'while [ "$1" != -- ]; do echo 0 >"$1" || exit 1; shift; done; shift; exec "$@"'
    groups = [str(file) for file in cgroup.entrances()]
    inside = ["nsenter", f"--net=/run/netns/{namespace}", "--", *argv]
    with log.open("ab") as sink:
        child = subprocess.Popen(
            ["sh", "-c", script, "sh", *groups, "--", *inside],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, **env},
            cwd="/",
        )
    process = Process.of(child.pid)
    if process is None:
        raise LabError(f"{argv[0]} ended at once; its last words are in {log}")
    return process
