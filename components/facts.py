"""Reads the facts of all hosts, in parallel, at every preview and up."""

from __future__ import annotations

import shlex
from base64 import b64decode
from pathlib import Path

import pulumi_command as command

from components.ssh import SshAccess
from planning.facts import HostFacts, Unreachable, parse

READER = Path(__file__).parent / "scripts" / "read-facts.sh"


def read_facts(access: SshAccess) -> dict[str, HostFacts | Unreachable]:
    """The facts of every host of ``access``; a host that cannot be read is an Unreachable.

    One local run for all hosts; one SSH session a host.
    """
    access.write()
    result = command.local.run(
        command=f"exec sh {shlex.quote(str(READER))}",
        stdin=request(access),
        logging=command.local.Logging.NONE,
    )
    return answers(result.stdout or "")


def request(access: SshAccess) -> str:
    """What READER reads on stdin."""
    lines = [access.config_file, access.stack]
    lines += [f"{e.name} sudo" if e.sudo else e.name for e in access.endpoints.values()]
    return "\n".join(lines) + "\n"


def answers(printed: str) -> dict[str, HostFacts | Unreachable]:
    """Host -> facts, from what READER printed."""
    rows = [row.split(" ") for row in printed.splitlines()]
    return {
        name: _facts(int(status), (int(before), int(after)), _text(out), _text(err))
        for _, name, status, before, after, out, err in rows
    }


def _text(value: str) -> str:
    return "" if value == "-" else b64decode(value).decode(errors="replace")


def _facts(status: int, asked: tuple[int, int], out: str, err: str) -> HostFacts | Unreachable:
    if status != 0:
        return Unreachable(reason=err.strip() or f"ssh ended with status {status}")
    try:
        return parse(out, asked)
    except (ValueError, KeyError) as error:
        return Unreachable(reason=f"its facts cannot be read: {error}")
