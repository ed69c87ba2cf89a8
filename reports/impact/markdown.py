"""An impact as Markdown for a comment on a pull request, of at most 60,000 characters.

GitHub takes 65,536. Any name or sentence goes in so that nothing of it is markup, a mention or a
picture.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from planning.answers import printable
from reports.impact.expected import Expected
from reports.impact.model import Effect, Gate, Impact, Weight
from reports.impact.verdict import verdict

MOST_CHARACTERS = 60_000
# What the parts before the diff may take: with their titles they leave something to it.
_HOSTS, _REACH, _SAID, _PICTURE = 16_000, 5_000, 2_500, 12_000
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|!~$&^])")
_MARK = "⚠ "
_CUT = "the rest is cut: `python -m crosshost impact --format json` has all of it"


def text(impact: Impact, expected: Expected, picture: str = "", notes: Sequence[str] = ()) -> str:
    """The comment. ``picture``: Mermaid of the changed part; ``notes``: what the reader must know."""
    title = f"**{plain(impact.stack)}**: {plain(verdict(impact), 1500)}"
    quiet = not (impact.changes or impact.errors or impact.stops or impact.unseen)
    if quiet:
        return f"{title}\n"
    parts = [
        title,
        *(plain(note) for note in (*notes, *_not_understood(expected))),
        _list("There is no whole preview", map(plain, impact.errors), _SAID),
        _list("Up would stop", map(plain, impact.stops), _SAID),
        _hosts(impact, expected),
        _list("Becomes reachable", map(plain, impact.gained), _REACH),
        _list("No longer reachable", map(plain, impact.lost), _REACH),
        _list("Could not be looked at", (_unseen(host, expected) for host in impact.unseen), _SAID),
        _list("The program also says", map(plain, impact.said if impact.changes else ()), _SAID),
        _drawn(picture),
    ]
    whole = "\n\n".join(part for part in parts if part) + "\n"
    return whole + _folded(impact.diff, MOST_CHARACTERS - len(whole))


def plain(value: str, most: int = 600) -> str:
    """A text on one line in which nothing is markup, nor calls anybody."""
    escaped = _MARKUP.sub(r"\\\1", printable(" ".join(value.split()), most))
    return escaped.replace("@", "@\u200b")


def _hosts(impact: Impact, expected: Expected) -> str:
    """What happens on each host; those with the heaviest effects first, as the effects are sorted."""
    of: dict[str, list[Effect]] = {}
    for effect in impact.effects:
        of.setdefault(effect.host, []).append(effect)
    lines, marked = [], False
    for host, effects in of.items():
        loud = [effect for effect in effects if effect.weight > Weight.QUIET]
        if not host and not loud:
            continue
        lines.append(f"- **{plain(host or 'all hosts')}**")
        for effect in loud:
            undeclared = not expected.covers(effect)
            marked = marked or undeclared
            lines.append(f"  - {_MARK if undeclared else ''}{plain(effect.sentence)}")
        if quiet := len(effects) - len(loud):
            lines.append(f"  - {quiet} of crosshost's own scripts and records; nothing that runs")
    if marked:
        lines.append(f"\n{_MARK}not declared: a line such as `{_example(impact, expected)}` in the pull "
                     "request's text says that it is meant.")  # fmt: skip
    return _list("What happens", lines, _HOSTS, bullet="")


def _example(impact: Impact, expected: Expected) -> str:
    for effect in impact.effects:
        if effect.gate and effect.names and not expected.covers(effect):
            return f"Expected: {effect.gate.value} {_word(effect.names[0])}"
    return f"Expected: {Gate.RESTART.value} HOST"


def _word(name: str) -> str:
    return re.sub(r"[^\w.:/-]", "", name)


def _unseen(host: str, expected: Expected) -> str:
    return ("" if expected.sees(host) else _MARK) + plain(host)


def _not_understood(expected: Expected) -> list[str]:
    gates = ", ".join(gate.value for gate in Gate)
    return [
        f"`Expected:` is followed by one of {gates} and names; this is not: {part[:100]}"
        for part in expected.odd[:3]
    ]


def _list(title: str, lines: Iterable[str], most: int, bullet: str = "- ") -> str:
    """A titled list; empty without lines. Cut where it is longer than ``most`` characters."""
    shown: list[str] = []
    length = 0
    every = [f"{bullet}{line}" for line in lines]
    for line in every:
        length += len(line) + 1
        if length > most:
            shown.append(f"\n{len(every) - len(shown)} more lines; {_CUT}")
            break
        shown.append(line)
    return "\n".join([f"#### {title}", "", *shown]) if every else ""


def _drawn(picture: str) -> str:
    if len(picture) > _PICTURE:
        return "The picture of the changed part is too large for a comment: `python -m crosshost topology`"
    return _block("mermaid", picture) if picture else ""


def _block(language: str, content: str) -> str:
    runs = [len(run) for run in re.findall(r"`{3,}", content)]
    fence = "`" * (max([2, *runs]) + 1)
    return f"{fence}{language}\n{content.rstrip()}\n{fence}"


def _folded(diff: str, room: int) -> str:
    """The diff, folded, in ``room`` characters."""
    if not diff:
        return ""
    left = room - 400
    if len(diff) > left:
        diff = f"{diff[: max(0, left)].rpartition(chr(10))[0]}\n{_CUT.replace('`', '')}"
    return f"\n<details><summary>The full diff</summary>\n\n{_block('diff', diff)}\n\n</details>\n"
