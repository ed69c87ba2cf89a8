"""What commands show at a terminal while they wait."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

from tests.unit.fleet import ROOT

CODE = """
import sys, time
from crosshost.writing import progress
with progress("asking 2 hosts"):
    time.sleep(0.5)
print("found")
"""


def test_it_is_shown_at_a_terminal_and_what_is_printed_stays_what_it_is():
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-c", CODE], stdout=subprocess.PIPE, stderr=theirs, cwd=ROOT, check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"}, timeout=30,
    )  # fmt: skip
    os.close(theirs)
    shown = os.read(ours, 65536).decode()
    os.close(ours)
    assert done.stdout == b"found\n"
    assert "asking 2 hosts ..." in shown
    assert shown.rstrip().endswith("\x1b[2K"), "the line was not taken away at the end"


def test_where_nobody_sees_it_nothing_is_said():
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, cwd=ROOT, check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=30,
    )  # fmt: skip
    assert done.stdout == b"found\n"
    assert done.stderr.strip() == b""
