"""Asks the hosts of a request, all at once: two SSH sessions a host, and one more for broken promises.

Standard library only.
"""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

from components import processes
from components.reachability.request import Request, Target
from components.remote import argv, last_line
from planning.reachability.probes import Probe
from planning.reachability.results import Looked, Report, Result, answered, looked, ports

# probe.sh gives promises 25 s to come about, and then each one last try.
_SECONDS = 120.0
_SERVE_SECONDS = 20.0
_LIMIT = 4 << 20
T = TypeVar("T")


def prove(request: Request) -> Report:
    """What all hosts answer. A host that does not is "unknown" for each of its probes."""
    with request.ssh() as config:
        return _Asking(request, config).prove().explained_by_ends()


def looks(request: Request, results: Sequence[Result]) -> dict[Probe, Looked]:
    """What the sources of some results know of their targets."""
    with request.ssh() as config:
        return _Asking(request, config).look(results)


class _Asking:
    """Hosts of a request, by an ssh_config for all of them."""

    def __init__(self, request: Request, config: str) -> None:
        self._request = request
        self._config = config

    def prove(self) -> Report:
        transfers = [probe for probe in self._request.probes if probe.kind == "transfer"]
        with contextlib.ExitStack() as servers:
            there = self._serve(transfers, servers)
            asked = [
                replace(probe, more=str(there.get((probe.to_host, probe.to, probe.target), "none")))
                if probe.kind == "transfer"
                else probe
                for probe in self._request.probes
            ]
            by_host: dict[str, dict[int, Probe]] = {}
            for number, probe in enumerate(asked):
                by_host.setdefault(probe.source_host, {})[number] = probe
            parts = self._on_all(by_host, lambda host: self._ask(host, by_host[host]))
        found: dict[int, Result] = {}
        for part in parts.values():
            found |= part
        return Report(
            [
                replace(found[number], probe=self._request.probes[number])
                for number in range(len(asked))
            ]
        )

    def look(self, results: Sequence[Result]) -> dict[Probe, Looked]:
        by_host: dict[str, dict[int, Probe]] = {}
        for number, one in enumerate(results):
            by_host.setdefault(one.probe.source_host, {})[number] = one.probe

        def ask(host: str) -> dict[int, Looked]:
            lines = [
                f"{number} {probe.source or '-'} {probe.target}"
                for number, probe in by_host[host].items()
            ]
            ended = self._run(host, "look", lines)
            return {} if isinstance(ended, str) else looked(ended[0])

        found: dict[Probe, Looked] = {}
        for part in self._on_all(by_host, ask).values():
            found |= {results[number].probe: one for number, one in part.items()}
        return found

    def _ask(self, host: str, probes: Mapping[int, Probe]) -> dict[int, Result]:
        lines = [
            f"{number} {probe.kind} {probe.source or '-'} {probe.target} {probe.more or '-'} "
            f"{'yes' if probe.expected else 'no'}"
            for number, probe in probes.items()
        ]
        ended = self._run(host, "ask", lines)
        if isinstance(ended, str):
            return {n: Result(probe, "unknown", None, ended) for n, probe in probes.items()}
        out, err = ended
        found = answered(probes, out)
        why = err or f"{host} gave no answer"
        missing = {
            number: Result(probe, "unknown", None, why)
            for number, probe in probes.items()
            if number not in found
        }
        return found | missing

    def _run(self, host: str, verb: str, lines: Sequence[str]) -> tuple[str, str] | str:
        """What the host printed and its last complaint, or why there is nothing."""
        target = self._request.hosts.get(host)
        if target is None:
            return f"{host} is no host of the request"
        text = "".join(f"{line}\n" for line in lines)
        ended = processes.run(
            self._argv(target, verb), stdin=text.encode(), seconds=_SECONDS, limit=_LIMIT
        )
        if ended.why:
            return (
                f"{host} did not end within {_SECONDS:.0f} s"
                if ended.why == "time"
                else (f"{host} answers too much")
            )
        err = last_line(ended.err, 300)
        if ended.code == 255:
            return f"{host} cannot be asked: {err}"
        return ended.out.decode(errors="replace"), err if ended.code else ""

    def _argv(self, target: Target, verb: str) -> list[str]:
        script = "probe-server.sh" if verb == "serve" else "probe.sh"
        return argv(self._config, target.ssh_target, f"sh {self._request.scripts}/{script} {verb}")

    def _serve(
        self, transfers: Sequence[Probe], servers: contextlib.ExitStack
    ) -> dict[tuple[str, str, str], int | str]:
        """(host, container, address) -> the port of a server in it; they run until ``servers`` ends."""
        wanted: dict[str, dict[int, tuple[str, str, str]]] = {}
        ends = dict.fromkeys((probe.to_host, probe.to, probe.target) for probe in transfers)
        for number, end in enumerate(ends):
            wanted.setdefault(end[0], {})[number] = end

        def start(host: str) -> dict[int, int | str]:
            target = self._request.hosts.get(host)
            if target is None:
                return {}
            lines = [f"{number} {end[1]} {end[2]}" for number, end in wanted[host].items()]
            process = subprocess.Popen(
                self._argv(target, "serve"), text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            servers.callback(_end, process)
            return ports(_until_ready(process, "\n".join([*lines, "", ""])))

        found: dict[tuple[str, str, str], int | str] = {}
        for host, part in self._on_all(wanted, start).items():
            found |= {
                wanted[host][number]: port
                for number, port in part.items()
                if number in wanted[host]
            }
        return {end: port if isinstance(port, int) else "none" for end, port in found.items()}

    def _on_all(self, hosts: Mapping[str, object], do: Callable[[str], T]) -> dict[str, T]:
        with ThreadPoolExecutor(max(1, len(hosts))) as pool:
            return dict(zip(hosts, pool.map(do, hosts), strict=True))


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
            reading.result(_SERVE_SECONDS)
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
