"""/etc/docker/daemon.json, and what crosshost keeps of it."""

from __future__ import annotations

from typing import Self

from planning.facts.base import Topic
from planning.facts.printed import Printed, file_hash


class DaemonJsonTopic(Topic):
    """/etc/docker/daemon.json, and what crosshost keeps of it."""

    daemon_json: str | None = None
    """The file's text, None where there is none."""
    daemon_json_hash: str = "absent"
    """The file's sha256 in hex, "absent" where there is none."""
    daemon_json_original: str | None = None
    """The file without what stacks set in it, "" where there was none; None where nothing is kept."""
    daemon_json_written: str | None = None
    """The sha256 of the file as a stack wrote it last; None where none did."""
    daemon_interrupted: bool = False
    """Whether a restart of ours was cut off with live-restore on for it."""

    @classmethod
    def read(cls, printed: Printed) -> Self:
        written = printed.one("daemon_json_written")
        return cls(
            daemon_json=printed.text("daemon_json"),
            daemon_json_hash=file_hash(printed.one("daemon_json_hash")),
            daemon_json_original=printed.text("daemon_json_original"),
            daemon_json_written=written and file_hash(written),
            daemon_interrupted=printed.one("daemon_interrupted") == "1",
        )
