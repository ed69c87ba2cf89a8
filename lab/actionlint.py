"""actionlint, which checks the GitHub workflows; built from its published Go module. Run by `make lint`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from lab import cache, go
from lab.errors import LabError
from lab.progress import say, step

_MODULE = Path(__file__).with_name("actionlint")
_PACKAGE = "github.com/rhysd/actionlint/cmd/actionlint"


def binary() -> Path:
    """The program; built (about half a minute) where it is missing. Errors: LabError."""

    def build(folder: Path) -> None:
        with (
            step("building actionlint", "about half a minute, once"),
            go.toolchain(folder) as built,
        ):
            built.build(_MODULE, _PACKAGE, folder / "actionlint", "-ldflags", "-s -w")

    return cache.entry("actionlint", go.digest(_MODULE, "actionlint 1"), build) / "actionlint"


def main() -> int:
    """actionlint's exit code on the workflows of the folder that this runs in."""
    try:
        found = binary()
    except LabError as error:
        say(str(error))
        return 1
    return subprocess.run([str(found), *sys.argv[1:]], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
