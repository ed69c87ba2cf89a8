"""What a host has beside Docker, as facts.sh printed it: unit, firewall, listeners, modules."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict

from planning.answers import Printable


class Facts(BaseModel):
    """Base: frozen, and a field too many is a fault of ours."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# Two names of one switch.
_FORWARDING = ("net.ipv4.ip_forward", "net.ipv4.conf.all.forwarding")
ModuleState = Literal["loaded", "builtin", "loadable", "missing"]


class DockerUnit(Facts):
    """docker.service: its file, the command line that systemd makes of it, drop-ins by path.

    ``content`` is the text of the file.
    """

    fragment: str
    exec_start: str
    content: str = ""
    drop_ins: dict[str, str] = {}


class Firewall(Facts):
    """Who guards the ports. Rules are what `iptables -S` and `nft -j list ruleset` print.

    None is "cannot be read"; a field of another tool than the host has is None, too.
    """

    ufw: bool | None = None
    firewalld: bool | None = None
    iptables: str | None = None
    iptables_legacy: str | None = None
    nft: str | None = None


class Listener(Facts):
    """A socket that waits for packets. ``program`` is None where only root could tell."""

    protocol: Printable
    address: Printable
    port: int
    program: Printable | None = None


class StateFolder(Facts):
    """/var/lib/crosshost on a host, links followed: ``kind`` as stat names it ("" leads nowhere),
    ``owner`` its user's number, ``mode`` its permission bits.
    """

    kind: str
    owner: int
    mode: int

    @property
    def open_to_others(self) -> bool:
        """Whether others than its owner can write to it."""
        return bool(self.mode & 0o022)


def state_folder(text: str | None) -> StateFolder | None:
    """From `stat -L -c '%u %a %F'`, which prints nothing of a link that leads nowhere.

    None where there is no such folder; ValueError where it prints something else.
    """
    if text is None:
        return None
    if not text:
        return StateFolder(kind="", owner=0, mode=0)
    match = re.fullmatch(r"([0-9]{1,10}) ([0-7]{1,5}) ([a-z ]{1,40})", text)
    if match is None:
        raise ValueError("no line of stat")
    return StateFolder(kind=match[3], owner=int(match[1]), mode=int(match[2], 8))


def forwards_at_boot(text: str | None) -> bool | None:
    """Whether the host forwards IPv4 from its boot on, by what it has in sysctl.d (all of it)."""
    if text is None:
        return None
    forwards = False
    for line in text.splitlines():
        name, _, value = (part.strip() for part in line.partition("="))
        if name.lstrip("-").replace("/", ".") in _FORWARDING:
            forwards = value != "0"
    return forwards


def os_name(text: str) -> str:
    """PRETTY_NAME of an /etc/os-release, "" where it has none."""
    found = re.search(r"""^PRETTY_NAME=(["']?)(.*)\1\s*$""", text, re.MULTILINE)
    return found[2] if found else ""


def properties(text: str) -> dict[str, dict[str, list[str]]]:
    """What `systemctl show` printed: unit -> property -> values."""
    units: dict[str, dict[str, list[str]]] = {}
    for block in re.split(r"\n\s*\n", text):
        found: dict[str, list[str]] = {}
        for line in block.splitlines():
            key, separator, value = line.partition("=")
            if separator:
                found.setdefault(key, []).append(value)
        if found.get("Id"):
            units[found["Id"][0]] = found
    return units


def docker_unit(shown: dict[str, dict[str, list[str]]], content: str | None) -> DockerUnit | None:
    """docker.service from its properties and `systemctl cat`; None where there is none."""
    unit = shown.get("docker.service", {})
    fragment = "".join(unit.get("FragmentPath", []))
    if not fragment:
        return None
    paths = "".join(unit.get("DropInPaths", [])).split()
    files = _files(content or "", [fragment, *paths])
    return DockerUnit(
        fragment=fragment,
        exec_start="; ".join(_argv(value) for value in unit.get("ExecStart", [])),
        content=files.get(fragment, ""),
        drop_ins={path: files.get(path, "") for path in paths},
    )


def active(shown: dict[str, dict[str, list[str]]], unit: str) -> bool | None:
    """Whether a unit runs; None where systemd did not say."""
    return shown[unit].get("ActiveState") == ["active"] if unit in shown else None


def listeners(text: str | None) -> list[Listener] | None:
    """What `ss -Hlntup` printed."""
    if text is None:
        return None
    found = []
    for line in text.splitlines():
        fields = line.split(None, 6)
        if len(fields) < 6:
            continue
        address, _, port = fields[4].rpartition(":")
        if not port.isdigit():
            continue
        program = re.search(r'\(\("([^"]*)"', fields[6] if len(fields) > 6 else "")
        found.append(
            Listener(
                protocol=fields[0],
                address=address,
                port=int(port),
                program=program[1] if program else None,
            )
        )
    return found


def _files(content: str, paths: list[str]) -> dict[str, str]:
    """The files that `systemctl cat` shows one after another, each under a line "# PATH"."""
    files: dict[str, list[str]] = {}
    current: list[str] = []
    for line in content.splitlines(keepends=True):
        if line.startswith("# ") and line[2:].strip() in paths and line[2:].strip() not in files:
            if current and current[-1] == "\n":
                current.pop()  # systemctl's own line between two files
            current = files.setdefault(line[2:].strip(), [])
        else:
            current.append(line)
    return {path: "".join(lines) for path, lines in files.items()}


def _argv(value: str) -> str:
    found = re.search(r"argv\[\]=(.*?) ; ignore_errors=", value)
    return found[1] if found else value
