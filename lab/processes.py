"""Processes that outlive the command that started them, found again without mistaking another.

Each one runs in a cgroup of its own, made before it starts. So even where a command was killed
between starting a process and writing down its number, the cgroup tells what is left.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lab.errors import CommandFailed, LabError


@dataclass(frozen=True)
class Process:
    """A process number together with its start time (clock ticks since boot)."""

    pid: int
    started: int

    @staticmethod
    def of(pid: int) -> Process | None:
        """The process that has this number now; None where there is none, or only a zombie."""
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return None
        fields = stat.rpartition(")")[2].split()
        return None if fields[0] in "ZX" else Process(pid, int(fields[19]))

    def alive(self) -> bool:
        """Whether this very process still runs."""
        return Process.of(self.pid) == self

    def send(self, number: signal.Signals) -> None:
        """Send a signal, unless the process is gone."""
        if self.alive():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


def run(argv: Sequence[str], *, text: str | None = None) -> str:
    """Run a command of the machine and return its stdout.

    Errors: LabError where the command is missing, CommandFailed on another exit code than 0.
    """
    try:
        done = subprocess.run(argv, input=text, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise LabError(f"the machine has no `{argv[0]}`: install it and run this again") from error
    if done.returncode:
        raise CommandFailed(argv, done.returncode, done.stdout + done.stderr)
    return done.stdout


def wait_until(true: Callable[[], bool], seconds: float, interval: float = 0.05) -> bool:
    """Call `true` until it says so or the time is over; whether it did."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(interval)
    return True


class Cgroup:
    """A cgroup v2 of the machine, by its path below the hierarchy's root."""

    def __init__(self, path: str) -> None:
        self.path = path

    @property
    def _folder(self) -> Path:
        return _hierarchy("cgroup2") / self.path

    def make(self) -> None:
        """Create it, with every controller that its parents will hand down."""
        folder = _hierarchy("cgroup2")
        for part in Path(self.path).parts:
            controllers = (folder / "cgroup.controllers").read_text().split()
            for controller in controllers:
                with suppress(OSError):
                    (folder / "cgroup.subtree_control").write_text(f"+{controller}")
            folder = folder / part
            folder.mkdir(exist_ok=True)

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
        """Remove it, all below it and its namesake in systemd's own hierarchy.

        The kernel lets go of a cgroup a moment after its last process; one in use stays.
        """
        for hierarchy in (_hierarchy("cgroup2"), Path("/sys/fs/cgroup/systemd")):
            wait_until(partial(_removed, hierarchy / self.path), 2)


def _removed(top: Path) -> bool:
    for folder, _, _ in os.walk(top, topdown=False):
        with suppress(OSError):
            Path(folder).rmdir()
    return not top.exists()


def _hierarchy(kind: str) -> Path:
    for line in Path("/proc/self/mounts").read_text().splitlines():
        fields = line.split()
        if fields[2] == kind:
            return Path(fields[1])
    raise LabError("the machine has no cgroup v2 mounted; the lab needs it to boot its hosts")


def spawn(
    argv: Sequence[str], *, namespace: str, cgroup: Cgroup, log: Path, env: Mapping[str, str]
) -> Process:
    """Start a lasting process in the network namespace and cgroup; it writes to `log`.

    `env` is added to the machine's environment.
    """
    script = 'echo 0 >"$1" || exit 1; shift; exec "$@"'
    procs = _hierarchy("cgroup2") / cgroup.path / "cgroup.procs"
    inside = ["nsenter", f"--net=/run/netns/{namespace}", "--", *argv]
    with log.open("ab") as sink:
        child = subprocess.Popen(
            ["sh", "-c", script, "sh", str(procs), *inside],
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
