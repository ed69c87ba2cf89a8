"""SVG by hand: boxes, lines and text that fits into them. Lengths are px, text comes in as it is."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from html import escape

from planning.answers import printable

INK, DIM, LINE, PAPER, PANEL = "#1f2328", "#57606a", "#d0d7de", "#ffffff", "#f6f8fa"
RED, PALE_RED = "#cf222e", "#ffebe9"
# For networks; none of them could be taken for red.
COLOURS = ("#0969da", "#1a7f37", "#8250df", "#9a6700", "#0b7285", "#5a32a3", "#57606a", "#116329")
SANS = "Helvetica,Arial,'DejaVu Sans',sans-serif"
MONO = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"
# Of the font's size, for a letter: the widest that text gets in the fonts above.
_ADVANCE, _ADVANCE_OF_SENTENCES = 0.61, 0.56

Point = tuple[float, float]


def width(text: str, size: float, advance: float = _ADVANCE) -> float:
    """How wide a text is at most."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return (len(text) + wide) * size * advance


def clipped(text: str, room: float, size: float) -> str:
    """A text made printable, and cut where it is wider than the room that it has."""
    text = printable(text)
    if width(text, size) <= room:
        return text
    while text and width(text + "…", size) > room:
        text = text[:-1]
    return text + "…"


def wrapped(text: str, room: float, size: float, most: int = 4) -> list[str]:
    """A text made printable, on ``most`` lines at most."""
    lines = [""]
    for word in printable(text).split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if lines[-1] and width(longer, size, _ADVANCE_OF_SENTENCES) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    kept = lines[:most]
    if len(lines) > most:
        kept[-1] += " …"
    return [clipped(line, room * _ADVANCE / _ADVANCE_OF_SENTENCES, size) for line in kept]


class Drawing:
    """Elements in the order in which they lie on each other."""

    def __init__(self) -> None:
        self._elements: list[str] = []

    def box(
        self, x: float, y: float, w: float, h: float, *, fill: str = PAPER, stroke: str = LINE,
        radius: float = 6, thick: float = 1, dashed: bool = False,
    ) -> None:  # fmt: skip
        """A rectangle with round corners."""
        self._add(
            f'<rect x="{n(x)}" y="{n(y)}" width="{n(w)}" height="{n(h)}" rx="{n(radius)}" '
            f'fill="{fill}" stroke="{stroke}" stroke-width="{n(thick)}"{_dashes(dashed)}/>'
        )

    def text(
        self, x: float, y: float, text: str, *, size: float = 12, fill: str = INK,
        mono: bool = False, bold: bool = False, anchor: str = "start", room: float | None = None,
    ) -> None:  # fmt: skip
        """Text on the line ``y``; cut where it is wider than ``room``."""
        said = printable(text) if room is None else clipped(text, room, size)
        family = ' class="m"' if mono else ""
        weight = ' font-weight="600"' if bold else ""
        at = "" if anchor == "start" else f' text-anchor="{anchor}"'
        self._add(
            f'<text x="{n(x)}" y="{n(y)}"{family} font-size="{n(size)}" fill="{fill}"'
            f"{weight}{at}>{escape(said)}</text>"
        )

    def line(
        self, points: Sequence[Point], colour: str, *, thick: float = 2, dashed: bool = False,
        start: bool = False, end: bool = False, halo: bool = False,
    ) -> None:  # fmt: skip
        """Straight pieces with round corners; ``start``, ``end``: an arrow's head there."""
        d = _rounded(points)
        if halo:
            self._add(f'<path d="{d}" fill="none" stroke="{PAPER}" stroke-width="{n(thick + 4)}"/>')
        self._add(
            f'<path d="{d}" fill="none" stroke="{colour}" stroke-width="{n(thick)}"{_dashes(dashed)}/>'
        )
        if end:
            self._head(points[-2], points[-1], colour, thick)
        if start:
            self._head(points[1], points[0], colour, thick)

    def dot(self, x: float, y: float, radius: float, fill: str, stroke: str = PAPER) -> None:
        """A filled circle."""
        self._add(
            f'<circle cx="{n(x)}" cy="{n(y)}" r="{n(radius)}" fill="{fill}" stroke="{stroke}" '
            'stroke-width="1.5"/>'
        )

    def number(self, x: float, y: float, text: str, fill: str = RED) -> None:
        """A filled circle with a short text in it."""
        self.dot(x, y, 9, fill)
        self.text(x, y + 3.5, text, size=10, fill=PAPER, bold=True, anchor="middle")

    def svg(self, w: float, h: float, title: str, description: str) -> str:
        """The document."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{n(w)}" height="{n(h)}" '
            f'viewBox="0 0 {n(w)} {n(h)}" role="img" font-family="{SANS}">\n'
            f"<title>{escape(printable(title))}</title>\n"
            f"<desc>{escape(printable(description))}</desc>\n"
            f"<style>.m{{font-family:{MONO}}}</style>\n"
            f'<rect width="100%" height="100%" fill="{PAPER}"/>\n'
            + "".join(self._elements)
            + "</svg>\n"
        )

    def _head(self, tail: Point, tip: Point, colour: str, thick: float) -> None:
        (x0, y0), (x, y) = tail, tip
        length, size = max(abs(x - x0), abs(y - y0)) or 1, 5 + 1.5 * thick
        dx, dy = (x - x0) / length * size, (y - y0) / length * size
        left, right = (x - dx - dy / 2, y - dy + dx / 2), (x - dx + dy / 2, y - dy - dx / 2)
        points = " ".join(f"{n(a)},{n(b)}" for a, b in ((x, y), left, right))
        self._add(f'<polygon points="{points}" fill="{colour}"/>')

    def _add(self, element: str) -> None:
        self._elements.append(f"{element}\n")


def n(number: float) -> str:
    """A number as SVG has it, in as few letters as it takes."""
    return f"{round(number, 1):g}" if abs(number) < 1e5 else str(round(number))


def _dashes(dashed: bool) -> str:
    return ' stroke-dasharray="5 4"' if dashed else ""


def _rounded(points: Sequence[Point], radius: float = 6) -> str:
    parts = [f"M{n(points[0][0])} {n(points[0][1])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        start, end = _towards(corner, before, radius), _towards(corner, after, radius)
        parts.append(
            f"L{n(start[0])} {n(start[1])}Q{n(corner[0])} {n(corner[1])} {n(end[0])} {n(end[1])}"
        )
    parts.append(f"L{n(points[-1][0])} {n(points[-1][1])}")
    return "".join(parts)


def _towards(corner: Point, other: Point, radius: float) -> Point:
    (x, y), (to_x, to_y) = corner, other
    far = ((to_x - x) ** 2 + (to_y - y) ** 2) ** 0.5
    part = min(radius, far / 2) / far if far else 0
    return x + (to_x - x) * part, y + (to_y - y) * part
