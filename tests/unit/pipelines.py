"""What tests of pipelines give their jobs: a pulumi that prints given events, and this Python."""

from __future__ import annotations

import sys
from pathlib import Path


class Tools:
    """Programs in a folder below ``folder``, for PATH."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "tools"
        self._events, self._code = folder / "given.json", folder / "code"
        self.path.mkdir()
        self._put(
            "pulumi",
            f'case $1 in\npreview | up) cat "{self._events}"; exit "$(cat "{self._code}")" ;;\n'
            """stack) echo '{"deployment": {}}' ;;\nesac""",
        )
        self._put("python", f'exec {sys.executable} "$@"')

    def give(self, events: str, code: int) -> None:
        """What the next preview or up prints, and ends with."""
        self._events.write_text(events)
        self._code.write_text(str(code))

    def _put(self, name: str, script: str) -> None:
        file = self.path / name
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)
