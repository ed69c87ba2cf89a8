"""Units of the stack that keep what it made across boots, and that somebody has removed or disabled."""

from __future__ import annotations

from planning.facts import HostFacts
from planning.facts.units import KEPT


def sentences(name: str, facts: HostFacts) -> list[str]:
    """A sentence where a boot would lose something of the stack's on the host."""
    lost = [words for kind, words in KEPT.items() if kind in facts.unkept]
    if not lost:
        return []
    return [
        f"{name}: the systemd units that bring {' and '.join(lost)} back after a boot are gone or disabled: "
        "up writes them again"
    ]
