"""Downloads that are given up in seconds where they cannot work."""

from __future__ import annotations

import queue
import shutil
import threading
import urllib.request
from http.client import HTTPException, HTTPResponse
from pathlib import Path

_FIRST_ANSWER_SECONDS = 4.0


def _open(url: str, method: str) -> HTTPResponse | None:
    """The server's answer, None where none came within 4 s (looking its name up included)."""
    answers: queue.Queue[HTTPResponse | None] = queue.Queue()

    def ask() -> None:
        request = urllib.request.Request(url, method=method)  # noqa: S310
        try:
            answers.put(urllib.request.urlopen(request, timeout=_FIRST_ANSWER_SECONDS))  # noqa: S310
        except (OSError, HTTPException):
            answers.put(None)

    threading.Thread(target=ask, daemon=True).start()
    try:
        return answers.get(timeout=_FIRST_ANSWER_SECONDS)
    except queue.Empty:
        return None


def reachable(url: str) -> bool:
    """Whether a download of `url` would begin."""
    answer = _open(url, "HEAD")
    if answer is None:
        return False
    answer.close()
    return True


def fetch(url: str, file: Path) -> bool:
    """Write what is at `url` into `file`; False, without a word, where that does not work.

    A download that stalls for 4 s has failed.
    """
    answer = _open(url, "GET")
    if answer is None:
        return False
    try:
        with answer, file.open("wb") as out:
            shutil.copyfileobj(answer, out, 1 << 20)
    except (OSError, HTTPException):
        return False
    return True
