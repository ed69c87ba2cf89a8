"""Fleets to draw, and a reader of the Mermaid that they are drawn as."""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

from reports.topology.model import Container, Host, HostLink, Network, Topology
from reports.topology.paths import Row

HOSTILE = (
    "end",
    '"quotes"',
    "</text><script>alert(1)</script>",
    "a & b &amp; c",
    "`code` **bold** _em_",
    "two\nlines\r\n",
    "style x: #35; fill:red;",
    "%%{init: {}}%%",
    "subgraph x",
    "a]:::broken --> b",
    "#quot;#35;",
    "🐳 容器",
    "\x00\x1b[31m\u202e\ufffe\ud800",
    "1. list",
    "- list",
    "# head",
    "",
    " ",
    "x" * 5000,
)


def fleet(hosts: int, each: int = 2, networks: int = 1, names: tuple[str, ...] = ()) -> Topology:
    """Hosts with ``each`` containers on every network. ``names``: take the place of all texts."""

    def name(kind: str, number: int) -> str:
        return f"{names[number % len(names)]}{number}" if names else f"{kind}{number:02d}"

    host_names = [name("docker", i) for i in range(hosts)]
    links = {
        host: HostLink(name("ens", i) if names else "ens33") for i, host in enumerate(host_names)
    }
    on = [
        Network(name("net", i), name("overlay", i), "172.16.1.0/24", links) for i in range(networks)
    ]
    return Topology(
        name("prod", 0),
        tuple(Host(host, name("10.0.0.", i), name("28.", i), (name("role", i),)) for i, host in enumerate(host_names)),
        tuple(on),
        tuple(
            Container(
                name("web", i * each + j), host, "", {n.name: name("172.16.1.", i) for n in on},
                ports=(name("8080:80/tcp", j),) if j == 0 else (),
            )
            for i, host in enumerate(host_names)
            for j in range(each)
        ),
        (name("note", 0),) if names else (),
    )  # fmt: skip


def row(source: str, target: str, **more: Any) -> Row:
    """A row that says that a container (``NAME@HOST``) does not reach another one."""
    (name, _, host), (to, _, to_host) = source.partition("@"), target.partition("@")
    values = {
        "from": name, "from_host": host, "to": to, "to_host": to_host, "network": "net00",
        "kind": "icmp", "expected": "yes", "observed": "no", "cause": "udp 4789 is shut",
    }  # fmt: skip
    return Row.model_validate(values | more)


def every_pair(of: Topology, most: int = 3000, **more: Any) -> list[Row]:
    """Rows that say that no container reaches any container of another host, ``most`` of them."""
    pairs = ((a, b) for a in of.containers for b in of.containers if a.host != b.host)
    return [row(f"{a.name}@{a.host}", f"{b.name}@{b.host}", **more) for a, b in islice(pairs, most)]


_LABEL = r'"((?:[A-Za-z0-9 .,/()+_-]|#\d+;|<br/>)+)"'
_NODE = re.compile(rf"  (\w+)(?:\[|\(\[|\[\[|\(\()({_LABEL})(?:\]|\]\)|\]\]|\)\)):::(\w+)")
_EDGE = re.compile(rf"  (\w+) (---|--x|x--x)(?:\|{_LABEL}\|)? (\w+)")
_SUBGRAPH = re.compile(rf"  subgraph (\w+)\[{_LABEL}\]")
_CLASS = re.compile(r"  classDef (\w+) [a-z0-9#:,-]+( \d)?")
_CLASS_OF = re.compile(r"  class ([\w,]+) (\w+)")
_LINK_STYLE = re.compile(r"  linkStyle ([\d,]+) [a-z0-9#:,-]+")


class Chart:
    """A flowchart, read by a grammar that is stricter than Mermaid's; AssertionError where it is none.

    ``nodes``: key -> (label, class); ``edges``: (from, arrow, label, to); ``red``: indexes of edges.
    """

    def __init__(self, text: str) -> None:
        first, second, *lines = text.splitlines()
        assert re.fullmatch(r'%%\{init: \{"flowchart": \{"wrappingWidth": \d+\}\}\}%%', first)
        assert second == "flowchart LR"
        self.nodes: dict[str, tuple[str, str]] = {}
        self.edges: list[tuple[str, str, str, str]] = []
        self.subgraphs: dict[str, str] = {}
        self.red: set[int] = set()
        classes, inside = set(), ""
        for line in lines:
            if match := _SUBGRAPH.fullmatch(line):
                assert not inside
                inside = match[1]
                self.subgraphs[inside] = read(match[2])
            elif line == "  end":
                assert inside
                inside = ""
            elif match := _NODE.fullmatch(line):
                assert match[1] not in self.nodes
                self.nodes[match[1]] = (read(match[3]), match[4])
            elif match := _EDGE.fullmatch(line):
                assert not inside
                self.edges.append((match[1], match[2], read(match[3] or ""), match[4]))
            elif match := _CLASS.fullmatch(line):
                classes.add(match[1])
            elif match := _CLASS_OF.fullmatch(line):
                assert set(match[1].split(",")) <= self.subgraphs.keys()
            elif match := _LINK_STYLE.fullmatch(line):
                self.red = {int(index) for index in match[1].split(",")}
            else:
                raise AssertionError(f"no line of a flowchart: {line!r}")
        assert not inside
        assert {kind for _, kind in self.nodes.values()} <= classes
        assert {end for a, _, _, b in self.edges for end in (a, b)} <= self.nodes.keys()
        assert self.red <= set(range(len(self.edges)))

    def labels(self) -> list[str]:
        """What is written on nodes."""
        return [label for label, _ in self.nodes.values()]


def read(label: str) -> str:
    """A label as a browser shows it, its lines apart."""
    return re.sub(r"#(\d+);", lambda m: chr(int(m[1])), label.replace("<br/>", "\n"))
