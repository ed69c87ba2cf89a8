"""Processes of the machine: short ones, and those found again without mistaking another."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
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
