"""Files with the events of Pulumi's engine."""

from __future__ import annotations

import sys
from pathlib import Path

from crosshost.writing import stop
from planning.engine_events import EventsError

_MOST_BYTES = 256 << 20


def events_text(file: Path) -> str:
    """What the file holds, - is stdin. Ends the command where it cannot be read.

    Errors: EventsError where it is larger than any engine's events.
    """
    try:
        if str(file) == "-":
            raw = sys.stdin.buffer.read(_MOST_BYTES + 1)
        else:
            with file.open("rb") as opened:
                raw = opened.read(_MOST_BYTES + 1)
    except OSError as error:
        stop(f"{file} cannot be read: {error.strerror}")
    if len(raw) > _MOST_BYTES:
        raise EventsError(f"the events are larger than {_MOST_BYTES >> 20} MiB")
    return raw.decode(errors="replace")
