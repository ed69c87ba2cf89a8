"""docs/runs/status.svg: `status` of a stack that `make demo` has up, as a terminal shows it.

Run `make demo`, then `lab/run lab/python -m lab.picture`.
"""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

from rich.console import Console

from crosshost import state as states
from crosshost.look.reachability import find_request
from crosshost.look.status import seen
from crosshost.topology import outputs
from reports import status
from stacks import files

_WIDTH = 96


def main(stack: str = "lab-overlay") -> None:
    """Look at the stack's hosts and write the picture."""
    console = Console(record=True, width=_WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(f"[bold]$ python -m crosshost status -s {stack}[/]")
    state = states.export(stack)
    found = seen(stack, files.read(stack), outputs(state), find_request(state))
    console.print(status.shown(found))
    svg = console.export_svg(title="crosshost")
    # No font is fetched from anywhere: the reader's own monospace will do.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    Path("docs/runs/status.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
