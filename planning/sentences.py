"""Parts of sentences for people."""

from __future__ import annotations

from collections.abc import Sequence


def listed(words: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"; "" for none."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def whose(stack: str) -> str:
    """Who made a container or network, by its label crosshost.stack; "" for one that we did not make."""
    return f"of stack {stack}" if stack else "which crosshost did not make"
