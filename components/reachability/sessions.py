"""Sessions with watch.sh on hosts, a program that is talked with line by line.

Standard library only.
"""

from __future__ import annotations

import contextlib
import queue
import subprocess
import threading
import time
from collections.abc import Iterable, Sequence

# More lines than a host has to say, and longer ones than any of them.
_LINES = 10_000
_LINE = 600
_END_SECONDS = 5


class LostError(Exception):
    """A session does not answer any more; ``str()`` is the reason for people."""


class Session:
    """One program, over ssh. It ends with `hang_up`, or with this process."""

    def __init__(self, host: str, argv: Sequence[str], text: str) -> None:
        self.host = host
        self._process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._lines: queue.Queue[bytes] = queue.Queue(_LINES)
        threading.Thread(target=self._read, daemon=True).start()
        self.say([text.removesuffix("\n")])

    def say(self, lines: Iterable[str]) -> None:
        """Send lines; where nobody reads them any more, the next answer says so."""
        stdin = self._process.stdin
        assert stdin is not None
        with contextlib.suppress(OSError, ValueError):
            stdin.write("".join(f"{line}\n" for line in lines).encode())
            stdin.flush()

    def answer(self, last: str, until: float) -> list[str]:
        """The lines that it says before the line ``last``. ``until``: by time.monotonic().

        LostError where it ends before, or says something else for too long.
        """
        found: list[str] = []
        while len(found) < _LINES:
            try:
                line = self._lines.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                raise LostError(f"{self.host} did not answer in time") from None
            if not line:
                self._lines.put_nowait(line)
                raise LostError(f"the connection to {self.host} ended on the way")
            text = line.decode(errors="replace").rstrip("\n")
            if text == last:
                return found
            found.append(text)
        raise LostError(f"{self.host} answers too much")

    def hang_up(self) -> None:
        """End it, and what it runs on the host."""
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()

    def wait(self) -> None:
        """Until it has ended."""
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _read(self) -> None:
        stdout = self._process.stdout
        assert stdout is not None
        while line := stdout.readline(_LINE):
            self._lines.put(line)
        self._lines.put(b"")
