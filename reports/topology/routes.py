"""The ways of broken paths in an SVG: out of a box into the gutter beside it, along the channel above
a row of boxes, and down the gutter beside the other box."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from reports.drawing import DIM, PALE_RED, RED, Drawing, Point, clipped, width
from reports.topology.cards import Card
from reports.topology.paths import BrokenPath, End

GUTTER = 56.0
_TRACK, _TRACKS = 6.0, 7


@dataclass(frozen=True)
class _Place:
    row: int
    column: int
    card: Card


class Routes:
    """Draws paths between boxes that stand in rows of ``columns``; each is numbered from 1."""

    def __init__(self, paths: Sequence[BrokenPath], cards: Sequence[Card], columns: int) -> None:
        self._places = {
            card.view.host.name: _Place(i // columns, i % columns, card)
            for i, card in enumerate(cards)
        }
        self._outside: dict[End, Point] = {}
        self._paths = [
            (number, path)
            for number, path in enumerate(paths, 1)
            if all(not end.host or end.host in self._places for end in path.ends)
        ]
        self._channels: dict[int, float] = {}
        self._used: Counter[object] = Counter()

    def outside(self, drawing: Drawing, x: float, y: float) -> float:
        """Draw what is not of the fleet above all rows; where its box ends."""
        ends = dict.fromkeys(end for _, p in self._paths for end in p.ends if not end.host)
        for end in ends:
            label = clipped(end.outside, 260, 12)
            w = width(label, 12) + 24
            drawing.box(x, y, w, 26, fill=PALE_RED, stroke=RED, dashed=True, radius=13)
            drawing.text(x + w / 2, y + 17, label, anchor="middle", fill=DIM)
            self._outside[end] = (x + w / 2, y + 26)
            x += w + 20
        return y + 34 if ends else y

    def channel(self, row: int, y: float) -> float:
        """The height of the channel above a row of boxes; ``y``: where it begins."""
        here = sum(self._channel_of(path) == row for _, path in self._paths)
        self._channels[row] = y + 12
        return 16 + _TRACK * min(here, 3 * _TRACKS) if here else 8

    def _channel_of(self, path: BrokenPath) -> int:
        return max((self._places[end.host].row for end in path.ends if end.host), default=0)

    def draw(self, drawing: Drawing) -> None:
        """Draw them all, once the boxes have been."""
        marks = []
        for number, path in self._paths:
            points = self._points(path)
            drawing.line(points, RED, thick=2, end=True, start=path.back, halo=True)
            # Numbers of neighbours would lie on each other in the middle.
            part = 0.2 + 0.6 * (number * 0.618 % 1) if len(self._paths) > 1 else 0.5
            (x0, y0), (x, y) = points[len(points) // 2 - 1], points[len(points) // 2]
            marks.append(((x0 + (x - x0) * part, y0 + (y - y0) * part), str(number)))
        for (x, y), said in marks:
            drawing.number(x, y, said)

    def _points(self, path: BrokenPath) -> list[Point]:
        """The corners of a path; the two in the middle are the ends of its longest piece."""
        source, target = path.ends
        if self._column(source) == self._column(target):
            return self._beside(source, target)
        row = self._channel_of(path)
        y = self._channels.get(row, 0) + self._track(("channel", row), 3 * _TRACKS)
        right = self._column(target) > self._column(source)
        start, start_x = self._side(source, right=right)
        end, end_x = self._side(target, right=not right)
        return [start, (start_x, start[1]), (start_x, y), (end_x, y), (end_x, end[1]), end]

    def _beside(self, source: End, target: End) -> list[Point]:
        """A path between boxes above each other, or within one: down the gutter on their right."""
        if not source.host:
            return [self._outside[source], self._outside[target]]
        start, x = self._side(source, right=True)
        end, _ = self._side(target, right=True)
        if source == target:
            end = (end[0], end[1] + 16)
        return [start, (x, start[1]), (x, end[1]), end]

    def _column(self, end: End) -> int:
        return self._places[end.host].column if end.host else -1

    def _side(self, end: End, *, right: bool) -> tuple[Point, float]:
        """Where a path leaves an end, and the x of the gutter that it takes."""
        if not end.host:
            x, y = self._outside[end]
            return (x, y), x
        place = self._places[end.host]
        left_x, right_x, y = place.card.anchors.get(end, place.card.anchors[End(end.host)])
        gutter = place.column + (1 if right else 0)
        shift = 8 + self._track(("gutter", gutter), _TRACKS)
        edge = place.card.anchors[End(end.host)][1]
        return ((right_x, y), edge + shift) if right else ((left_x, y), left_x - shift)

    def _track(self, where: object, tracks: int) -> float:
        self._used[where] += 1
        return (self._used[where] - 1) % tracks * _TRACK
