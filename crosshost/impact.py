"""Who is on which network: after an up as the stack file says, before it as the last up left it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from components import networks
from components.networks.base import NetworkSettings
from crosshost.topology import Outputs
from planning.contract import Contract
from planning.redaction import SECRET_MARK
from reports.impact.model import Fleet, Member
from reports.topology.model import Status, Topology
from stacks.settings import Settings

# Docker's word for a host's own network.
_HOST = "host"


def after(settings: Settings, last: Outputs) -> Fleet:
    """``last``: the outputs of the last up, for what the file leaves open."""
    made = _map(last.get("networks"))
    contracts = {
        name: _of_settings(one, _map(made.get(name))) for name, one in settings.networks.items()
    }
    known = _map(last.get("containers"))
    members = {}
    for name, one in settings.containers.items():
        owner = settings.containers.get(one.shares or "", one)
        row = _map(known.get(name))
        stays = row.get("host") == one.host
        seen = _map(row.get("addresses")) if stays else {}
        addresses = {
            network: str(join.ipv4_address) if join.ipv4_address else _text(seen.get(network))
            for network, join in owner.attachments().items()
        }
        members[name] = Member(one.host, addresses, owner.network == _HOST)
    return _fleet(members, contracts)


def before(last: Outputs) -> Fleet:
    """The fleet as the outputs of the last up have it."""
    contracts = {str(name): _of_row(_map(row)) for name, row in _map(last.get("networks")).items()}
    members = {}
    rows = _map(last.get("containers"))
    for name, row in rows.items():
        mode = str(_map(row).get("mode") or "")
        owner = rows.get(mode.removeprefix("container:"), row)
        seen = _map(_map(owner).get("addresses"))
        on = [
            network
            for network in str(_map(owner).get("mode") or "").split(",")
            if network in contracts
        ]
        addresses = {network: _text(seen.get(network)) for network in on}
        is_host = _map(owner).get("mode") == _HOST
        members[str(name)] = Member(str(_map(row).get("host") or ""), addresses, is_host)
    return _fleet(members, contracts)


def changed_part(fleet: Topology, names: frozenset[str]) -> Topology:
    """The part of a fleet that changes: its hosts, and of their containers and networks what does."""
    changed = {
        one.name for one in fleet.containers if one.status is not Status.THERE
    } | {name for name in names if name in fleet.names}  # fmt: skip
    containers = tuple(c for c in fleet.containers if c.name in changed or c.docker_name in changed)
    hosts = {container.host for container in containers} | changed
    on = {network for container in containers for network in container.addresses} | changed
    return replace(
        fleet,
        hosts=tuple(host for host in fleet.hosts if host.name in hosts),
        networks=tuple(network for network in fleet.networks if network.name in on),
        containers=containers,
    )


def _fleet(members: Mapping[str, Member], contracts: Mapping[str, Contract | None]) -> Fleet:
    return Fleet(
        members,
        {
            name: {way.name: works for way, works in one.reach.items()}
            for name, one in contracts.items()
            if one is not None
        },
        {name: one.title for name, one in contracts.items() if one is not None},
    )


def _of_settings(settings: NetworkSettings, row: Outputs) -> Contract:
    """The contract of a network; of one that leaves it open the one that it had, else the first."""
    title = settings.describe(row)
    found = (one for one in settings.contracts if one.title == title)
    return next(found, settings.contracts[0])


def _of_row(row: Outputs) -> Contract | None:
    """The contract of a network by its row in the outputs."""
    keys = {str(row.get("strategy")), f"{row.get('strategy')}-{row.get('control_plane')}"}
    return next((one for one in networks.contracts() if one.key in keys), None)


def _map(value: object) -> Outputs:
    return value if isinstance(value, dict) and SECRET_MARK not in value else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
