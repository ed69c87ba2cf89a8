"""The box of a host in an SVG: its containers, and a lane for each of its networks.

A lane runs down the box's left side, has a dot at each address that is on its network, and leaves
the box at the bottom.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reports.drawing import DIM, INK, PALE_RED, PANEL, PAPER, RED, Drawing, clipped, width
from reports.topology.model import Network, Status
from reports.topology.paths import End
from reports.topology.view import HostView

NARROW, WIDE = 200.0, 380.0
_LANE, _LEFT = 12.0, 16.0
_ROW, _PAD = 17.0, 8.0
_HEAD = 46.0


@dataclass(frozen=True)
class _Line:
    """A line of text in a box. ``lane``: the network that has a dot there."""

    text: str
    lane: str | None = None
    size: float = 11
    colour: str = DIM
    bold: bool = False
    mono: bool = True
    square: bool = False


@dataclass(frozen=True)
class _Block:
    lines: tuple[_Line, ...]
    end: End | None = None
    dashed: bool = False
    framed: bool = True

    @property
    def height(self) -> float:
        return len(self.lines) * _ROW + (_PAD if self.framed else 2)


@dataclass
class Card:
    """A host's box. ``anchors``, ``lanes``: filled as it is drawn; what paths and buses end at.

    ``anchors``: End -> the middle of its left and its right side. ``lanes``: network -> x.
    """

    view: HostView
    networks: Sequence[Network]
    colours: Mapping[str, str]
    broken: frozenset[End]
    lanes: dict[str, float] = field(default_factory=dict)
    anchors: dict[End, tuple[float, float, float]] = field(default_factory=dict)

    @property
    def here(self) -> list[Network]:
        """The networks that the host is on."""
        return [one for one in self.networks if self.view.host.name in one.links]

    @property
    def height(self) -> float:
        """px."""
        return self._head + sum(block.height + 6 for block in self._blocks()) + 6

    @property
    def wish(self) -> float:
        """The width that all of its text takes, in px."""
        host = self.view.host
        lines = [line for block in self._blocks() for line in block.lines]
        texts = max((width(line.text, line.size) for line in lines), default=0.0)
        head = max(width(host.name, 14), width(self._second, 11), width(self._roles, 11))
        return min(WIDE, max(NARROW, texts + self._indent + 24, head + 24))

    @property
    def _second(self) -> str:
        host = self.view.host
        return " · ".join(
            filter(None, (host.address, f"Docker {host.engine}" if host.engine else ""))
        )

    @property
    def _roles(self) -> str:
        host = self.view.host
        return ", ".join(filter(None, (*host.roles, host.status.value)))

    @property
    def _head(self) -> float:
        return _HEAD + (_ROW if self._roles else 0)

    @property
    def _indent(self) -> float:
        return _LEFT + len(self.here) * _LANE

    def draw(
        self, drawing: Drawing, x: float, y: float, w: float, buses: Mapping[str, float]
    ) -> None:
        """Draw it with its upper left corner at x, y. ``buses``: network -> y of its line below."""
        host, itself = self.view.host, End(self.view.host.name)
        red = itself in self.broken
        dashed = host.status is not Status.THERE
        drawing.box(x, y, w, self.height, fill=PANEL, stroke=RED if red else "#8c959f",
                    thick=2 if red else 1, dashed=dashed, radius=8)  # fmt: skip
        drawing.text(x + 12, y + 21, host.name, size=14, bold=True, room=w - 24)
        drawing.text(x + 12, y + 38, self._second, size=11, fill=DIM, mono=True, room=w - 24)
        if self._roles:
            drawing.text(x + 12, y + 38 + _ROW, self._roles, size=11, fill=INK, room=w - 24)
        self.anchors[itself] = (x, x + w, y + 17)
        self.lanes = {one.name: x + _LEFT + i * _LANE for i, one in enumerate(self.here)}
        dots: list[tuple[str, float, bool]] = []
        at = y + self._head
        for block in self._blocks():
            dots += self._block(drawing, block, x, at, w)
            at += block.height + 6
        for name, lane in self.lanes.items():
            ys = [dot for network, dot, _ in dots if network == name]
            drawing.line([(lane, min(ys, default=at)), (lane, buses[name])], self.colours[name])
        for name, dot, square in dots:
            if square:
                drawing.box(self.lanes[name] - 4, dot - 4, 8, 8, fill=PAPER,
                            stroke=self.colours[name], thick=2, radius=1)  # fmt: skip
            else:
                drawing.dot(self.lanes[name], dot, 4.5, self.colours[name])

    def _block(
        self, drawing: Drawing, block: _Block, x: float, y: float, w: float
    ) -> list[tuple[str, float, bool]]:
        left, room = x + self._indent, w - self._indent - 10
        red = block.end in self.broken
        if block.framed:
            drawing.box(left, y, room, block.height, stroke=RED if red else "#d0d7de", radius=4,
                        fill=PALE_RED if red else PAPER, dashed=block.dashed,
                        thick=2 if red else 1)  # fmt: skip
        if block.end is not None:
            self.anchors[block.end] = (x, x + w - 10, y + block.height / 2)
        dots = []
        for number, line in enumerate(block.lines):
            base = y + (4 if block.framed else 0) + number * _ROW + 12
            drawing.text(left + 8, base, clipped(line.text, room - 12, line.size), size=line.size,
                         fill=line.colour, bold=line.bold, mono=line.mono)  # fmt: skip
            if line.lane in self.lanes:
                dots.append((str(line.lane), base - 4, line.square))
        return dots

    def _blocks(self) -> list[_Block]:
        blocks = []
        for one in self.view.containers:
            lines = [_Line(one.name, size=12, colour=INK, bold=True)]
            lines += [
                _Line(f"{address or 'address not known yet'} · {network}", network)
                for network, address in one.addresses.items()
            ] or [_Line(f"network {one.mode}")]
            lines += [_Line(f"published {port}") for port in one.ports]
            changed = one.status is not Status.THERE
            lines += [_Line(one.status.value, mono=False)] if changed else []
            blocks.append(_Block(tuple(lines), End(one.host, one.name), changed))
        if self.view.hidden:
            more = "more " if self.view.containers else ""
            title = f"{self.view.hidden} {more}container{'s' if self.view.hidden > 1 else ''}"
            on = [_Line(f"{count} on {name}", name) for name, count in self.view.more.items()]
            blocks.append(_Block((_Line(title, colour=INK, mono=False, size=12), *on[:8])))
        if not blocks:
            blocks.append(_Block((_Line("no containers", mono=False),), framed=False))
        feet: list[_Line] = []
        for network in self.here:
            link = network.links[self.view.host.name]
            feet.append(_Line(link.nic or network.name, network.name, square=True))
            feet += [_Line(f"slice {link.block}")] if link.block else []
        return [*blocks, *([_Block(tuple(feet), framed=False)] if feet else [])]
