"""What of a host's interface keeps it from being the parent of a macvlan network."""

from __future__ import annotations

from collections.abc import Iterator

from components.networks.macvlan import vlans
from planning.facts import HostFacts
from planning.problems import nearest


def of_parent(host: str, parent: str, facts: HostFacts, driver: str) -> Iterator[str]:
    """Sentences why containers cannot be on ``parent`` of a host."""
    if "links" in facts.unread:
        return
    nic = parent
    vlan = vlans.vlan_of(parent)
    if vlan is not None and parent not in facts.nics:
        nic = vlan[0]
    if nic not in facts.nics:
        yield (
            f"there is no network interface {nic} on {host}: write one that it has ({_have(facts, nic)}), "
            f"as `parent: {{{host}: NIC}}` where hosts differ"
        )
        return
    yield from vlans.missing(host, parent, facts)
    if bridge := facts.nics[parent].bridge if parent in facts.nics else "":
        yield (
            f"{parent} of {host} is a port of the bridge {bridge}, which takes all that comes in: write "
            f"`parent: {{{host}: {bridge}}}`"
        )
    if (
        driver == "macvlan"
        and facts.nics[vlan[0] if vlan and vlan[0] in facts.nics else nic].wireless
    ):
        yield (
            f"{parent} of {host} is wireless, and access points let in no MAC address but the NIC's: "
            f"write a wired one ({_have(facts, nic, wired=True)}), or `driver: ipvlan`"
        )


def _have(facts: HostFacts, like: str, *, wired: bool = False) -> str:
    names = [
        name
        for name, nic in facts.nics.items()
        if name != "lo"
        and not name.startswith(("docker", "br-", "veth", "vx", "mv"))
        and not (wired and (nic.wireless or nic.bridge))
    ]
    return ", ".join(nearest(like, names)) or "it has none"
