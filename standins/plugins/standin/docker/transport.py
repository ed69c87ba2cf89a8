"""HTTP to a daemon through `ssh HOST docker system dial-stdio`, as the official plugin does it."""

from __future__ import annotations

import http.client
import select
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Final
from urllib.parse import urlsplit

_CONNECTIONS: Final = 8
"""At the same time to one daemon: less than what one shared ssh connection carries."""


class TransportError(Exception):
    """The daemon was not reached; the text is as Docker's client writes it."""


@dataclass(frozen=True)
class Address:
    """Where a daemon is."""

    host: str
    user: str
    port: int | None
    options: tuple[str, ...]

    @classmethod
    def parse(cls, url: str, options: tuple[str, ...]) -> Address:
        """The parts of ssh://user@host[:port]."""
        parts = urlsplit(url)
        if parts.scheme != "ssh" or not parts.hostname:
            raise ValueError(url)
        return cls(parts.hostname, parts.username or "", parts.port, options)

    @property
    def command(self) -> list[str]:
        """The command that connects to the daemon."""
        user = ["-l", self.user] if self.user else []
        port = ["-p", str(self.port)] if self.port else []
        timeout = ["-o", "ConnectTimeout=30", "-T"]
        dial = ["docker", "system", "dial-stdio"]
        return ["ssh", *user, *port, *self.options, *timeout, "--", self.host, *dial]


class Connection(http.client.HTTPConnection):
    """One ssh process whose input and output are the HTTP connection."""

    def __init__(self, address: Address) -> None:
        super().__init__("docker.example.com")
        self._address = address
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        self._process: subprocess.Popen[bytes] | None = None
        self.used = False

    def connect(self) -> None:
        """Start ssh."""
        ours, its = socket.socketpair()
        with its:
            self._process = subprocess.Popen(
                self._address.command,
                stdin=its.fileno(),
                stdout=its.fileno(),
                stderr=self._errors,
            )
        self.sock = ours

    @property
    def alive(self) -> bool:
        """Whether nothing speaks against using the connection again."""
        if self.sock is None or self._process is None or self._process.poll() is not None:
            return False
        return not select.select([self.sock], [], [], 0)[0]

    def problem(self) -> str:
        """Why the connection ended, as Docker's client says it."""
        process = self._process
        code = None
        if process is not None:
            try:
                code = process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                code = None
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace")
        if code in (0, 1):
            return (
                "Cannot connect to the Docker daemon at http://docker.example.com. "
                "Is the docker daemon running?"
            )
        command = " ".join(self._address.command)
        return (
            f"command [{command}] has exited with exit status {code}, make sure the URL is "
            "valid, and Docker 18.09 or later is installed on the remote host: "
            f"stderr={said}"
        )

    def end(self) -> None:
        """End the connection and its ssh. (`close` is also called by the library.)"""
        self.close()
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            try:
                process.wait(timeout=0.05)
            except subprocess.TimeoutExpired:
                process.terminate()
                process.wait()
        self._errors.close()


class Pool:
    """The connections of one provider: opened when needed, kept for the next request."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._idle: list[Connection] = []
        self._lock = threading.Lock()
        self._free = threading.BoundedSemaphore(_CONNECTIONS)
        self._closed = False

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection for one request; it is kept unless the request fails."""
        with self._free:
            connection = self._take()
            try:
                yield connection
            except BaseException:
                connection.end()
                raise
            self._keep(connection)

    def _take(self) -> Connection:
        while True:
            with self._lock:
                if not self._idle:
                    return Connection(self.address)
                connection = self._idle.pop()
            if connection.alive:
                return connection
            connection.end()

    def _keep(self, connection: Connection) -> None:
        connection.used = True
        with self._lock:
            if not self._closed and connection.sock is not None:
                self._idle.append(connection)
                return
        connection.end()

    def close(self) -> None:
        """End all connections that are not in use."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.end()


def exchange(
    pool: Pool, method: str, path: str, body: bytes | None, headers: dict[str, str]
) -> tuple[int, bytes, http.client.HTTPMessage]:
    """One request and its whole answer."""
    for _ in range(3):
        with pool.connection() as connection:
            reused = connection.used
            try:
                connection.request(method, path, body=body, headers=headers)
                response = connection.getresponse()
                return response.status, response.read(), response.headers
            except (http.client.HTTPException, OSError):
                fresh = not reused
                said = connection.problem() if fresh else ""
                connection.close()
        if fresh:
            raise TransportError(said)
    raise TransportError("the connection to the daemon ended again and again")


def wait_until(seconds: float) -> Iterator[float]:
    """Growing pauses up to a time limit."""
    end, pause = time.monotonic() + seconds, 0.05
    while time.monotonic() < end:
        time.sleep(min(pause, max(end - time.monotonic(), 0)))
        yield end - time.monotonic()
        pause = min(pause * 1.5, 0.5)
