"""docker.service's command line, and the drop-in that takes -H out of it.

dockerd refuses `hosts` in daemon.json beside -H on its command line, which every package's unit
has. The drop-in repeats the unit's own ExecStart without them; they move into daemon.json.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from planning.facts.units import DockerUnit

DEFAULT_HOST = "unix:///var/run/docker.sock"
# One argument of a command line as systemd reads it: quotes may stand anywhere in it.
_ARGUMENT = re.compile(r"""(?:[^\s"'\\]|\\.|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')+""")


def drop_in_path(stack: str) -> str:
    """The drop-in's file. Later names win: an admin's own override.conf comes first."""
    return f"/etc/systemd/system/docker.service.d/zz-crosshost-{stack}.conf"


@dataclass(frozen=True)
class Start:
    """How docker.service starts dockerd: its ExecStart, the -H values in it, and it without them."""

    line: str
    hosts: tuple[str, ...]
    without_hosts: str

    @classmethod
    def of(cls, unit: DockerUnit, stack: str) -> Start | None:
        """From the unit's files, our own drop-in left out; None if there is not one ExecStart."""
        ours = drop_in_path(stack)
        files = [unit.content, *(text for path, text in unit.drop_ins.items() if path != ours)]
        lines: list[str] = []
        for line in (line for text in files for line in _exec_starts(text)):
            lines = [*lines, line] if line else []
        if len(lines) != 1:
            return None
        hosts, kept = _split(lines[0])
        return cls(lines[0], tuple(hosts), kept)

    def flags_of(self, settings: dict[str, Any]) -> list[tuple[str, str]]:
        """Pairs of flag and key: what the command line sets that ``settings`` set, too."""
        found = []
        for argument in _ARGUMENT.findall(self.without_hosts)[1:]:
            name = _bare(argument).partition("=")[0]
            for key in settings:
                if name in (f"--{key}", f"--{key.removesuffix('s')}"):
                    found.append((name, key))
        return found


def drop_in(start: Start | None, environment: str | None) -> str:
    """The drop-in's text, empty where there is nothing to say.

    ``start``: how dockerd is started, where its -H are to go. ``environment``: a file on the host with
    variables for it; it starts without that file, too.
    """
    text = ""
    if start is not None and start.hosts:
        text += (
            "# Written by crosshost: -H is in daemon.json's hosts, as dockerd refuses both.\n"
            f"[Service]\nExecStart=\nExecStart={start.without_hosts}\n"
        )
    if environment is not None:
        text += (
            "# Written by crosshost: the token for the cluster store.\n"
            f"[Service]\nEnvironmentFile=-{environment}\n"
        )
    return text


def environment_of(text: str) -> str | None:
    """The file that a drop-in of ours names for the environment."""
    found = re.search(r"^EnvironmentFile=-(.+)$", text, re.MULTILINE)
    return found[1] if found else None


def _exec_starts(text: str) -> list[str]:
    """The values of ExecStart in [Service], empty ones too, continued lines joined."""
    found: list[str] = []
    section = ""
    for line in re.sub(r"\\\n[ \t]*", " ", text).splitlines():
        line = line.strip()
        if line.startswith("["):
            section = line
        elif section == "[Service]" and (match := re.match(r"ExecStart\s*=\s*(.*)", line)):
            found.append(match[1].strip())
    return found


def _split(line: str) -> tuple[list[str], str]:
    """The values of -H and --host, and the line without them, else as it was."""
    hosts: list[str] = []
    kept = ""
    end = 0
    arguments = list(_ARGUMENT.finditer(line))
    skip = False
    for i, argument in enumerate(arguments):
        text = _bare(argument[0])
        if skip:
            skip = False
            hosts.append(text)
        elif text in ("-H", "--host") and i + 1 < len(arguments):
            skip = True
        elif match := re.fullmatch(r"(?:-H=?|--host=)(.+)", text):
            hosts.append(match[1])
        else:
            kept += line[end : argument.end()]
            end = argument.end()
            continue
        end = argument.end()
    return hosts, (kept + line[end:]).strip()


def _bare(argument: str) -> str:
    return re.sub(r"""(["'])(.*?)\1""", r"\2", argument)
