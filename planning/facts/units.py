"""systemd's units: docker.service with its drop-ins, and those of the stack."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Self

from planning.facts.base import Facts, Topic
from planning.facts.printed import Printed


class DockerUnit(Facts):
    """docker.service."""

    fragment: str
    """The path of its file."""
    exec_start: str
    """The command line that systemd makes of its file and its drop-ins."""
    content: str = ""
    """The text of its file."""
    drop_ins: dict[str, str] = {}
    """Path of a drop-in -> its text."""


# Kind of what a unit of the stack keeps across boots -> its words.
KEPT: Mapping[str, str] = {
    "nic": "promiscuous mode",
    "vlan": "VLANs",
    "shim": "the host's own macvlan devices",
    "vxlan": "VXLAN devices",
}


class UnitsTopic(Topic):
    """systemd, and how it starts Docker."""

    systemd: bool
    """Whether systemd runs the host."""
    unit: DockerUnit | None = None
    """docker.service, None where there is none or systemd did not tell."""
    unkept: frozenset[str] = frozenset()
    """What the stack made and no unit keeps across boots any more: "nic", "vlan", "shim", "vxlan"."""

    @classmethod
    def read(cls, printed: Printed) -> Self:
        return cls(
            systemd=printed.one("systemd") == "1",
            unit=docker_unit(shown_units(printed), printed.text("docker_unit")),
            unkept=KEPT.keys() & printed.many("unkept"),
        )


Units = dict[str, dict[str, list[str]]]


def shown_units(printed: Printed) -> Units:
    """What `systemctl show` printed: unit -> property -> values."""
    units: Units = {}
    for block in re.split(r"\n\s*\n", printed.text("units") or ""):
        found: dict[str, list[str]] = {}
        for line in block.splitlines():
            key, separator, value = line.partition("=")
            if separator:
                found.setdefault(key, []).append(value)
        if found.get("Id"):
            units[found["Id"][0]] = found
    return units


def active(shown: Units, unit: str) -> bool | None:
    """Whether a unit runs; None where systemd did not say."""
    return shown[unit].get("ActiveState") == ["active"] if unit in shown else None


def docker_unit(shown: Units, content: str | None) -> DockerUnit | None:
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
