"""Opening ssh connections: one background ssh per route, tried again as the official plugin does."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..errors import PluginError
from .connection import Hop, Route

_SESSIONS: Final = 8
"""Commands at once on one connection: fewer than sshd's MaxSessions."""

_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 2.5

_NO_FILES: Final = ["-F", "none"]

_ASK: Final = """#!/bin/sh
case $1 in *passphrase*) printf '%s\\n' "$CHS_KEY_PASSWORD" ;; *) printf '%s\\n' "$CHS_PASSWORD" ;; esac
"""


@dataclass
class Master:
    """A background ssh that carries the commands of one route."""

    route: Route
    socket: Path
    process: subprocess.Popen[bytes]
    sessions: int = 0
    full: bool = False

    @property
    def alive(self) -> bool:
        """Whether new commands may be sent through it."""
        return self.process.poll() is None and self.socket.exists()

    def command(self) -> list[str]:
        """The ssh command that goes through it and never dials by itself."""
        return [
            "ssh",
            *_NO_FILES,
            "-S", str(self.socket),
            "-o", "ControlMaster=no",
            "-o", "ProxyCommand=false",
            "-o", "BatchMode=yes",
            "-T",
            "-l", self.route.target.user,
        ]  # fmt: skip

    def close(self) -> None:
        """End it."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=1)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Dialler:
    """All connections of a plugin process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._dialling: dict[Route, threading.Lock] = {}
        self._masters: dict[Route, list[Master]] = {}
        self._folder: Path | None = None
        self._count = 0
        self._closed = False

    @contextmanager
    def session(self, route: Route) -> Iterator[Master]:
        """A connection that has room for one more command."""
        master = self._taken(route)
        try:
            yield master
        finally:
            with self._lock:
                master.sessions -= 1

    def _taken(self, route: Route) -> Master:
        with self._lock:
            turn = self._dialling.setdefault(route, threading.Lock())
        with turn:
            master = self._with_room(route)
            if master is None:
                master = self._dial(route)
                with self._lock:
                    self._masters.setdefault(route, []).append(master)
            with self._lock:
                master.sessions += 1
            return master

    def _with_room(self, route: Route) -> Master | None:
        with self._lock:
            alive = [master for master in self._masters.get(route, []) if master.alive]
            self._masters[route] = alive
            for master in alive:
                if master.sessions < _SESSIONS and not master.full:
                    return master
        return None

    def _dial(self, route: Route) -> Master:
        target = route.target
        attempt, pause = 0, _FIRST_PAUSE
        while True:
            attempt += 1
            try:
                return self._dial_once(route)
            except _DialFailed as failure:
                if target.attempts >= 0 and attempt >= max(target.attempts, 1):
                    text = f"after {attempt} failed attempts: {failure}"
                    raise PluginError(text) from None
            if self._closed:
                raise PluginError("the plugin is shutting down")
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)

    def _dial_once(self, route: Route) -> Master:
        if route.proxy is None:
            return self._start(route, [])
        with self.session(Route(route.proxy)) as proxy:
            through = shlex.join([*proxy.command(), "-W", "[%h]:%p", "--", route.proxy.host])
            return self._start(route, ["-o", f"ProxyCommand={through}"])

    def _start(self, route: Route, extra: list[str]) -> Master:
        hop, folder = route.target, self._new_folder()
        path, errors = folder / "s", folder / "log"
        command = ["ssh", *_NO_FILES, *_authentication(hop, folder), *extra]
        if hop.seconds > 0:
            command += ["-o", f"ConnectTimeout={max(1, round(hop.seconds))}"]
        command += ["-M", "-N", "-S", str(path), "-o", "ControlPersist=no", "-T"]
        # As Go's keep-alive, by which the official plugin notices that a host is gone.
        command += ["-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=9"]
        command += ["-o", "SendEnv=*", "-o", "LogLevel=ERROR", "-E", str(errors)]
        command += ["-l", hop.user, "-p", str(hop.port), "--", hop.host]
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=_askpass(hop, folder),
        )
        try:
            _wait_for(lambda: path.exists() or process.poll() is not None)
        finally:
            (folder / "key").unlink(missing_ok=True)
        if process.poll() is not None:
            raise _DialFailed(explain(hop, errors.read_text(errors="replace")))
        return Master(route, path, process)

    def _new_folder(self) -> Path:
        with self._lock:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="chs-"))
            self._count += 1
            folder = self._folder / str(self._count)
        folder.mkdir(mode=0o700)
        return folder

    def close(self) -> None:
        """End all connections and remove their files."""
        with self._lock:
            self._closed = True
            masters = [master for route in self._masters.values() for master in route]
            self._masters.clear()
            folder, self._folder = self._folder, None
        for master in masters:
            master.close()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


