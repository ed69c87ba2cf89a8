"""Where crosshost keeps its own things on a host (components/scripts/common.sh)."""

from __future__ import annotations

STATE = "/var/lib/crosshost"


def of_stack(stack: str) -> str:
    """The folder of what one stack keeps on a host."""
    return f"{STATE}/{stack}"


def scripts(stack: str) -> str:
    """The folder of the scripts that change a host for a stack, and undo it."""
    return f"{of_stack(stack)}/scripts"
