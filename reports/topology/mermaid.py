"""A fleet as a Mermaid flowchart, for pull requests: https://mermaid.js.org/syntax/flowchart.html.

GitHub draws up to 50,000 characters, Mermaid up to 500 edges. Any text goes in as entity codes
(#35;) but for letters, digits and a little punctuation, so that none of it is markup.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from planning.answers import printable
from reports.topology.model import Container, Status, Topology
from reports.topology.paths import BrokenPath, End, Row
from reports.topology.view import HostView, Limits, View, view

MOST_CHARACTERS = 49_000
MOST_EDGES = 480
# One after the other, until it fits.
_LIMITS = (
    Limits(hosts=10, containers=50, on_host=12, networks=20, paths=30),
    Limits(hosts=8, containers=30, on_host=8, networks=12, paths=20),
    Limits(hosts=6, containers=20, on_host=4, networks=8, paths=10),
    Limits(hosts=4, containers=8, on_host=2, networks=4, paths=5),
)
_PLAIN = re.compile(r"[^A-Za-z0-9 .,/()+_-]")
_NAME, _SENTENCE = 64, 160
# Texts are broken into lines at 200 px without it.
_WIDER = '%%{init: {"flowchart": {"wrappingWidth": 420}}}%%\n'
_CLASSES = """\
  classDef host fill:#f6f8fa,stroke:#8c959f,color:#24292f
  classDef network fill:#ddf4ff,stroke:#0969da,color:#0a3069
  classDef nic fill:#ffffff,stroke:#57606a,color:#24292f
  classDef container fill:#ffffff,stroke:#57606a,color:#24292f
  classDef changed fill:#ffffff,stroke:#57606a,color:#24292f,stroke-dasharray:4 3
  classDef counted fill:#f6f8fa,stroke:#afb8c1,color:#57606a
  classDef broken fill:#ffebe9,stroke:#cf222e,color:#82071e
  classDef cause fill:#ffffff,stroke:#cf222e,color:#82071e
  classDef note fill:#fff8c5,stroke:#d4a72c,color:#4d2d00