class _DialFailed(Exception):
    """One attempt failed."""


def _wait_for(done: Callable[[], bool]) -> None:
    pause = 0.002
    while not done():
        time.sleep(pause)
        pause = min(pause * 1.3, 0.02)


def _authentication(hop: Hop, folder: Path) -> list[str]:
    """Options for who we are and who the host must be."""
    options = ["-o", "GlobalKnownHostsFile=/dev/null", "-o", "UpdateHostKeys=no"]
    if hop.host_key:
        known = folder / "known_hosts"
        known.write_text(f"host {hop.host_key}\n")
        options += ["-o", "HostKeyAlias=host", "-o", "StrictHostKeyChecking=yes"]
        options += ["-o", f"UserKnownHostsFile={known}", "-o", "CheckHostIP=no"]
    else:
        options += ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"]
    if hop.private_key:
        key = folder / "key"
        key.touch(0o600, exist_ok=False)
        key.write_text(hop.private_key)
        options += ["-i", str(key), "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none"]
    else:
        options += ["-o", "IdentityFile=none", "-o", f"IdentityAgent={hop.agent or 'none'}"]
    if not (hop.password or hop.key_password):
        options += ["-o", "BatchMode=yes"]
    methods = ["publickey", *(["password"] if hop.password else [])]
    options += ["-o", f"PreferredAuthentications={','.join(methods)}"]
    return [*options, "-o", "NumberOfPasswordPrompts=1"]


def _askpass(hop: Hop, folder: Path) -> dict[str, str] | None:
    """The environment in which ssh asks a script of ours for passwords."""
    if not (hop.password or hop.key_password):
        return None
    script = folder / "ask"
    script.write_text(_ASK)
    script.chmod(0o700)
    return {
        **os.environ,
        "SSH_ASKPASS": str(script),
        "SSH_ASKPASS_REQUIRE": "force",
        "CHS_PASSWORD": hop.password,
        "CHS_KEY_PASSWORD": hop.key_password,
    }


_MESSAGES: Final = (
    (r"Permission denied \(", "ssh: handshake failed: ssh: unable to authenticate, attempted "
     "methods {methods}, no supported methods remain"),
    (r"Too many authentication failures", "ssh: handshake failed: ssh: unable to authenticate, "
     "attempted methods {methods}, no supported methods remain"),
    (r"Host key verification failed|host key is known", "ssh: handshake failed: ssh: host key "
     "mismatch"),
    (r"Could not resolve hostname", "dial tcp: lookup {host} on {dns}:53: no such host"),
    (r"No route to host", "dial tcp {address}: connect: no route to host"),
    (r"Network is unreachable", "dial tcp {address}: connect: network is unreachable"),
    (r"Connection refused", "dial tcp {address}: connect: connection refused"),
    (r"timed out", "dial tcp {address}: i/o timeout"),
    (r"Connection reset", "ssh: handshake failed: read tcp {address}: read: connection reset by "
     "peer"),
    (r"Connection closed|closed by remote host", "ssh: handshake failed: EOF"),
)  # fmt: skip


def explain(hop: Hop, said: str) -> str:
    """What OpenSSH said, in the words of the official plugin."""
    for pattern, message in _MESSAGES:
        if re.search(pattern, said):
            return message.format(
                methods=_methods(hop),
                host=hop.host,
                dns=_name_server(),
                address=f"{_resolved(hop.host)}:{hop.port}",
            )
    return f"ssh: {said.strip() or 'ended without a word'}"


def _methods(hop: Hop) -> str:
    tried = ["none", *(["publickey"] if hop.private_key or hop.agent else [])]
    return f"[{' '.join([*tried, *(['password'] if hop.password else [])])}]"


def _resolved(host: str) -> str:
    try:
        return str(socket.getaddrinfo(host, None)[0][4][0])
    except OSError:
        return host


def _name_server() -> str:
    try:
        lines = Path("/etc/resolv.conf").read_text().splitlines()
    except OSError:
        return "127.0.0.1"
    words = [line.split() for line in lines]
    return next((line[1] for line in words if line[:1] == ["nameserver"] and line[1:]), "127.0.0.1")
