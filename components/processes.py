"""Runs a program whose answer is not trusted: within a time, and no longer than is read.

Standard library only: components/swarm_member.py runs without the project's packages.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Literal

_CHUNK = 65536
Why = Literal["", "time", "size", "form"]


@dataclass(frozen=True)
class Ended:
    """How a program ended: its exit code, None where it was stopped for ``why``; what it printed.

    ``why``: "" where it ended by itself; "time", "size" (bytes printed) or "form" (something else than
    it should) where it was stopped.
    """

    code: int | None
    out: bytes
    err: bytes
    why: Why = ""


def run(
    argv: Sequence[str],
    *,
    stdin: bytes,
    seconds: float,
    limit: int,
    begins: bytes = b"",
    until: bytes = b"",
) -> Ended:
    """Run ``argv`` for ``seconds`` at most, reading at most ``limit`` bytes of each of its outputs.

    ``begins``: what stdout begins with, else the program is stopped.
    ``until``: stdin stays open until stdout ends with this, else it is closed once all is written.
    OSError where the program cannot be started.
    """
    process = subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with process:
        try:
            return _talk(process, stdin, time.monotonic() + seconds, limit, begins, until)
        finally:
            if process.poll() is None:
                process.kill()


def _talk(
    process: subprocess.Popen[bytes],
    stdin: bytes,
    deadline: float,
    limit: int,
    begins: bytes,
    until: bytes,
) -> Ended:
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    printed = {process.stdout.fileno(): bytearray(), process.stderr.fileno(): bytearray()}
    out, err = printed.values()

    def ended(code: int | None, why: Why = "") -> Ended:
        return Ended(code, bytes(out), bytes(err), why)

    with selectors.DefaultSelector() as selector:
        for stream in (process.stdin, process.stdout, process.stderr):
            os.set_blocking(stream.fileno(), False)
        selector.register(process.stdin, selectors.EVENT_WRITE)
        selector.register(process.stdout, selectors.EVENT_READ)
        selector.register(process.stderr, selectors.EVENT_READ)
        left = memoryview(stdin)
        while any(key.events == selectors.EVENT_READ for key in selector.get_map().values()):
            wait = deadline - time.monotonic()
            if wait <= 0:
                return ended(None, "time")
            for key, _ in selector.select(wait):
                if key.fileobj is process.stdin:
                    left = _write(process.stdin, left)
                    if not left:
                        selector.unregister(process.stdin)
                        if not until:
                            _close(process.stdin)
                    continue
                chunk = os.read(key.fd, _CHUNK)
                printed[key.fd] += chunk
                if not chunk:
                    selector.unregister(key.fileobj)
                elif len(printed[key.fd]) > limit:
                    return ended(None, "size")
                elif b"\n" in out and not out.startswith(begins):
                    return ended(None, "form")
                elif until and not process.stdin.closed and out.endswith(until):
                    _close(process.stdin)
        _close(process.stdin)
    try:
        return ended(process.wait(max(0.0, deadline - time.monotonic())))
    except subprocess.TimeoutExpired:
        return ended(None, "time")


def _write(pipe: IO[bytes], left: memoryview) -> memoryview:
    """What is left to write; nothing where nobody reads any more."""
    try:
        return left[os.write(pipe.fileno(), left[:_CHUNK]) :] if left else left
    except BlockingIOError:
        return left
    except BrokenPipeError:
        return left[:0]


def _close(pipe: IO[bytes]) -> None:
    """Close a pipe that nobody may read any more."""
    try:
        pipe.close()
    except BrokenPipeError:
        return
