"""What programs on the controller ask of one host of a stack, over ssh. Standard library only.

Such a program's stdin: "SSH_CONFIG SCRIPTS HOST"; settings of ssh for HOST, which may have left
SSH_CONFIG, one a line; an empty line; a header of fields NAME=VALUE. Hosts are NAME, or NAME:sudo.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from components import processes
from planning import host_paths

# More than a change of a host waits for another one to end, and for its peers.
_SECONDS = 300.0
_LIMIT = 1 << 20
# Sockets on the controller, below the project's folder.
CONTROL = Path(".crosshost") / "control"
HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,62}(:sudo)?")
# Nothing that means anything to a shell.
IMAGE = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._/:@-]{0,511}")
SCRIPTS = re.compile(re.escape(host_paths.STATE) + r"/[A-Za-z0-9_.-]+/scripts")


class HostError(Exception):
    """Why a host is not as it should be; ``str()`` is the message for people."""


class RefusedError(HostError):
    """A host did not do what it was asked; ``str()`` is the last line that it printed."""


@dataclass(frozen=True)
class Request:
    """What is asked for, from stdin. ``header`` is for a script on the host, ``fields`` are what it says."""

    config: str
    scripts: str
    host: str
    ssh_settings: tuple[str, ...]
    header: str

    @classmethod
    def read(cls, text: str) -> Request:
        """The request of a text; HostError where it has not its form."""
        first, *lines = text.split("\n")
        config, scripts, host = (*first.split(" "), "", "")[:3]
        end = lines.index("") if "" in lines else len(lines)
        header = lines[end + 1] if end + 1 < len(lines) else ""
        if not (SCRIPTS.fullmatch(scripts) and HOST.fullmatch(host)):
            raise HostError("this is no request")
        return cls(config, scripts, host, tuple(lines[:end]), header)

    @property
    def fields(self) -> Mapping[str, str]:
        """The fields of the header, NAME=VALUE each."""
        return dict(word.partition("=")[::2] for word in self.header.split())

    @property
    def stack(self) -> str:
        """The stack whose scripts they are."""
        return stack_of(self.scripts)

    @property
    def name(self) -> str:
        """The host's name."""
        return name_of(self.host)


def stack_of(scripts: str) -> str:
    """The stack whose scripts are in that folder of a host."""
    return scripts.split("/")[4]


def name_of(host: str) -> str:
    """The name of a host that is NAME, or NAME:sudo."""
    return host.removesuffix(":sudo")


def argv(config: str, host: str, command: str) -> list[str]:
    """What runs a command on a host, as root. ``config``: of ssh."""
    name = name_of(host)
    sudo = "sudo -n " if name != host else ""
    return ["ssh", "-F", config, "-T", name, sudo + command]


def run(config: str, host: str, command: str, stdin: str) -> str:
    """What a command on a host (as root) prints; RefusedError where it fails. ``config``: of ssh."""
    ended = processes.run(
        argv(config, host, command), stdin=stdin.encode(), seconds=_SECONDS, limit=_LIMIT
    )
    if ended.why:
        what = f"no answer within {_SECONDS:.0f} s" if ended.why == "time" else "too much to read"
        raise RefusedError(what)
    if ended.code != 0:
        raise RefusedError(last_line(ended.err, 1000) or f"exit code {ended.code}")
    return ended.out.decode(errors="replace")


def last_line(printed: bytes, most: int) -> str:
    """The last line of what a host printed, ``most`` characters of it, "" where there is none.

    What a terminal would take for a command is left out.
    """
    lines = printed.decode(errors="replace").strip().splitlines()
    return "".join(c if c.isprintable() else "?" for c in lines[-1][:most]) if lines else ""


@contextmanager
def ssh_config(config: str, settings: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The path of an ssh_config that knows hosts, whether the stack's own (``config``) does or not.

    ``settings``: host -> its settings, a line each.
    """
    with tempfile.NamedTemporaryFile("w", prefix="crosshost-", suffix=".ssh_config") as file:
        lines = [line for name, own in settings.items() for line in (f"Host {name}", *own)]
        lines += ["Host *", f'Include "{Path.cwd()}/{config}"']
        file.write("\n".join(lines) + "\n")
        file.flush()
        yield file.name


def program(name: str, trouble: str, do: Callable[[Request, str], str]) -> int:
    """What a program does that asks the host of the request on stdin; its exit code, 1 where that fails.

    ``do``: the request and an ssh_config -> a sentence for people, "" for none. A failure is "HOST: TROUBLE: REASON",
    with the program's name where the host is not known.
    """
    try:
        request = Request.read(sys.stdin.read())
        name = request.name
        with ssh_config(request.config, {name: request.ssh_settings}) as config:
            sentence = do(request, config)
    except HostError as error:
        print(f"{name}: {trouble}: {error}", file=sys.stderr)
        return 1
    if sentence:
        print(f"{name}: {sentence}")
    return 0
