"""WireGuard: whether the host can have it, the keys that were made there for us, and our devices."""

from __future__ import annotations

import re
from typing import Literal, Self

from pydantic import TypeAdapter

from planning import answers
from planning.facts.base import Facts, Topic
from planning.facts.printed import Printed, number
from planning.wireguard import PublicKey

_TOOLS = frozenset({"wg", "wireguard-go", "tun"})


class WireGuardKey(Facts):
    """The host's key for a network."""

    public: PublicKey
    """The public one."""
    state: Literal["intact", "changed", "next"]
    """"next": another one was made to take its place. "changed": the private one is another one, or not
    root's alone."""


class WireGuardDevice(Facts):
    """A WireGuard device."""

    public: PublicKey
    """The public key of the private one that it has."""
    port: int
    """The UDP port that it listens on."""
    peers: dict[PublicKey, str] = {}
    """Public key of a peer -> the addresses (CIDR) that it may speak from inside."""


class WireGuardTopic(Topic):
    """WireGuard."""

    without_wireguard: frozenset[str] = frozenset()
    """Those of `wg`, `wireguard-go` and the device "tun" that are not there."""
    wireguard_keys: dict[str, WireGuardKey] = {}
    """Network -> the host's key for it."""
    wireguards: dict[str, WireGuardDevice] = {}
    """Name of a device of ours -> the device."""

    @classmethod
    def read(cls, printed: Printed) -> Self:
        return cls(
            without_wireguard=frozenset(printed.many("without_wireguard")) & _TOOLS,
            wireguard_keys=printed.read("wireguard_key", lambda: _keys(printed)) or {},
            wireguards=printed.read("wireguard", lambda: _devices(printed)) or {},
        )


def _keys(printed: Printed) -> dict[str, WireGuardKey]:
    found = {}
    for name, rest in printed.pairs("wireguard_key").items():
        state, _, public = rest.partition(" ")
        if answers.is_word(name):
            found[name] = WireGuardKey.model_validate({"public": public, "state": state})
    return found


def _devices(printed: Printed) -> dict[str, WireGuardDevice]:
    """From `wg show DEVICE public-key`, `listen-port` and `allowed-ips`."""
    found: dict[str, dict[str, object]] = {}
    peers: dict[str, dict[str, str]] = {}
    for line in (printed.text("wireguard") or "").splitlines():
        device, what, first, *more = [*line.split(), "", "", ""]
        if not answers.is_word(device):
            continue
        if what == "public-key":
            found.setdefault(device, {})["public"] = first
        elif what == "listen-port":
            found.setdefault(device, {})["port"] = number(first)
        elif what == "allowed-ips":
            peers.setdefault(device, {})[first] = " ".join(filter(_subnet, more))
    rows = {name: {**row, "peers": peers.get(name, {})} for name, row in found.items()}
    return TypeAdapter(dict[str, WireGuardDevice]).validate_python(rows)


def _subnet(text: str) -> bool:
    return re.fullmatch(r"[0-9A-Fa-f.:/]{1,50}", text) is not None
