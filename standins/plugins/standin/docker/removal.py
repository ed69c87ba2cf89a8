"""Removing what a container may still use, as the official plugin waits for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from .failures import Failed
from .transport import wait_until

_REMOVAL: Final = 4.0


def remove_when_free(removed: Callable[[], bool], last_state: str) -> None:
    """Call `removed` until it says True; after a few seconds Failed, in the recorded words.

    The official plugin waits 30 s; `last_state` is what it then calls the object's state.
    """
    if removed():
        return
    for _ in wait_until(_REMOVAL):
        if removed():
            return
    raise Failed(
        "timeout while waiting for state to become 'removed' "
        f"(last state: '{last_state}', timeout: 30s)"
    )
