"""What a page of docs/ has its reader type and edit, taken out of the page itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block. ``language``: sh (typed), diff (an edit of the stack file), text (then printed), yaml."""

    language: str
    text: str


def blocks(page: Path, heading: str | None = None) -> list[Block]:
    """The fenced blocks below a heading, those before the first one without it; in order."""
    parts = re.split(r"^## (.*)\n", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    sections = {None: parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}
    return [Block(*found) for found in _FENCED.findall(sections[heading])]


def headings(page: Path) -> list[str]:
    """The page's headings of second rank that have something to type."""
    found = re.findall(r"^## (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return [heading for heading in found if any(b.language == "sh" for b in blocks(page, heading))]


def edited(text: str, diff: str) -> str:
    """A text after an edit: lines with "-" go, those with "+" come, others are there once, in this order."""
    lines = diff.splitlines()
    before = "".join(f"{line[1:]}\n" for line in lines if line[0] != "+")
    after = "".join(f"{line[1:]}\n" for line in lines if line[0] != "-")
    assert text.count(before) == 1, f"not there once:\n{before}in:\n{text}"
    return text.replace(before, after)
