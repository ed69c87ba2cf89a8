"""The MTU of a VXLAN network where the stack file leaves it open: what the paths between its hosts carry.

Paths are asked (components/paths.py) where a host has no record of the network yet; what was chosen stays,
where it still passes: Docker makes networks of another MTU anew.
"""

from __future__ import annotations

from collections.abc import Iterator

from components.networks.vxlan.device import carrier
from components.networks.vxlan.settings import VxlanSettings
from planning import records
from planning.fleet_facts import FleetFacts, Path
from planning.sentences import listed

_USUAL, _LEAST = 1500, 576


def unknown_paths(name: str, settings: VxlanSettings, fleet: FleetFacts) -> Iterator[Path]:
    """The paths that must be asked for the network's MTU."""
    if settings.mtu is not None:
        return
    here = _nics(settings, fleet)
    for number, one in enumerate(here):
        for other in list(here)[number + 1 :]:
            if not (_kept(name, settings, one, fleet) and _kept(name, settings, other, fleet)):
                yield Path(one, other, min(here[one], here[other]))


def chosen(name: str, settings: VxlanSettings, fleet: FleetFacts) -> int:
    """The MTU: what was chosen before, where that passes; else the most that passes everywhere."""
    nics = _nics(settings, fleet)
    paths = [carried for path, carried in fleet.paths.items() if {path.one, path.other} <= {*nics}]
    carries = min([*nics.values(), *paths], default=_USUAL)
    most = max(carries - settings.overhead, _LEAST)
    kept = [_kept(name, settings, host, fleet) for host in nics]
    return max((mtu for mtu in kept if mtu and mtu <= most), default=most)


def narrowest(name: str, settings: VxlanSettings, fleet: FleetFacts) -> str | None:
    """A sentence on the paths that carry less than the NICs at their ends; None where there is none."""
    if settings.mtu is not None:
        return None
    nics = _nics(settings, fleet)
    narrow = {
        path: carried
        for path, carried in fleet.paths.items()
        if {path.one, path.other} <= {*nics} and carried < path.most
    }
    if not narrow:
        return None
    least = min(narrow.values())
    ways = [f"{path.one} to {path.other}" for path, carried in narrow.items() if carried == least]
    return (
        f"mtu of {name}: {chosen(name, settings, fleet)}, as packets of more than {least} bytes do not "
        f"get from {listed(ways)}"
    )


def _nics(settings: VxlanSettings, fleet: FleetFacts) -> dict[str, int]:
    """Host -> what the NIC with its address carries."""
    return {
        host: found[1].mtu
        for host in settings.on(list(fleet.answering))
        if (found := carrier(fleet.addresses[host], fleet.answering[host]))
    }


def _kept(name: str, settings: VxlanSettings, host: str, fleet: FleetFacts) -> int | None:
    """The MTU that was chosen at a host's last up, where packets grew as much as now."""
    fields = records.header_fields(fleet.answering[host].records.get(f"vxlan/{name}", ""))
    text = fields.get("mtu", "")
    same = fields.get("mtu_from") == "nics" and ("wireguard" in fields) == settings.encrypted
    return int(text) if same and text.isdigit() and int(text) >= _LEAST else None