"""


def text(fleet: Topology, rows: Sequence[Row], keep: Collection[str] = ()) -> str:
    """The flowchart, under 50,000 characters. ``keep``: names that stay when much is left out."""
    for limits in _LIMITS:
        chart = _Chart(view(fleet, rows, limits, keep))
        drawn = chart.text()
        if len(drawn) <= MOST_CHARACTERS and chart.edges <= MOST_EDGES:
            return drawn
    raise AssertionError("the smallest limits do not fit")  # the tests hold that they do


def escaped(label: str, most: int = _NAME) -> str:
    """A text for a label in quotes, on one line."""
    return _PLAIN.sub(lambda match: f"#{ord(match[0])};", printable(label, most))


class _Chart:
    def __init__(self, shown: View) -> None:
        self._view = shown
        self._lines: list[str] = []
        self._red: list[int] = []
        self.edges = 0
        self._network = {one.name: f"n{i}" for i, one in enumerate(shown.networks)}
        self._ends: dict[End, str] = {}
        self._broken = {end for path in shown.paths for end in path.ends}

    def text(self) -> str:
        shown = self._view
        for network in shown.networks:
            lines = [network.name, f"{network.strategy} {network.subnet}", network.status.value]
            self._node(self._network[network.name], lines, "network", "([", "])")
        for number, one in enumerate(shown.hosts):
            self._host(f"h{number}", one)
        if shown.rest:
            self._rest(shown.rest)
        for number, path in enumerate(shown.paths, 1):
            self._path(number, path)
        if shown.paths:
            causes = [f"{number}. {path}" for number, path in enumerate(shown.paths, 1)]
            self._node("causes", causes, "cause", most=_SENTENCE)
        for number, note in enumerate(shown.notes):
            self._node(f"note{number}", [note], "note", most=_SENTENCE)
        if shown.hosts:
            self._say(f"class {','.join(f'h{i}' for i in range(len(shown.hosts)))} host")
        red = f"  linkStyle {','.join(map(str, self._red))} stroke:#cf222e,stroke-width:3px,color:#cf222e\n"
        return f"{_WIDER}flowchart LR\n{''.join(self._lines)}{_CLASSES}{red if self._red else ''}"

    def _host(self, key: str, one: HostView) -> None:
        host, itself = one.host, End(one.host.name)
        self._say(f'subgraph {key}["{escaped(host.name)}"]')
        engine = f"Docker {host.engine}" if host.engine else ""
        lines = [host.address, engine, *host.roles, host.status.value]
        self._ends[itself] = f"{key}self"
        changed = host.status is not Status.THERE
        kind = "broken" if itself in self._broken else "changed" if changed else "counted"
        self._node(f"{key}self", lines, kind)
        doors = self._doors(key, host.name)
        edges = [(door, self._network[n]) for n, door in doors.items() if door.startswith(key)]
        for number, container in enumerate(one.containers):
            node = f"{key}c{number}"
            self._container(node, container)
            edges += [(node, doors[n]) for n in container.addresses if n in doors]
        if one.hidden:
            node, more = f"{key}more", "more " if one.containers else ""
            self._node(node, [f"{one.hidden} {more}containers", _counts(one.more)], "counted")
            edges += [(node, doors[n]) for n in one.more if n in doors]
        self._say("end")
        joined = {right for _, right in edges}
        edges += [(f"{key}self", door) for door in doors.values() if door not in joined]
        for left, right in edges:
            self._edge(left, "---", right)

    def _doors(self, key: str, host: str) -> dict[str, str]:
        """Network -> the node by which containers of a host join it: its NIC there, or itself."""
        doors = {}
        for number, network in enumerate(self._view.networks):
            link = network.links.get(host)
            if link is None:
                continue
            doors[network.name] = self._network[network.name]
            if link.nic or link.block:
                doors[network.name] = f"{key}p{number}"
                block = f"slice {link.block}" if link.block else ""
                self._node(doors[network.name], [link.nic or network.name, block], "nic")
        return doors

    def _container(self, node: str, container: Container) -> None:
        lines = [container.name]
        lines += [
            f"{name} {address or 'address not known yet'}"
            for name, address in container.addresses.items()
        ] or [f"network {container.mode}"]
        lines += [f"published {', '.join(container.ports)}"] if container.ports else []
        end = End(container.host, container.name)
        self._ends[end] = node
        changed = container.status is not Status.THERE
        kind = "broken" if end in self._broken else "changed" if changed else "container"
        self._node(node, [*lines, container.status.value], kind)

    def _rest(self, rest: Sequence[HostView]) -> None:
        roles = Counter(role for one in rest for role in one.host.roles)
        count = sum(one.hidden for one in rest)
        lines = [f"{len(rest)} {'more ' if self._view.hosts else ''}hosts", f"{count} containers"]
        lines += ["; ".join(f"{role}: {number}" for role, number in roles.most_common(5))]
        self._node("rest", lines, "counted", "[[", "]]")
        names = {one.host.name for one in rest}
        for network in self._view.networks:
            on = sum(one.more.get(network.name, 0) for one in rest)
            here = len(names & set(network.links))
            if here:
                label = f"{here} hosts, {on} containers"
                self._edge("rest", f'---|"{escaped(label)}"|', self._network[network.name])

    def _path(self, number: int, path: BrokenPath) -> None:
        arrow = "x--x" if path.back or path.source == path.target else "--x"
        said = escaped(f"{number}. {', '.join(path.kinds)}".rstrip(" ."))
        source, target = self._end(path.source), self._end(path.target)
        self._red.append(self.edges)
        self._edge(source, f'{arrow}|"{said}"|', target)

    def _end(self, end: End) -> str:
        """The node of an end; one outside of the fleet, or that is only counted, is made here."""
        for known in (end, End(end.host)):
            if end.host and known in self._ends:
                return self._ends[known]
        if any(one.host.name == end.host for one in self._view.rest):
            return "rest"
        if end not in self._ends:
            self._ends[end] = f"o{len(self._ends)}"
            self._node(self._ends[end], [str(end)], "broken", "((", "))")
        return self._ends[end]

    def _node(
        self, key: str, lines: Sequence[str], kind: str,
        opening: str = "[", closing: str = "]", most: int = _NAME,
    ) -> None:  # fmt: skip
        self._say(f'{key}{opening}"{_label(lines, most)}"{closing}:::{kind}')

    def _edge(self, left: str, arrow: str, right: str) -> None:
        self._say(f"{left} {arrow} {right}")
        self.edges += 1

    def _say(self, line: str) -> None:
        self._lines.append(f"  {line}\n")


def _label(lines: Sequence[str], most: int = _NAME) -> str:
    return "<br/>".join(escaped(line, most) for line in lines if line) or "-"


def _counts(more: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in list(more.items())[:4])
