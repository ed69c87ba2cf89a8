"""VXLAN devices of the host's own; those of Docker's overlays are in namespaces of theirs."""

from __future__ import annotations

import re
from typing import Self

from planning import answers
from planning.facts.base import Facts, Topic
from planning.facts.printed import Printed, number


class VxlanDevice(Facts):
    """A VXLAN device."""

    vni: int
    """The number of its network, 1 to 16777215."""
    port: int
    """The UDP port that its packets go to."""
    local: str
    """The address that its packets come from, "" for any."""
    mtu: int
    """Its MTU, in bytes."""
    lower: str = ""
    """The device that its packets leave by, "" for any."""
    bridge: str
    """The bridge that it is a port of, "" where it is in none."""
    up: bool
    """Whether it is up."""
    peers: frozenset[str] = frozenset()
    """Addresses that frames go to whose receiver it does not know."""


class VxlanTopic(Topic):
    """VXLAN devices."""

    vxlans: dict[str, VxlanDevice] = {}
    """Name of a device -> the device."""
    without_tools: frozenset[str] = frozenset()
    """Those of the tools `ip` and `bridge` that are not there."""
    captures: bool = False
    """Whether it has a program for planning/datagrams.sh, which looks at what NICs receive."""

    @classmethod
    def read(cls, printed: Printed) -> Self:
        return cls(
            vxlans=printed.read("vxlan", lambda: _devices(printed)) or {},
            without_tools=frozenset(printed.many("without_tool")) & {"ip", "bridge"},
            captures=printed.flag("captures") is True,
        )


def _devices(printed: Printed) -> dict[str, VxlanDevice]:
    """From `ip -d -o link show type vxlan` and `bridge fdb show`."""
    peers: dict[str, set[str]] = {}
    for line in (printed.text("vxlan_fdb") or "").splitlines():
        words = line.split()
        name, peer = _after(words, "dev"), _after(words, "dst")
        if name and peer:
            peers.setdefault(name, set()).add(peer)
    found = {}
    for line in (printed.text("vxlan") or "").splitlines():
        _, name, flags, *words = [*line.replace("\\", " ").split(), "", "", ""]
        name = name.removesuffix(":").partition("@")[0]
        of_vxlan = words[words.index("vxlan") :] if "vxlan" in words else []
        if not answers.is_word(name) or not of_vxlan:
            continue
        found[name] = VxlanDevice(
            vni=number(_after(of_vxlan, "id") or "0"),
            port=number(_after(of_vxlan, "dstport") or "0"),
            local=_address(_after(of_vxlan, "local")),
            lower=_word(_after(of_vxlan, "dev")),
            mtu=number(_after(words, "mtu")),
            bridge=_word(_after(words, "master")),
            up="UP" in flags.strip("<>").split(","),
            peers=frozenset(map(_address, peers.get(name, ()))),
        )
    return found


def _after(words: list[str], key: str) -> str:
    """The word that follows ``key``, "" where there is none."""
    return words[words.index(key) + 1] if key in words[:-1] else ""


def _word(text: str) -> str:
    return text if answers.is_word(text) else ""


def _address(text: str) -> str:
    return text if re.fullmatch(r"[0-9A-Fa-f.:]{1,45}", text) else ""
