"""Runs on the controller: a host gets the scripts that change it.

    python3 -m components.install_scripts

Stdin as components/remote.py has it; its header is the record that the host keeps of them
(planning/records.py). Standard library only.
"""

from __future__ import annotations

import re
import sys

from components.remote import HostError, Request, program, run
from components.scripts import installer

_PLANNED = re.compile(r"[0-9TZ:-]{1,40}")


def install(request: Request, config: str) -> str:
    """Have the scripts on the host; HostError where that fails."""
    planned = request.fields.get("planned", "")
    if not _PLANNED.fullmatch(planned):
        raise HostError("this is no request")
    header = f"planned={planned} host={request.name}\n"
    run(config, request.host, f"sh -s install {request.stack}", header + installer())
    return ""


if __name__ == "__main__":
    sys.exit(program("install_scripts", "the scripts that change it cannot be put there", install))
