"""Sessions with the servers that transfers are made with, one a host.

Standard library only.
"""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from planning.reachability.probes import Probe
from planning.reachability.results import Result, ports

SECONDS = 20.0
# Host, container, address.
Place = tuple[str, str, str]


def place(probe: Probe) -> Place:
    """Where the server of a transfer is."""
    return probe.to_host, probe.to, probe.target


@dataclass(frozen=True)
class Servers:
    """Where they are: the port, or why there is none; and the sessions that hold them, by host."""

    _found: dict[Place, int | str] = field(default_factory=dict)
    _sessions: dict[str, subprocess.Popen[str]] = field(default_factory=dict)

    def start(
        self, host: str, argv: Sequence[str], places: Sequence[Place], stack: contextlib.ExitStack
    ) -> None:
        """Start those of one host. They run until ``stack`` ends."""
        process = subprocess.Popen(
            argv, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        stack.callback(_end, process)
        self._sessions[host] = process
        lines = [
            f"{number} {container} {address}"
            for number, (_, container, address) in enumerate(places)
        ]
        found = ports(_until_ready(process, "\n".join([*lines, "", ""])))
        late = f"{host} started no server for it"
        for number, one in enumerate(places):
            self._found[one] = found.get(number, late)

    def port(self, probe: Probe) -> str:
        """For `probe.sh ask`: of the server of a transfer, "none" where there is none."""
        port = self._found.get(place(probe))
        return str(port) if isinstance(port, int) else "none"

    def ended(self) -> set[str]:
        """The hosts whose servers have ended already."""
        return {host for host, process in self._sessions.items() if process.poll() is not None}

    def doubted(self, result: Result, ended: set[str]) -> Result:
        """The result, not known where there was no server, or none any more, to make a transfer with."""
        probe = result.probe
        if probe.kind != "transfer" or result.observed == "yes":
            return result
        why = self._found.get(place(probe))
        if isinstance(why, str):
            return replace(result, observed="unknown", ms=None, why=why)
        if probe.to_host in ended:
            why = f"the session with {probe.to_host} that held its server ended"
            return replace(result, observed="unknown", ms=None, why=why)
        return result


def _until_ready(process: subprocess.Popen[str], text: str) -> str:
    """What it prints until "ready", within a time and a size."""
    stdin, stdout = process.stdin, process.stdout
    if stdin is None or stdout is None:
        raise AssertionError("it was started with pipes")
    found: list[str] = []
    with ThreadPoolExecutor(1) as pool:

        def read() -> None:
            stdin.write(text)
            stdin.flush()
            for line in stdout:
                if line == "ready\n" or len(found) > 10_000:
                    return
                found.append(line[:300])

        reading = pool.submit(read)
        try:
            reading.result(SECONDS)
        except (TimeoutError, OSError):
            process.kill()
    return "".join(found)


def _end(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(OSError):
        if process.stdin is not None:
            process.stdin.close()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
