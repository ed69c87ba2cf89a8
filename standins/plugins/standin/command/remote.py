"""remote.Command: run a command on a host."""

from __future__ import annotations

import os
import secrets
import tempfile
import threading
from pathlib import Path
from typing import Any, Final

from ..errors import PluginError
from ..provider import Log
from ..values import Props, plain
from .connection import Route
from .dialling import Dialler, Master
from .output import Output, failure, loggers, run

_NOT_SET: Final = (
    "Unable to set '{name}'. This only works if your SSH server is configured to accept\n"
    "\tthese variables via AcceptEnv. Alternatively, if a Bash-like shell runs the command on "
    "the remote host, you could\n"
    "\tprefix the command itself with the variables in the form 'VAR=value command'"
)


class Remote:
    """Runs commands on hosts; what a host's sshd accepts as environment is asked once."""

    def __init__(self) -> None:
        self._dialler = Dialler()
        self._accepted: dict[tuple[Route, str], bool] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """End all connections."""
        self._dialler.close()

    def command(self, inputs: Props, command: str, previous: Props, log: Log) -> Props:
        """Run one command of a resource: its stdout and stderr."""
        given = plain(inputs)
        route = Route.read(given["connection"])
        environment = dict(sorted((given.get("environment") or {}).items()))
        extra = {}
        if given.get("addPreviousOutputInEnv") is not False:
            for stream in ("stdout", "stderr"):
                if plain(previous.get(stream)):
                    extra[f"PULUMI_COMMAND_{stream.upper()}"] = plain(previous[stream])
        self._ask(route, [*environment, *extra])
        for name in environment:
            if not self._accepted[route, name]:
                raise PluginError(
                    f'could not set environment variable "{name}": ssh: setenv failed'
                )
        for name in list(extra):
            if not self._accepted[route, name]:
                log("warning", _NOT_SET.format(name=name))
                del extra[name]
        output = self.run(
            route, command, given.get("stdin"), given.get("logging"), log, {**environment, **extra}
        )
        return {"stdout": output.stdout, "stderr": output.stderr}

    def run(
        self,
        route: Route,
        command: str,
        stdin: str | None,
        logging: str | None,
        log: Log,
        environment: dict[str, str],
    ) -> Output:
        """Run a command; another exit status than 0 is an error."""
        output, ended = self._session(route, command, stdin, loggers(logging, log), environment)
        if not ended:
            what = "wait: remote command exited without exit status or exit signal"
            raise failure(what, command, output.mixed)
        if output.code != 0:
            raise failure(f"Process exited with status {output.code}", command, output.mixed)
        if output.stdin_unread:
            raise failure("EOF", command, output.mixed)
        return output

    def send(self, route: Route, command: str, content: bytes) -> None:
        """Feed bytes to a command that must succeed."""
        silent = {"stdout": None, "stderr": None}
        output, ended = self._session(route, command, content, silent, {})
        if not ended or output.code != 0:
            raise PluginError(f"failed to copy: {output.mixed.strip()}")

    def _session(
        self,
        route: Route,
        command: str,
        stdin: str | bytes | None,
        log: Any,
        environment: dict[str, str],
    ) -> tuple[Output, bool]:
        """Run a command, and whether its exit status arrived."""
        for _ in range(3):
            with self._dialler.session(route) as master, tempfile.NamedTemporaryFile() as said:
                argv = _through(master, said.name, list(environment), command)
                env = {**os.environ, **environment} if environment else None
                output = run(argv, stdin, log, env=env)
                if output.code != 255:
                    return output, True
                words = Path(said.name).read_text(errors="replace").lower()
                if "master session id" in words:
                    return output, "received exit status from master" in words
                master.full = True
        raise PluginError("ssh: rejected: connect failed (open failed)")

    def _ask(self, route: Route, names: list[str]) -> None:
        """Find out which of the variables the host's sshd takes over."""
        with self._lock:
            unknown = [name for name in names if (route, name) not in self._accepted]
        if not unknown:
            return
        token = secrets.token_hex(8)
        silent = {"stdout": None, "stderr": None}
        probe = dict.fromkeys(unknown, token)
        output, _ = self._session(route, "env", None, silent, probe)
        seen = output.stdout.splitlines()
        with self._lock:
            for name in unknown:
                self._accepted[route, name] = f"{name}={token}" in seen


def _through(master: Master, said: str, names: list[str], command: str) -> list[str]:
    send = [word for name in names for word in ("-o", f"SendEnv={name}")]
    log = ["-o", "LogLevel=DEBUG2", "-E", said]
    return [*master.command(), *send, *log, "--", master.route.target.host, command]
