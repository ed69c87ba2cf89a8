"""Ports of hosts that an up opens and shuts, and to whom."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from planning import records
from planning.engine_events import Act, Change
from reports.impact.containers import CONTAINER, host_before, rows
from reports.impact.model import Effect, Gate, Weight


@dataclass(frozen=True, order=True)
class Open:
    """A port of a host. ``at``: the host's address that it is open on."""

    host: str
    at: str
    protocol: str
    number: str


def effects(changes: Sequence[Change]) -> Iterator[Effect]:
    """What containers and the daemons' API open and shut. The same port of another one is no news."""
    before: dict[Open, str] = {}
    after: dict[Open, str] = {}
    for change in changes:
        if change.type == CONTAINER:
            before |= _published(change, change.old, host_before(change))
            if change.act is not Act.DELETE:
                after |= _published(change, change.new, change.host)
            yield from _of_host_mode(change)
        elif change.base == "daemon" and change.host:
            before |= dict.fromkeys(_api(change.host, change.old), "the Docker API")
            if change.act is not Act.DELETE:
                after |= dict.fromkeys(_api(change.host, change.new), "the Docker API")
    rules = _rules(changes)
    for port in sorted(after.keys() - before.keys()):
        yield _opened(port, after[port], rules.get((port.host, port.protocol, port.number)))
    for port in sorted(before.keys() - after.keys()):
        sentence = f"{port.protocol} {port.number} shuts (it led to {before[port]})"
        yield Effect(port.host, sentence, Weight.ENDS)
    for port in sorted(before.keys() & after.keys()):
        if before[port] != after[port]:
            sentence = (
                f"{port.protocol} {port.number} leads to {after[port]} instead of {before[port]}"
            )
            yield Effect(port.host, sentence, Weight.CHANGES)


def _rules(changes: Iterable[Change]) -> dict[tuple[str, str, str], str]:
    """Host, protocol and number of a port -> whom the new rules of the firewall let in."""
    found = {}
    for change in changes:
        if change.base == "firewall":
            for line in records.body(str(change.new.get("stdin") or "")).splitlines():
                if len(words := line.split(" ")) == 4:
                    found[change.host, words[0], words[1]] = words[3]
    return found


def _opened(port: Open, to: str, alone: str | None) -> Effect:
    what = (
        f"{port.protocol} {port.number}"
        if port.number != "0"
        else f"a {port.protocol} port that Docker chooses"
    )
    if _is_loopback(port.at):
        return Effect(
            port.host, f"{what} opens to {port.host} itself alone: it leads to {to}", Weight.CHANGES
        )
    if alone is not None:
        let = f"{alone.replace(',', ', ')} alone, by rules of the firewall"
        return Effect(port.host, f"{what} opens to {let}: it leads to {to}", Weight.CHANGES)
    at = port.host if port.at in ("0.0.0.0", "") else port.at  # noqa: S104
    at = f"{port.host} by IPv6" if at == "::" else at
    return Effect(
        port.host,
        f"{what} opens to everyone who reaches {at}: it leads to {to}",
        Weight.OPEN,
        Gate.EXPOSED_PORT,
        (port.host, port.number, f"{port.host}:{port.number}", to.partition(" of ")[2] or to),
    )  # fmt: skip


def _published(change: Change, inputs: Mapping[str, Any], host: str) -> dict[Open, str]:
    found = {}
    for row in rows(inputs, "ports"):
        at = str(row.get("ip") or "0.0.0.0")  # noqa: S104
        protocol = str(row.get("protocol") or "tcp")
        number = _number(row.get("external"))
        to = f"port {_number(row.get('internal'))} of {change.base}"
        found[Open(host, at, protocol, number)] = to
    return found


def _of_host_mode(change: Change) -> Iterator[Effect]:
    was = change.act in (Act.REPLACE, Act.UPDATE) and change.old.get("networkMode") == "host"
    moved = host_before(change) != change.host
    if change.act is Act.DELETE or change.new.get("networkMode") != "host" or (was and not moved):
        return
    yield Effect(
        change.host,
        f"whatever {change.base} listens on is open to everyone who reaches {change.host}: it has the "
        "host's own network",
        Weight.OPEN,
        Gate.EXPOSED_PORT,
        (change.host, change.base),
    )


def _api(host: str, inputs: Mapping[str, Any]) -> Iterator[Open]:
    for found in re.finditer(r"tcp://([0-9.]*):(\d+)", str(inputs.get("stdin") or "")):
        yield Open(host, found[1] or "0.0.0.0", "tcp", found[2])  # noqa: S104


def _number(value: object) -> str:
    """JSON's numbers may be floats."""
    return str(int(value)) if isinstance(value, (int, float)) else str(value or 0)


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
