"""Whether addresses of the LAN are somebody's: what a host is asked, and what it answers."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

from planning.addresses import is_ip

# How many pings a host has under way.
_AT_ONCE = 64
_SCRIPT = Path(__file__).with_suffix(".sh").read_text().removeprefix("# shellcheck shell=sh\n")
_MAC = re.compile(r"([0-9a-f]{2}:){5}[0-9a-f]{2}")


def question(addresses: Mapping[IPv4Address | IPv6Address, str]) -> str:
    """The POSIX shell script that asks for ``addresses`` on a host that is on their LAN.

    Each with the NIC by which it is asked for, "" for an IPv4 one: the host's routes know.
    """
    asked = sorted(addresses.items(), key=lambda item: (item[0].version, int(item[0])))
    calls = [f"ask6 {one} {shlex.quote(nic)}" if nic else f"ask {one}" for one, nic in asked]
    parts = (calls[at : at + _AT_ONCE] for at in range(0, len(calls), _AT_ONCE))
    return _SCRIPT + "".join("".join(f"{call} &\n" for call in part) + "wait\n" for part in parts)


def answers(
    text: str, asked: Collection[IPv4Address | IPv6Address]
) -> dict[IPv4Address | IPv6Address, str]:
    """Address -> the MAC address that answers, of what was asked; other lines are no answer."""
    found = {}
    for line in text.splitlines():
        address, _, mac = line.partition(" ")
        if is_ip(address) and ip_address(address) in asked and _MAC.fullmatch(mac):
            found[ip_address(address)] = mac
    return found
