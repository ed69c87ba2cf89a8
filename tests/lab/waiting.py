"""Waiting for what comes about by itself."""

from __future__ import annotations

import time
from collections.abc import Callable

# On a host: until a change of daemon.json begins there; sets $pid, its script's.
FOR_DAEMON_CHANGE = """
tries=3000
until pid=$(pgrep -o -f '^sh .*/daemon.sh apply'); do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || exit 1
    sleep 0.01
done
"""


def wait(condition: Callable[[], object], seconds: float) -> None:
    """Until the condition holds; an AssertionError if it does not within ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.3)
