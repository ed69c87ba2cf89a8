"""Asks the hosts of a request, all at once: two SSH sessions a host, and more for what is broken.

Standard library only.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

from components import processes
from components.reachability.request import Request, Target
from components.reachability.servers import Place, Servers, place
from components.remote import argv, last_line
from planning.reachability.comparison import compared, with_moved
from planning.reachability.fleet_tables import FleetTables
from planning.reachability.links import Ask, asks
from planning.reachability.probes import Probe
from planning.reachability.results import Looked, Report, Result, answered, looked
from planning.reachability.tables import Tables, read

# probe.sh gives promises 25 s to come about, and then each one last try.
SECONDS = 120.0
_LIMIT = 4 << 20
# Engines tell each other of a container that was just started: seconds to wait for it.
_PAUSES = (1.0, 3.0, 6.0)
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
        asked = {name: asks(name, request.links, request.endpoints) for name in request.hosts}
        self._tables = {name: wanted for name, wanted in asked.items() if wanted}

    def prove(self) -> Report:
        transfers = [probe for probe in self._request.probes if probe.kind == "transfer"]
        with contextlib.ExitStack() as stack:
            servers = self._serve(transfers, stack)
            asked = [
                replace(probe, more=servers.port(probe)) if probe.kind == "transfer" else probe
                for probe in self._request.probes
            ]
            by_host: dict[str, dict[int, Probe]] = {name: {} for name in self._tables}
            for number, probe in enumerate(asked):
                by_host.setdefault(probe.source_host, {})[number] = probe
            parts = self._on_all(by_host, lambda host: self._ask(host, by_host[host]))
            ended = servers.ended()
        found: dict[int, Result] = {}
        for results, _ in parts.values():
            found |= results
        probed = [
            replace(servers.doubted(found[number], ended), probe=self._request.probes[number])
            for number in range(len(asked))
        ]
        fleet = self._fleet({host: own for host, (_, own) in parts.items()})
        tables = compared(fleet)
        if not any(one.broken for one in probed):
            tables = self._settled(tables)
        return Report([*with_moved(probed, fleet), *tables], fleet.macs)

    def _settled(self, tables: list[Result]) -> list[Result]:
        """The results of tables, read again where some are not as planned."""
        for seconds in _PAUSES:
            if not any(one.broken for one in tables):
                break
            time.sleep(seconds)
            tables = compared(self._fleet(self._on_all(self._tables, self._read)))
        return tables

    def _fleet(self, said: Mapping[str, Mapping[Ask, Tables]]) -> FleetTables:
        addresses = {name: target.address for name, target in self._request.hosts.items()}
        return FleetTables(self._request.links, self._request.endpoints, addresses, said)

    def _read(self, host: str) -> dict[Ask, Tables]:
        asked = self._tables[host]
        ended = self._run(host, f"tables.sh read {self._request.image}", _numbered(asked))
        return read(asked, "", ended) if isinstance(ended, str) else read(asked, *ended)

    def look(self, results: Sequence[Result]) -> dict[Probe, Looked]:
        by_host: dict[str, list[str]] = {}
        for number, one in enumerate(results):
            probe = one.probe
            line = f"{number} {probe.source or '-'} {probe.target}"
            by_host.setdefault(probe.source_host, []).append(line)
            if probe.kind in ("tcp", "transfer"):
                by_host.setdefault(probe.to_host, []).append(f"{number} {probe.to} -")

        def ask(host: str) -> dict[int, Looked]:
            ended = self._run(host, "probe.sh look", by_host[host])
            return {} if isinstance(ended, str) else looked(ended[0])

        found: dict[Probe, Looked] = {}
        for host, part in self._on_all(by_host, ask).items():
            for number, seen in part.items():
                if number < len(results):
                    probe = results[number].probe
                    had = found.get(probe, Looked())
                    both = had.checksums + seen.checksums
                    found[probe] = replace(
                        seen if host == probe.source_host else had, checksums=both
                    )
        return found

    def _ask(
        self, host: str, probes: Mapping[int, Probe]
    ) -> tuple[dict[int, Result], dict[Ask, Tables]]:
        tables = self._tables.get(host, [])
        lines = [
            f"{number} {probe.kind} {probe.source or '-'} {probe.target} {probe.more or '-'} "
            f"{'yes' if probe.expected else 'no'}"
            for number, probe in probes.items()
        ]
        ended = self._run(
            host, f"probe.sh ask {self._request.image}", [*lines, "", *_numbered(tables)]
        )
        if isinstance(ended, str):
            silent = {n: Result(probe, "unknown", None, ended) for n, probe in probes.items()}
            return silent, read(tables, "", ended)
        out, err = ended
        found = answered(probes, out)
        why = err or f"{host} gave no answer"
        missing = {
            number: Result(probe, "unknown", None, why)
            for number, probe in probes.items()
            if number not in found
        }
        return found | missing, read(tables, out, err)

    def _run(self, host: str, script: str, lines: Sequence[str]) -> tuple[str, str] | str:
        """What the host printed and its last complaint, or why there is nothing."""
        target = self._request.hosts.get(host)
        if target is None:
            return f"{host} is no host of the request"
        text = "".join(f"{line}\n" for line in lines)
        ended = processes.run(
            self._argv(target, script), stdin=text.encode(), seconds=SECONDS, limit=_LIMIT
        )
        if ended.why:
            return (
                f"{host} did not end within {SECONDS:.0f} s"
                if ended.why == "time"
                else (f"{host} answers too much")
            )
        err = last_line(ended.err, 300)
        if ended.code == 255:
            return f"{host} cannot be asked: {err}"
        return ended.out.decode(errors="replace"), err if ended.code else ""

    def _argv(self, target: Target, script: str) -> list[str]:
        return argv(self._config, target.ssh_target, f"sh {self._request.scripts}/{script}")

    def _serve(self, transfers: Sequence[Probe], stack: contextlib.ExitStack) -> Servers:
        """Servers at the ends of some transfers; they run until ``stack`` ends."""
        wanted: dict[str, list[Place]] = {}
        for end in dict.fromkeys(place(probe) for probe in transfers):
            wanted.setdefault(end[0], []).append(end)
        argvs = {
            host: self._argv(target, f"probe-server.sh serve {self._request.image}")
            for host in wanted
            if (target := self._request.hosts.get(host))
        }
        servers = Servers()
        self._on_all(argvs, lambda host: servers.start(host, argvs[host], wanted[host], stack))
        return servers

    def _on_all(self, hosts: Mapping[str, object], do: Callable[[str], T]) -> dict[str, T]:
        with ThreadPoolExecutor(max(1, len(hosts))) as pool:
            return dict(zip(hosts, pool.map(do, hosts), strict=True))


def _numbered(asked: Sequence[Ask]) -> list[str]:
    return [f"{number} {ask.words}" for number, ask in enumerate(asked)]
