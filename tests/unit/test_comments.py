"""What comments and docstrings name in backticks as a constant is there."""

from __future__ import annotations

import io
import re
import tokenize

from tests.unit.fleet import ROOT

FOLDERS = ("components", "crosshost", "planning", "stacks", "reports", "lab", "tests")


def split(source: str) -> tuple[str, set[str]]:
    """A module's comments and docstrings, and the names of the rest."""
    said, used = [], set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT or token.string.startswith(('"""', 'r"""')):
            said.append(token.string)
        else:
            used |= set(re.findall(r"\w+", token.string))
    return "\n".join(said), used


def test_no_comment_names_a_constant_that_does_not_exist():
    sources = [f for folder in FOLDERS for f in (ROOT / folder).rglob("*.py")]
    modules = {file: split(file.read_text()) for file in sources}
    names = set().union(*(used for _, used in modules.values()))
    for script in ROOT.rglob("components/scripts/*.sh"):
        names |= set(re.findall(r"\w+", script.read_text()))
    missing = [
        f"{file.relative_to(ROOT)}: {name}"
        for file, (said, _) in modules.items()
        for name in re.findall(r"`([A-Z][A-Z_]{3,})`", said)
        if name not in names
    ]
    assert missing == []
