"""Programs on the controller that ask a host, with an ssh that keeps what it is told and answers as a test says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.unit.fleet import ROOT

_SSH = '#!/bin/sh\ncat >"$FOLDER/told"\nprintf "%s\\n" "$*" >"$FOLDER/asked"\neval "$ANSWER"\n'


def run_for_host(
    folder: Path, module: str, answer: str, request: str
) -> subprocess.CompletedProcess[str]:
    """Run a program. ``answer``: shell, as the host; what it was sent is then in ``told`` and ``asked``."""
    ssh = folder / "ssh"
    ssh.write_text(_SSH)
    ssh.chmod(0o755)
    return subprocess.run(
        [sys.executable, "-m", module], input=request, capture_output=True, text=True, check=False,
        cwd=ROOT,
        env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "FOLDER": str(folder),
             "ANSWER": answer},
    )  # fmt: skip
