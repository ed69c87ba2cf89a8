"""VLANs of the hosts' network interfaces: one resource for each, however many networks are on it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pulumi_command as command

from components.host import Host
from planning import records
from planning.facts import HostFacts

_VLANS = range(1, 4095)


def vlan_of(parent: str) -> tuple[str, int] | None:
    """The NIC and the number of a VLAN, of its name (ens33.20); None where it is none."""
    nic, _, number = parent.rpartition(".")
    return (nic, int(number)) if nic and re.fullmatch("[0-9]+", number) else None


def wrong_number(parent: str) -> str | None:
    """Why a name is no VLAN's, for people; None where it is one, or of a NIC itself."""
    vlan = vlan_of(parent)
    if vlan is None or (vlan[1] in _VLANS and str(vlan[1]) == parent.rpartition(".")[2]):
        return None
    return f"{parent} is no VLAN of {vlan[0]}: write a number from 1 to 4094 after the dot"


def missing(host: str, parent: str, facts: HostFacts) -> Iterator[str]:
    """Sentences why a host cannot have a VLAN that is not there yet."""
    if vlan_of(parent) and parent not in facts.nics and facts.modules.get("8021q") == "missing":
        yield (
            f"the kernel of {host} ({facts.kernel}) has no module 8021q, which {parent} needs: install "
            "a kernel that has it (Debian's linux-image-amd64 does), or write another parent"
        )


class Vlans:
    """The VLANs that networks are on, each once, by host and name."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str], command.remote.Command] = {}

    def made(self, host: Host, parent: str) -> command.remote.Command | None:
        """What makes a VLAN on a host; None where the parent is a NIC itself."""
        vlan = vlan_of(parent)
        if vlan is None:
            return None
        place = (host.host_name, parent)
        if place not in self._made:
            self._made[place] = _vlan(host, parent, *vlan)
        return self._made[place]


def _vlan(host: Host, device: str, nic: str, number: int) -> command.remote.Command:
    facts, record = host.facts, host.record(f"vlan/{device}")
    seen = facts.nics.get(device) if isinstance(facts, HostFacts) else None
    before = records.header_fields(record or "").get("before") or ("there" if seen else "absent")
    stdin = records.text(
        "",
        record=record,
        # What could not be read is not taken for drift.
        intact=isinstance(facts, HostFacts)
        and "vlan" not in facts.unkept
        and ("links" in facts.unread or (seen is not None and "UP" in seen.flags)),
        header={"nic": nic, "vlan": str(number), "device": device, "before": before},
    )
    return host.change(f"vlan-{device}", "vlan.sh", stdin, parent=host.component)
