"""Reads the facts of all hosts, in parallel, at every preview and up."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from components import processes
from components.processes import Ended
from components.ssh import JUMP, Endpoint, SshAccess
from planning.answers import printable
from planning.facts import HostFacts, Unreachable, parse, script

SCRIPT = script()
# A little more than the script gives itself, which then says what it could not read.
SECONDS = 70
LIMIT = 16 << 20
_AT_ONCE = 64
_BEGIN = b"version 1\n"
_END = b"\nend 1\n"


def read_facts(access: SshAccess) -> dict[str, HostFacts | Unreachable]:
    """The facts of every host of ``access``; a host that cannot be read is an Unreachable.

    One SSH session a host, all at once. To be run from the project's folder, which the ssh_config
    names its files from.
    """
    access.write()
    endpoints = access.endpoints.values()
    with ThreadPoolExecutor(max(1, min(_AT_ONCE, len(endpoints)))) as pool:
        found = pool.map(lambda endpoint: of_host(access, endpoint), endpoints)
    return dict(zip(access.endpoints, found, strict=True))


def command(access: SshAccess, endpoint: Endpoint) -> list[str]:
    """The command line that runs a script of its stdin on a host, as root; $1 is the stack's name."""
    sudo = ["sudo", "-n"] if endpoint.sudo else []
    shell = [*sudo, "sh", "-s", access.stack]
    return ["ssh", "-F", access.config_file, "-T", endpoint.name, *shell]


def ask(argv: Sequence[str]) -> HostFacts | Unreachable:
    """The facts of the host that a command line runs the facts script on."""
    before = int(time.time())
    ended = processes.run(
        argv, stdin=SCRIPT.encode(), seconds=SECONDS, limit=LIMIT, begins=_BEGIN, until=_END
    )
    return understood(ended, (before, int(time.time())))


def understood(ended: Ended, asked: tuple[int, int]) -> HostFacts | Unreachable:
    """The facts in what a host printed. ``asked``: our own time (seconds) before and after."""
    out, err = (text.decode(errors="replace") for text in (ended.out, ended.err))
    begun = out.startswith(_BEGIN.decode())
    if ended.why == "time":
        # ssh itself gives up much earlier where nobody answers (ConnectTimeout).
        kind = "cut" if begun else "mute"
        return Unreachable(reason=f"no answer within {SECONDS} s", kind=kind)
    if ended.why == "form":
        return Unreachable(reason=_first(out), kind="noise")
    if ended.why == "size":
        return Unreachable(reason=f"it prints more than {LIMIT >> 20} MB", kind="noise")
    if ended.code == 0 or begun:
        if not begun:
            return Unreachable(reason=_first(out), kind="noise")
        try:
            return parse(out, asked)
        except ValueError as error:
            return Unreachable(reason=printable(str(error)), kind="cut")
    if ended.code != 255 and out.strip():
        # Not ssh's own failure: a login shell or a forced command that runs something else.
        return Unreachable(reason=_first(out), kind="noise")
    return Unreachable(reason=_lines(err) or f"ssh ended with status {ended.code}")


def of_host(access: SshAccess, endpoint: Endpoint) -> HostFacts | Unreachable:
    """The facts of one host."""
    found = ask(command(access, endpoint))
    if isinstance(found, Unreachable) and found.kind == "silent" and access.jump is not None:
        return _at_jump(access, endpoint) or found
    return found


def _at_jump(access: SshAccess, endpoint: Endpoint) -> Unreachable | None:
    """What ssh says where no connection is kept open: those are silent about a jump host's part."""
    jump = f"ssh -F {access.config_file} -o ControlPath=none -o LogLevel=INFO -W [%h]:%p {JUMP}"
    argv = [
        *("ssh", "-F", access.config_file, "-o", "ControlPath=none", "-o", f"ProxyCommand={jump}"),
        *("-T", endpoint.name, "true"),
    ]
    ended = processes.run(argv, stdin=b"", seconds=20, limit=LIMIT)
    said = _lines(ended.err.decode(errors="replace"))
    return Unreachable(reason=said) if ended.code != 0 and said else None


def _first(text: str) -> str:
    """The first line that is not empty, for a message."""
    return printable(next((line for line in text.splitlines() if line.strip()), "nothing"), 100)


def _lines(text: str) -> str:
    """What ssh says, each line fit for a message."""
    return "\n".join(printable(line) for line in text.strip().splitlines())
