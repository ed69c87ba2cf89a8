"""What hosts would say of datagrams to each other's ports."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from planning.datagrams import Answer
from planning.fleet_facts import UdpPath


def answer(
    host: str,
    ports: Sequence[UdpPath],
    hosts: Sequence[str],
    lost: Collection[tuple[str, str]],
    asked: list[UdpPath],
) -> Answer | None:
    """Of a host that looked for two seconds, None where it is asked for no ``ports``.

    ``lost``: a host, and another one that no datagram gets to. ``asked``: has the ports added.
    """
    if not ports:
        return None
    asked += ports
    counts = {
        (hosts.index(path.to), path.port): (40, 0 if (path.to, host) in lost else 40)
        for path in ports
    }
    return Answer((100.0, 102.2), (50.0, 52.2), (50.1, 52.1), 0, counts)
