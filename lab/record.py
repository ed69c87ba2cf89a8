"""What a lab has started, in lab.json: written before each start, so that a sweep finds it all."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from lab import machine
from lab.processes import Process


@dataclass
class HostRecord:
    """One host: what it is, whether it should run, and what runs of it."""

    name: str
    address: str
    suite: str
    wanted: str = "on"
    process: Process | None = None
    mounts: list[str] = field(default_factory=list)
    cgroup: str = ""


@dataclass
class Record:
    """All that a lab has started or changed on the machine."""

    boot_id: str
    namespace: str = ""
    registry: Process | None = None
    registry_cgroup: str = ""
    hosts: dict[str, HostRecord] = field(default_factory=dict)

    @staticmethod
    def load(path: Path) -> Record:
        """The record in `path`; what an earlier boot of the machine had running is left out."""
        boot_id = machine.boot_id()
        if not path.exists():
            return Record(boot_id)
        data = json.loads(path.read_text())
        hosts = {
            name: HostRecord(**{**host, "process": _process(host["process"])})
            for name, host in data["hosts"].items()
        }
        if data["boot_id"] != boot_id:
            for host in hosts.values():
                host.process, host.mounts, host.cgroup = None, [], ""
            return Record(boot_id, hosts=hosts)
        return Record(
            boot_id,
            data["namespace"],
            _process(data["registry"]),
            data["registry_cgroup"],
            hosts,
        )

    def save(self, path: Path) -> None:
        """Write the record, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(asdict(self), indent=1))
        partial.rename(path)


def _process(data: dict[str, int] | None) -> Process | None:
    return Process(**data) if data else None
