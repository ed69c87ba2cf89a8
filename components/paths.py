"""Asks hosts about the paths to others: the largest packet that comes back without being cut, and UDP ports."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path as File

from components import processes
from components.ssh import SshAccess
from planning import datagrams
from planning.addresses import is_ipv4
from planning.fleet_facts import Path, UdpPath

SCRIPT = (File(__file__).parent.parent / "planning" / "paths.sh").read_text()
_SECONDS, _LIMIT, _AT_ONCE = 20, 1 << 16, 64
_LEAST = 576


def ask(
    access: SshAccess, paths: Sequence[Path], ports: Sequence[UdpPath]
) -> tuple[dict[Path, int], frozenset[UdpPath]]:
    """Path -> bytes, of those whose other end answers; and the paths by which no datagram gets there.

    One SSH session a host, all at once. A host without iputils' ping, or one whose firewall drops what is
    asked, tells nothing. ``ports``: each way by itself, both of a pair.
    """
    addresses = access.addresses
    sizes: dict[str, list[Path]] = {}
    for path in paths:
        if is_ipv4(addresses[path.other]):
            sizes.setdefault(path.one, []).append(path)
    ways: dict[str, list[UdpPath]] = {}
    for way in ports:
        if is_ipv4(addresses[way.source]) and is_ipv4(addresses[way.to]):
            ways.setdefault(way.source, []).append(way)
    hosts = list(dict.fromkeys([*sizes, *ways]))
    if not hosts:
        return {}, frozenset()
    token = secrets.token_hex(8)

    def one(host: str) -> tuple[dict[Path, int], datagrams.Answer | None]:
        return of_host(access, host, sizes.get(host, []), ways.get(host, []), token)

    with ThreadPoolExecutor(min(_AT_ONCE, len(hosts))) as pool:
        told = dict(zip(hosts, pool.map(one, hosts), strict=True))
    answers = {host: answer for host, (_, answer) in told.items() if answer is not None}
    return (
        {path: size for found, _ in told.values() for path, size in found.items()},
        frozenset(datagrams.lost(ports, list(addresses), answers)),
    )


def of_host(
    access: SshAccess, host: str, paths: Sequence[Path], ports: Sequence[UdpPath], token: str
) -> tuple[dict[Path, int], datagrams.Answer | None]:
    """What a host prints of the paths that begin there, and what it says of datagrams.

    ``token``: what these datagrams are known by, hexadecimal.
    """
    words = [word for path in paths for word in (access.addresses[path.other], str(path.most))]
    sudo = ["sudo", "-n"] if ports and access.endpoints[host].sudo else []
    argv = ["ssh", "-F", access.config_file, "-T", host, *sudo, "sh", "-s", *words]
    before, after = (
        (datagrams.question(host, ports, access.addresses, token), "uptime end\n")
        if ports
        else ("", "")
    )
    began = time.monotonic()
    ended = processes.run(
        argv, stdin=(before + SCRIPT + after).encode(), seconds=_SECONDS, limit=_LIMIT
    )
    text = ended.out.decode(errors="replace")
    answer = datagrams.understood(text, (began, time.monotonic())) if ports else None
    return understood(text, access.addresses, paths), answer


def understood(text: str, addresses: Mapping[str, str], paths: Sequence[Path]) -> dict[Path, int]:
    """The sizes in what a host printed, lines "ADDRESS BYTES"; what was not asked for is left out."""
    asked = {addresses[path.other]: path for path in paths}
    found = {}
    for line in text.splitlines():
        address, _, size = line.partition(" ")
        path = asked.get(address)
        sound = size.isascii() and size.isdigit() and len(size) < 6
        if path is not None and sound and _LEAST <= int(size) <= path.most:
            found[path] = int(size)
    return found
