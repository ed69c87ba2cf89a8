"""Runs on the controller, before anything else of a host is undone: the scripts that undo it are there.

    python3 -m components.restore_scripts

Somebody may have removed or changed what a stack keeps on a host, and an undo runs what is there.
Stdin as components/remote.py has it. Prints a sentence where something was not as it was left.
Standard library only.
"""

from __future__ import annotations

import sys

from components.remote import HostError, Request, program, run
from components.scripts import installer

_SENTENCES = {
    "intact": "",
    "changed": "the scripts in {scripts} were not those of this version: they are installed anew",
    "lost": "{folder} was gone: what was there before the first up is known from Pulumi's state alone. "
    "Keys of daemon.json get back the values that they had then, but not the file its bytes; images "
    "that an up pulled stay; a stack that shares this host has to run `pulumi up`",
}


def restore(request: Request, config: str) -> str:
    """Have the scripts on the host; a sentence for people, "" where they were there."""
    header = f"planned=restored host={request.name}\n"
    command = f"sh -s restore {request.stack}"
    state = run(config, request.host, command, header + installer()).strip()
    if state not in _SENTENCES:
        raise HostError("it answers with something else than it was asked for")
    folder = request.scripts.rpartition("/")[0]
    return _SENTENCES[state].format(scripts=request.scripts, folder=folder)


if __name__ == "__main__":
    sys.exit(
        program(
            "restore_scripts", "the scripts that undo what is there cannot be put there", restore
        )
    )
