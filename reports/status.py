"""A stack as it is now: its hosts and containers, what drifted, what is reached."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from planning import last_up, stray_threads
from planning.facts import HostFacts, Unreachable
from planning.reachability.results import Report
from planning.sentences import whose
from reports import reachability


@dataclass(frozen=True)
class Wanted:
    """A container of the stack file. ``name``: Docker's; ``networks``: name -> addresses, "" if unknown."""

    name: str
    host: str
    networks: Mapping[str, str]


@dataclass(frozen=True)
class Status:
    """What is known of a stack.

    ``networks``: host -> Docker names of the networks that the stack file gives it. ``problems``: what
    stands in the way of an up. ``report``: None where nothing was proven.
    """

    stack: str
    facts: Mapping[str, HostFacts | Unreachable]
    containers: Sequence[Wanted]
    networks: Mapping[str, Collection[str]]
    problems: Sequence[str] = ()
    report: Report | None = None

    @property
    def drift(self) -> list[str]:
        """What a host had after the last up and has not any more."""
        found: list[str] = []
        for host, facts in self.facts.items():
            record = facts.records.get("present") if isinstance(facts, HostFacts) else None
            if record is None or not isinstance(facts, HostFacts):
                continue
            names = [one.name for one in self.containers if one.host == host]
            found += last_up.upgraded(host, facts, record)
            found += last_up.missing(
                host, facts, record,
                stack=self.stack, containers=names, networks=self.networks.get(host, ()),
            )  # fmt: skip
        return found

    @property
    def notes(self) -> list[str]:
        """What may go wrong, and does not yet."""
        return [
            sentence
            for host, facts in self.facts.items()
            if isinstance(facts, HostFacts)
            for sentence in stray_threads.sentences(host, facts)
        ]

    @property
    def well(self) -> bool:
        """Whether nothing is wrong that can be seen."""
        broken = self.report is not None and self.report.broken
        silent = any(isinstance(facts, Unreachable) for facts in self.facts.values())
        return not (self.problems or self.drift or broken or silent)


def shown(status: Status) -> RenderableType:
    """Tables of hosts and containers, then what is wrong, a sentence each."""
    sentences = list(dict.fromkeys([*status.problems, *status.drift]))
    parts: list[RenderableType] = [_hosts(status), _containers(status)]
    if status.report is not None:
        parts.append(reachability.shown(status.report, list(status.facts)))
    parts += [Text(f"  {sentence}", style="red") for sentence in sentences]
    parts += [Text(f"  {sentence}", style="yellow") for sentence in status.notes]
    if status.well:
        parts.append(Text(f"{status.stack} is as its file says", style="bold green"))
    return Group(*parts)


def _hosts(status: Status) -> Table:
    table = _table("host", "Docker", "swarm", "containers", "networks")
    for host, facts in status.facts.items():
        if isinstance(facts, Unreachable):
            table.add_row(host, Text(f"does not answer: {facts.reason[:60]}", style="red"))
            continue
        wanted = [one.name for one in status.containers if one.host == host]
        held = {one.name for one in facts.networks or () if one.stack == status.stack}
        missing = [n for n in status.networks.get(host, ()) if n not in held]
        if facts.networks is None:
            networks = Text("cannot be read", style="yellow")
        elif missing:
            networks = Text(f"{', '.join(missing)} {_absent(facts)}", style="red")
        else:
            networks = Text(", ".join(status.networks.get(host, ())) or "-")
        engine = (
            Text(facts.engine.version) if facts.engine else Text("does not answer", style="red")
        )
        role = "manager" if facts.swarm.manager else "worker" if facts.swarm.member else "-"
        table.add_row(host, engine, role, _running(facts, wanted, status.stack), networks)
    return table


def _absent(facts: HostFacts) -> str:
    """What is said of what is not there: gone, where an up had made it."""
    return "gone" if facts.records.get("present") is not None else "not there"


def _running(facts: HostFacts, wanted: Collection[str], stack: str) -> Text:
    if facts.containers is None:
        return Text("cannot be read", style="yellow")
    own = [one for one in facts.containers if one.stack == stack]
    running = {one.name for one in own if one.state == "running"}
    there = sum(name in running for name in wanted)
    style = "" if there == len(wanted) else "red"
    return Text(f"{there} of {len(wanted)} run", style=style)


def _containers(status: Status) -> Table:
    table = _table("container", "host", "address", "state")
    for one in status.containers:
        facts = status.facts.get(one.host)
        addresses = ", ".join(f"{net} {address or '?'}" for net, address in one.networks.items())
        table.add_row(one.name, one.host, addresses or "-", _state(one, facts, status.stack))
    return table


def _state(wanted: Wanted, facts: HostFacts | Unreachable | None, stack: str) -> Text:
    if not isinstance(facts, HostFacts) or facts.containers is None:
        return Text("not known", style="yellow")
    found = next((one for one in facts.containers if one.name == wanted.name), None)
    if found is None:
        return Text("not there", style="red")
    if found.stack != stack:
        return Text(whose(found.stack), style="red")
    return Text(found.status, style="green" if found.state == "running" else "red")


def _table(*columns: str) -> Table:
    table = Table()
    for column in columns:
        table.add_column(column, no_wrap=column in ("host", "container"))
    return table
