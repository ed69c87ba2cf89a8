"""What goes wrong in the lab, as one sentence with what to do."""

from __future__ import annotations

import shlex
from collections.abc import Sequence


class LabError(Exception):
    """Something the person at the keyboard can act on; `str()` is the whole message."""


class CommandFailed(LabError):
    """A command ended with another exit code than 0.

    `code` is the exit code, `output` what it wrote to stdout and stderr.
    """

    def __init__(self, argv: Sequence[str], code: int, output: str) -> None:
        self.argv = list(argv)
        self.code = code
        self.output = output
        tail = "\n".join(output.strip().splitlines()[-20:])
        super().__init__(f"`{shlex.join(argv)}` ended with exit code {code}\n{tail}".rstrip())
