"""Commands that run inside a lab's network namespace."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from lab import network
from lab.errors import CommandFailed, LabError


def prefix(namespace: str) -> list[str]:
    """What comes before a command line that is to run inside a lab's namespace."""
    return ["nsenter", f"--net=/run/netns/{namespace}", "--"]


def run(
    namespace: str,
    argv: Sequence[str | Path],
    env: Mapping[str, str],
    cwd: Path,
    text: str | None,
    check: bool,
    timeout: float | None,
) -> subprocess.CompletedProcess[str]:
    """Run a command with the whole environment `env`; `text` is its stdin, None is none.

    Errors: LabError without a running lab; CommandFailed where `check` and the exit code is not
    0; subprocess.TimeoutExpired after `timeout` seconds.
    """
    if not network.exists(namespace):
        raise LabError("the lab does not run: `python -m lab up` starts it")
    words = [str(word) for word in argv]
    done = subprocess.run(
        [*prefix(namespace), *words],
        input="" if text is None else text,
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env=env,
        timeout=timeout,
    )
    if check and done.returncode:
        raise CommandFailed(words, done.returncode, done.stdout + done.stderr)
    return done
