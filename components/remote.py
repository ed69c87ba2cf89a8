"""What programs on the controller ask of one host of a stack, over ssh. Standard library only.

Such a program's stdin: "SSH_CONFIG SCRIPTS HOST"; settings of ssh for HOST, which may have left
SSH_CONFIG, one a line; an empty line; a header of fields NAME=VALUE. Hosts are NAME, or NAME:sudo.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from components import processes
from planning import host_paths

# More than a change of a host waits for another one to end, and for its peers.
_SECONDS = 300.0
_LIMIT = 1 << 20
HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,62}(:sudo)?")
_SCRIPTS = re.compile(re.escape(host_paths.STATE) + r"/[A-Za-z0-9_.-]+/scripts")


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
        if not (_SCRIPTS.fullmatch(scripts) and HOST.fullmatch(host)):
            raise HostError("this is no request")
        return cls(config, scripts, host, tuple(lines[:end]), header)

    @property
    def fields(self) -> Mapping[str, str]:
        """The fields of the header, NAME=VALUE each."""
        return dict(word.partition("=")[::2] for word in self.header.split())

    @property
    def stack(self) -> str:
        """The stack whose scripts they are."""
        return self.scripts.split("/")[4]


def run(config: str, host: str, command: str, stdin: str) -> str:
    """What a command on a host (as root) prints; RefusedError where it fails. ``config``: of ssh."""
    name = host.removesuffix(":sudo")
    sudo = "sudo -n " if name != host else ""
    argv = ["ssh", "-F", config, "-T", name, sudo + command]
    ended = processes.run(argv, stdin=stdin.encode(), seconds=_SECONDS, limit=_LIMIT)
    if ended.why:
        what = f"no answer within {_SECONDS:.0f} s" if ended.why == "time" else "too much to read"
        raise RefusedError(what)
    if ended.code != 0:
        lines = ended.err.decode(errors="replace").strip().splitlines()
        raise RefusedError(_plain(lines[-1]) if lines else f"exit code {ended.code}")
    return ended.out.decode(errors="replace")


def _plain(text: str) -> str:
    """A host's text without what a terminal would take for a command."""
    return "".join(c if c.isprintable() else "?" for c in text[:1000])


@contextmanager
def ssh_config(request: Request) -> Iterator[str]:
    """The path of an ssh_config that knows the host, whether the stack's own does or not."""
    name = request.host.removesuffix(":sudo")
    with tempfile.NamedTemporaryFile("w", prefix="crosshost-", suffix=".ssh_config") as file:
        lines = [f"Host {name}", *request.ssh_settings]
        lines += ["Host *", f'Include "{Path.cwd()}/{request.config}"']
        file.write("\n".join(lines) + "\n")
        file.flush()
        yield file.name
