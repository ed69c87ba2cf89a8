"""What can be told of a host."""

from __future__ import annotations

from dataclasses import dataclass

from lab import roots
from lab.hosts import Host


@dataclass(frozen=True)
class HostStatus:
    """What is known of a host: `state` is "running", "booting", "off" or "dead".

    `engine` is what dockerd tells, else what the host's suite promises. `memory` is in bytes.
    """

    name: str
    address: str
    suite: str
    engine: str
    state: str
    memory: int


def status_of(host: Host, lab_is_up: bool) -> HostStatus:
    """Look at a host; in a lab that is down every host is off."""
    record = host.record
    engine = host.engine() if host.running else None
    if host.running:
        state = "running" if engine else "booting"
    else:
        state = "off" if record.wanted == "off" or not lab_is_up else "dead"
    return HostStatus(
        record.name,
        record.address,
        record.suite,
        engine or roots.SUITES[record.suite].engine,
        state,
        host.memory() if host.running else 0,
    )
