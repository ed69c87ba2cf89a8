"""Runs on the controller: a host gets the scripts that change it.

    python3 -m components.install_scripts

Stdin as components/remote.py has it; its header is the record that the host keeps of them
(planning/records.py). Standard library only.
"""

from __future__ import annotations

import re
import sys

from components.remote import HostError, Request, run, ssh_config
from components.scripts import installer

_PLANNED = re.compile(r"[0-9TZ:-]{1,40}")


def install(request: Request, config: str) -> None:
    """Have the scripts on the host; HostError where that fails."""
    planned = request.fields.get("planned", "")
    if not _PLANNED.fullmatch(planned):
        raise HostError("this is no request")
    header = f"planned={planned} host={request.name}\n"
    run(config, request.host, f"sh -s install {request.stack}", header + installer())


def main() -> int:
    """The exit code is 1 where the host does not take them."""
    name = "install_scripts"
    try:
        request = Request.read(sys.stdin.read())
        name = request.name
        with ssh_config(request.config, {request.name: request.ssh_settings}) as config:
            install(request, config)
    except HostError as error:
        print(f"{name}: the scripts that change it cannot be put there: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
