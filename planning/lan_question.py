"""Whether addresses of the LAN are somebody's: what a host is asked, and what it answers."""

from __future__ import annotations

import re
from collections.abc import Collection
from ipaddress import IPv4Address
from pathlib import Path

from planning.addresses import is_ipv4

# How many pings a host has under way.
_AT_ONCE = 64
_SCRIPT = Path(__file__).with_suffix(".sh").read_text().removeprefix("# shellcheck shell=sh\n")
_MAC = re.compile(r"([0-9a-f]{2}:){5}[0-9a-f]{2}")


def question(addresses: Collection[IPv4Address]) -> str:
    """The POSIX shell script that asks for ``addresses`` on a host that is on their subnet."""
    asked = sorted(addresses)
    parts = [asked[at : at + _AT_ONCE] for at in range(0, len(asked), _AT_ONCE)]
    calls = ("".join(f"ask {address} &\n" for address in part) + "wait\n" for part in parts)
    return _SCRIPT + "".join(calls)


def answers(text: str, asked: Collection[IPv4Address]) -> dict[IPv4Address, str]:
    """Address -> the MAC address that answers, of what was asked; other lines are no answer."""
    found = {}
    for line in text.splitlines():
        address, _, mac = line.partition(" ")
        if is_ipv4(address) and IPv4Address(address) in asked and _MAC.fullmatch(mac):
            found[IPv4Address(address)] = mac
    return found
