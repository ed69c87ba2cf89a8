"""A fleet as an SVG: a box for each host, a line for each network that its hosts hang on.

Broken paths run in red between the boxes and are numbered; what is wrong stands below.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import islice

from reports.drawing import COLOURS, DIM, INK, LINE, PANEL, RED, Drawing, width, wrapped
from reports.topology.cards import Card
from reports.topology.model import Topology
from reports.topology.paths import End, Row
from reports.topology.routes import GUTTER, Routes
from reports.topology.view import HostView, Limits, View, view

LIMITS = Limits(hosts=20, containers=250, on_host=12, networks=24, paths=24)
_MARGIN, _BUS, _TILES = 24.0, 18.0, 240
_TILE_W, _TILE_H = 140.0, 40.0
_FEW = 20
_NO_PATHS = 24.0  # the gutter where there is none
# Up to so many hosts: so many in a row.
_COLUMNS = ((4, 4), (6, 3), (8, 4), (9, 3), (12, 4))


def text(fleet: Topology, rows: Sequence[Row], keep: Collection[str] = ()) -> str:
    """The picture. ``rows``: of a reachability check; ``keep``: names that stay, however many."""
    return _Picture(view(fleet, rows, LIMITS, keep)).text()


class _Picture:
    def __init__(self, shown: View) -> None:
        self._view = shown
        self._drawing = Drawing()
        self._colours = {
            one.name: COLOURS[i % len(COLOURS)] for i, one in enumerate(shown.networks)
        }
        ends = frozenset(end for path in shown.paths for end in path.ends)
        self._cards = [
            Card(one, shown.networks, self._colours, self._at_shown(ends, one))
            for one in shown.hosts
        ]
        count = len(self._cards)
        self._columns = next((columns for most, columns in _COLUMNS if count <= most), 5)
        self._columns = min(self._columns, max(count, 1))
        self._gutter = GUTTER if shown.paths else _NO_PATHS
        self._card_width = max((card.wish for card in self._cards), default=0.0)
        names = max((width(one.name, 11) for one in shown.networks), default=0.0)
        self._spine = min(150.0, names + 16) + len(shown.networks) * 5 if count else 0.0
        self._left = _MARGIN + self._spine + self._gutter
        across = self._left + self._columns * (self._card_width + self._gutter) + _MARGIN
        self._width = max(1210.0 if len(shown.rest) > _FEW else 720.0, across)
        self._y = _MARGIN

    @staticmethod
    def _at_shown(ends: frozenset[End], one: HostView) -> frozenset[End]:
        """The ends on a host as they are drawn: of a container that is only counted, the host."""
        seen = {container.name for container in one.containers}
        here = [end for end in ends if end.host == one.host.name]
        return frozenset(end if end.container in seen else End(end.host) for end in here)

    def text(self) -> str:
        shown = self._view
        title = f"{shown.stack}: {_count(len(shown.hosts) + len(shown.rest), 'host')}"
        self._drawing.text(_MARGIN, self._y + 14, title, size=18, bold=True, room=self._width - 48)
        self._y += 30
        self._legend()
        self._sentences(shown.notes, DIM)
        routes = Routes(shown.paths, self._cards, self._columns)
        self._y = routes.outside(self._drawing, self._left, self._y + 8)
        spines: dict[str, list[float]] = {}
        for number, row in enumerate(self._rows()):
            self._y += routes.channel(number, self._y)
            self._row(row, spines)
        for i, one in enumerate(shown.networks):
            ys = spines.get(one.name, [])
            if len(ys) > 1:
                x = self._spine_x(i)
                self._drawing.line([(x, ys[0]), (x, ys[-1])], self._colours[one.name], thick=3)
        self._rest(shown.rest)
        routes.draw(self._drawing)
        self._causes()
        description = "; ".join(str(path) for path in shown.paths) or "no broken path"
        return self._drawing.svg(self._width, self._y + _MARGIN, title, description)

    def _legend(self) -> None:
        for one in self._view.networks:
            colour = self._colours[one.name]
            self._drawing.line([(_MARGIN, self._y), (_MARGIN + 26, self._y)], colour, thick=3)
            words = " · ".join(filter(None, (one.name, one.strategy, one.subnet, one.status.value)))
            self._drawing.text(
                _MARGIN + 36, self._y + 4, words, mono=True, fill=INK, room=self._width - 90
            )
            self._y += 19
        self._y += 4

    def _rows(self) -> Iterator[list[Card]]:
        cards = iter(self._cards)
        while row := list(islice(cards, self._columns)):
            yield row

    def _row(self, row: Sequence[Card], spines: dict[str, list[float]]) -> None:
        here = [n for n in self._view.networks if any(n in card.here for card in row)]
        below = self._y + max(card.height for card in row) + 16
        buses = {one.name: below + i * _BUS for i, one in enumerate(here)}
        for number, card in enumerate(row):
            card.draw(self._drawing, self._x(number), self._y, self._card_width, buses)
        for one in here:
            y, index = buses[one.name], self._view.networks.index(one)
            spines.setdefault(one.name, []).append(y)
            end = max(card.lanes[one.name] for card in row if one in card.here)
            self._drawing.line(
                [(self._spine_x(index), y), (end, y)], self._colours[one.name], thick=3
            )
            self._drawing.text(
                _MARGIN + 5 * len(self._view.networks), y - 4, one.name, size=11, mono=True,
                fill=self._colours[one.name], room=self._spine,
            )  # fmt: skip
        for card in row:
            for one in card.here:
                self._drawing.dot(
                    card.lanes[one.name], buses[one.name], 4.5, self._colours[one.name]
                )
        self._y = below + len(here) * _BUS + 8

    def _x(self, column: int) -> float:
        return self._left + column * (self._card_width + self._gutter)

    def _spine_x(self, network: int) -> float:
        return _MARGIN + network * 5

    def _rest(self, rest: Sequence[HostView]) -> None:
        """Hosts of which there are many: a small box each, and a number where they are too many."""
        if not rest:
            return
        total = sum(one.hidden for one in rest)
        more = "more " if self._view.hosts else ""
        roles = Counter(role for one in rest for role in one.host.roles).most_common(6)
        title = f"{_count(len(rest), more + 'host')} with {_count(total, 'container')}"
        title += "".join(f"; {role}: {number}" for role, number in roles)
        self._y += 20
        self._drawing.text(
            _MARGIN, self._y, title, size=14, bold=True, room=self._width - 2 * _MARGIN
        )
        self._y += 12
        columns = int((self._width - 2 * _MARGIN + 8) // (_TILE_W + 8))
        ends = {end.host for path in self._view.paths for end in path.ends}
        for number, one in enumerate(rest[:_TILES]):
            x = _MARGIN + number % columns * (_TILE_W + 8)
            y = self._y + number // columns * (_TILE_H + 8)
            self._tile(one, x, y, red=one.host.name in ends)
        self._y += -(-min(len(rest), _TILES) // columns) * (_TILE_H + 8)
        if len(rest) > _TILES:
            self._y += 14
            self._drawing.text(
                _MARGIN, self._y, f"and {_count(len(rest) - _TILES, 'more host')}", fill=DIM
            )

    def _tile(self, one: HostView, x: float, y: float, *, red: bool) -> None:
        self._drawing.box(x, y, _TILE_W, _TILE_H, fill=PANEL, radius=5, stroke=RED if red else LINE,
                          thick=2 if red else 1)  # fmt: skip
        self._drawing.text(x + 8, y + 16, one.host.name, size=11, bold=True, room=_TILE_W - 16)
        words = _count(one.hidden, "container")
        here = [n for n in self._view.networks if one.host.name in n.links][:4]
        room = _TILE_W - 16 - 11 * len(here)
        self._drawing.text(x + 8, y + 31, words, size=10, fill=DIM, room=room)
        for i, network in enumerate(here):
            self._drawing.dot(x + _TILE_W - 12 - 11 * i, y + 27, 4.5, self._colours[network.name])

    def _sentences(self, sentences: Sequence[str], colour: str) -> None:
        for sentence in sentences:
            for line in wrapped(sentence, self._width - 2 * _MARGIN, 12):
                self._drawing.text(_MARGIN, self._y + 10, line, fill=colour)
                self._y += 17

    def _causes(self) -> None:
        if not self._view.paths:
            return
        self._y += 24
        self._drawing.text(_MARGIN, self._y, "Broken paths", size=14, bold=True, fill=RED)
        self._y += 22
        for number, path in enumerate(self._view.paths, 1):
            self._drawing.number(_MARGIN + 9, self._y - 4, str(number))
            for line in wrapped(str(path), self._width - 2 * _MARGIN - 30, 12):
                self._drawing.text(_MARGIN + 28, self._y, line)
                self._y += 17
            self._y += 5


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
