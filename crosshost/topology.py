"""A stack's fleet to draw: what its file says, and what its last up knows more."""

from __future__ import annotations

from collections.abc import Mapping

from components import networks
from components.container.settings import ContainerSettings
from components.networks.base import NetworkSettings
from crosshost import state as states
from crosshost.state import State
from planning.redaction import SECRET_MARK
from planning.state import of_type
from reports.topology.model import Container, Host, HostLink, Network, Status, Topology
from stacks.settings import Settings

Outputs = Mapping[str, object]
FROM_FILE = "drawn from the stack file alone"


def outputs(state: State) -> Outputs:
    """The outputs of a stack's last up; empty where it was never up."""
    found = of_type(state["deployment"], "pulumi:pulumi:Stack")
    return _map(found[0].get("outputs")) if found else {}


def last_up(stack: str) -> tuple[Outputs | None, str]:
    """The outputs of a stack's last up, {} where it is not up; None, and why, where nobody knows."""
    try:
        return outputs(states.export(stack)), ""
    except SystemExit as error:
        return None, str(error)


def topology(stack: str, settings: Settings, last: Outputs, why: str = "") -> Topology:
    """The fleet. ``last``: the outputs of its last up; ``why``: there are none, in words."""
    # Where a section is missing, as for a stack that was never up, nothing of it is marked as new.
    hosts, made, containers = (
        _readable(last.get(section)) for section in ("hosts", "networks", "containers")
    )
    roles: dict[str, list[str]] = {}
    for host, role in networks.roles(settings.stack, last):
        roles.setdefault(host, []).append(role)
    return Topology(
        stack,
        (
            *(
                Host(
                    name, host.address, _text(_row(hosts, name).get("engine")),
                    tuple(roles.get(name, ())), _status(name, hosts),
                )
                for name, host in settings.hosts.items()
            ),
            *(_gone_host(name, row) for name, row in _others(hosts, settings.hosts)),
        ),
        (
            *(
                _network(name, one, list(settings.hosts), made)
                for name, one in settings.networks.items()
            ),
            *(_gone_network(name, row) for name, row in _others(made, settings.networks)),
        ),
        (
            *(_container(name, one, containers) for name, one in settings.containers.items()),
            *(_gone_container(name, row) for name, row in _others(containers, settings.containers)),
        ),
        (f"{FROM_FILE}: {why}",) if why else (),
    )  # fmt: skip


def _gone_host(name: str, row: Outputs) -> Host:
    address, engine = _text(row.get("address")) or "", _text(row.get("engine"))
    return Host(name, address, engine, status=Status.GONE)


def _gone_container(name: str, row: Outputs) -> Container:
    host, mode = _text(row.get("host")) or "", _text(row.get("mode")) or ""
    return Container(name, host, name, _addresses(row), mode, status=Status.GONE)


def _network(
    name: str, settings: NetworkSettings, hosts: list[str], last: Outputs | None
) -> Network:
    row = _row(last, name)
    links = {
        host: HostLink(settings.nic_on(host), _text(settings.block_on(host)))
        for host in settings.on(hosts)
    }
    subnets = _subnets(str(settings.subnet), settings.ipv6)
    return Network(name, settings.describe(row), subnets, links, _status(name, last))


def _subnets(ipv4: str, ipv6: object) -> str:
    return f"{ipv4}, {ipv6}" if ipv6 else ipv4


def _gone_network(name: str, row: Outputs) -> Network:
    parents = _map(row.get("parent"))
    hosts = row.get("hosts")
    links = {
        str(host): HostLink(_text(parents.get(host)))
        for host in (hosts if isinstance(hosts, list) else ())
    }
    strategy = _text(row.get("strategy")) or ""
    subnets = _subnets(_text(row.get("subnet")) or "", _text(row.get("subnet6")))
    return Network(name, strategy, subnets, links, Status.GONE)


def _container(name: str, settings: ContainerSettings, last: Outputs | None) -> Container:
    row = _row(last, name)
    moved = row.get("host", settings.host) != settings.host
    known = {} if moved else _addresses(row)
    known6 = {} if moved else _addresses(row, "ipv6_addresses")
    addresses = {
        network: _text(join.ipv4_address) or known.get(network)
        for network, join in settings.attachments().items()
    }
    chosen6 = {
        network: address
        for network, join in settings.attachments().items()
        if (address := _text(join.ipv6_address) or known6.get(network))
    }
    return Container(
        name, settings.host, settings.container_name or name, addresses, settings.mode,
        tuple(str(port) for port in settings.ports),
        Status.NEW if moved else _status(name, last),
        chosen6,
    )  # fmt: skip


def _others(last: Outputs | None, now: Mapping[str, object]) -> list[tuple[str, Outputs]]:
    return [(str(name), _map(row)) for name, row in (last or {}).items() if name not in now]


def _status(name: str, last: Outputs | None) -> Status:
    return Status.THERE if last is None or name in last else Status.NEW


def _row(last: Outputs | None, name: str) -> Outputs:
    return _map((last or {}).get(name))


def _addresses(row: Outputs, key: str = "addresses") -> dict[str, str | None]:
    return {str(name): _text(value) for name, value in _map(row.get(key)).items()}


def _readable(value: object) -> Outputs | None:
    """A map of the outputs; None for what an up left unknown, and for what Pulumi encrypted."""
    return value if isinstance(value, dict) and SECRET_MARK not in value else None


def _map(value: object) -> Outputs:
    return _readable(value) or {}


def _text(value: object) -> str | None:
    return None if value is None or isinstance(value, (dict, list)) else str(value)
