"""Sentences on networks that carry nothing between hosts for a moment: for the program, and for its readers."""

from __future__ import annotations

_END = "its containers go on running, and reach other hosts again when all"


def interrupted(host: str, what: str, until: str) -> str:
    """The sentence. ``what``: what happens there; ``until``: what all hosts then have done."""
    return f"{host}: {what}: {_END} {until}"


def is_interrupted(sentence: str) -> bool:
    """Whether a sentence says so."""
    return _END in sentence
