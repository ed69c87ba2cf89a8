"""How the proof, in a process of its own, gets what the program has watched.

The program listens on a socket below .crosshost while it runs; who connects gets JSON. Standard library only.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

from components.remote import CONTROL
from planning.reachability.interruptions import Interruption

_SECONDS = 60.0


def _path(stack: str) -> Path:
    # A socket's path has room for about a hundred characters.
    return CONTROL / f"watch-{sha256(stack.encode()).hexdigest()[:16]}"


class Exchange:
    """The program's side. ``report``: what came of the pairs until now."""

    def __init__(self, stack: str, report: Callable[[], Sequence[Interruption]]) -> None:
        self._path = _path(stack)
        self._report = report
        # The stack is locked: what is there is of a run that was killed.
        self._path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.bind(str(self._path))
        self._socket.listen(1)
        self.asked = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Nobody is answered any more."""
        self._path.unlink(missing_ok=True)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            with client, contextlib.suppress(BrokenPipeError):
                self.asked.set()
                client.sendall(json.dumps([asdict(one) for one in self._report()]).encode())


def ask(stack: str) -> list[Interruption]:
    """What the program of the up that runs now has watched; nothing where it watches nothing.

    OSError or ValueError where it does not answer.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as one:
        one.settimeout(_SECONDS)
        try:
            one.connect(str(_path(stack)))
        except (FileNotFoundError, ConnectionRefusedError):
            return []
        parts = list(iter(lambda: one.recv(65536), b""))
    return [Interruption(**row) for row in json.loads(b"".join(parts))]
