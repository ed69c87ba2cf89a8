"""Short lines on stderr about what the lab does and how long it takes."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_QUIET_SECONDS = 20.0


def say(message: str) -> None:
    """Print one line about what happens."""
    print(f"crosshost: {message}", file=sys.stderr, flush=True)


@contextmanager
def step(title: str, expect: str = "") -> Iterator[None]:
    """Show that something long runs: live on a terminal, else a line now and then.

    `expect` tells beforehand how long it may take, such as "about 6 minutes".
    """
    began = time.monotonic()
    text = f"{title} ({expect})" if expect else title
    if sys.stderr.isatty():
        from rich.console import Console

        with Console(stderr=True).status(f"[bold]{text}", spinner="dots"):
            yield
    else:
        say(f"{text} ...")
        done = threading.Event()
        thread = threading.Thread(target=_beat, args=(title, began, done), daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
    say(f"{title}: done in {time.monotonic() - began:.1f} s")


def _beat(title: str, began: float, done: threading.Event) -> None:
    while not done.wait(_QUIET_SECONDS):
        say(f"{title}: {time.monotonic() - began:.0f} s so far")
