"""Asks hosts what the paths to others carry: the largest packet that comes back without being cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path as File

from components import processes
from components.ssh import SshAccess
from planning.addresses import is_ipv4
from planning.fleet_facts import Path

SCRIPT = (File(__file__).parent.parent / "planning" / "paths.sh").read_text()
_SECONDS, _LIMIT, _AT_ONCE = 20, 1 << 16, 64
_LEAST = 576


def ask(access: SshAccess, paths: Sequence[Path]) -> dict[Path, int]:
    """Path -> bytes, of those whose other end answers; one SSH session a host, all at once.

    A host without iputils' ping, or one whose firewall drops what is asked, tells nothing.
    """
    wanted: dict[str, list[Path]] = {}
    for path in paths:
        if is_ipv4(access.addresses[path.other]):
            wanted.setdefault(path.one, []).append(path)
    if not wanted:
        return {}
    with ThreadPoolExecutor(min(_AT_ONCE, len(wanted))) as pool:
        printed = pool.map(lambda host: of_host(access, host, wanted[host]), wanted)
        return {path: size for found in printed for path, size in found.items()}


def of_host(access: SshAccess, host: str, paths: Sequence[Path]) -> dict[Path, int]:
    """What a host prints of the paths that begin there."""
    words = [word for path in paths for word in (access.addresses[path.other], str(path.most))]
    argv = ["ssh", "-F", access.config_file, "-T", host, "sh", "-s", *words]
    ended = processes.run(argv, stdin=SCRIPT.encode(), seconds=_SECONDS, limit=_LIMIT)
    return understood(ended.out.decode(errors="replace"), access.addresses, paths)


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
