"""The doctor's tables: what hosts are like, and what they can do."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address

from rich.table import Table
from rich.text import Text

from components.networks import contracts
from components.ssh import Endpoint
from planning.facts import HostFacts, Unreachable
from planning.firewall import Packet
from planning.ports import Port, gate
from planning.sentences import listed
from reports.verdicts import Judgement

# What a firewall may be in the way of.
GUARDED: tuple[Port, ...] = tuple(
    dict.fromkeys(
        [
            *(port for c in contracts() for port in c.ports),
            *(c.control[0] for c in contracts() if c.control is not None),
        ]
    )
)
_UNKNOWN = "?"
# What is missed by few.
_MISSED = {"esp4": "esp4 (for encrypted overlays)"}


def engines(
    endpoints: Mapping[str, Endpoint], facts: Mapping[str, HostFacts | Unreachable]
) -> Table:
    """Address, system and engine of every host."""
    table = _table(
        "host",
        "address",
        "answers",
        "OS",
        "engine",
        "back ends",
        "swarm",
        "live-restore",
        "running",
    )
    for name, endpoint in endpoints.items():
        seen = facts[name]
        row = (
            ["no" if seen.kind == "silent" else "nonsense"] + [""] * 6
            if isinstance(seen, Unreachable)
            else ["yes", *_engine(seen)]
        )
        _add(table, name, endpoint.address, *row)
    return table


def machines(facts: Mapping[str, HostFacts | Unreachable]) -> Table:
    """NICs, clock, space and firewall of every host that answers."""
    table = _table("host", "NICs", "clock", "free", "firewall", "missing modules")
    for name, seen in facts.items():
        if isinstance(seen, HostFacts):
            _add(table, name, *_machine(seen))
    return table


def strategies(judgements: Mapping[str, Mapping[str, Judgement]]) -> Table:
    """Whether each host can have each strategy; ``reasons`` says why it cannot."""
    titles = list(next(iter(judgements.values()), {}))
    table = _table("host", *titles)
    for name, verdicts in judgements.items():
        _add(table, name, *(_verdict(verdicts[title]) for title in titles))
    return table


def reasons(judgements: Mapping[str, Mapping[str, Judgement]]) -> list[Text]:
    """A line for all that keeps a host from strategies."""
    lines = []
    for name, verdicts in judgements.items():
        kept: dict[str, list[str]] = {}
        for title, judgement in verdicts.items():
            for reason in judgement.reasons:
                kept.setdefault(reason, []).append(title)
        lines += [
            Text(f"{name} cannot have {listed(titles)}: {reason}", style="red")
            for reason, titles in kept.items()
        ]
    return lines


def _table(*columns: str) -> Table:
    return Table(*columns, box=None, pad_edge=False, padding=(0, 2, 0, 0))


def _add(table: Table, *cells: str | Text) -> None:
    # What hosts say is no markup.
    table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in cells))


def _verdict(judgement: Judgement) -> Text:
    return Text("yes", style="green") if judgement.able else Text("no", style="red")


def _engine(seen: HostFacts) -> list[str]:
    engine = seen.engine
    system = seen.os.removeprefix("Debian GNU/Linux ")
    system = f"Debian {system}" if system != seen.os else system
    if engine is None:
        return [system, "does not answer" if seen.docker_cli else "no docker", "", "", "", ""]
    return [
        system,
        engine.version,
        "?" if seen.hides("backends") else ", ".join(sorted(seen.backends)) or "none",
        _swarm(seen),
        "yes" if engine.live_restore else "no",
        _UNKNOWN if seen.containers is None else f"{seen.running} of {len(seen.containers)}",
    ]


def _swarm(seen: HostFacts) -> str:
    """inactive, or the node's role, or what keeps it from having one."""
    if seen.swarm.state != "active":
        return seen.swarm.state
    return "manager" if seen.swarm.manager else "worker"


def _machine(seen: HostFacts) -> list[str]:
    nics = [
        f"{name} {', '.join(str(a) for a in nic.addresses) or '-'} mtu {nic.mtu}"
        + (" promiscuous" if nic.promiscuous else "")
        for name, nic in seen.nics.items()
        if name != "lo" and not name.startswith(("docker", "br-", "veth", "vx"))
    ]
    spaces = (("docker", seen.free_docker), ("/etc", seen.free_etc))
    return [
        "\n".join(nics) or _UNKNOWN,
        _UNKNOWN if seen.skew is None else f"{seen.skew:+d} s" if seen.skew else "right",
        "\n".join(f"{what} {_size(free)}" for what, free in spaces if free is not None) or _UNKNOWN,
        _firewall(seen),
        ", ".join(_MISSED.get(n, n) for n, s in sorted(seen.modules.items()) if s == "missing")
        or ("none" if seen.modules else _UNKNOWN),
    ]


def _firewall(seen: HostFacts) -> str:
    """Who guards, and what is shut to a host of the same subnet."""
    rules = seen.firewall
    if rules.iptables is None and rules.nft is None:
        return "cannot be read" if seen.uid else "none found"
    guards = [name for name, on in (("ufw", rules.ufw), ("firewalld", rules.firewalld)) if on]
    gates = {f"{p} {n}": _gate_of_lan(seen, (p, n)) for p, n in GUARDED}
    closed = ", ".join(port for port, gate in gates.items() if gate == "shut")
    unclear = ", ".join(port for port, gate in gates.items() if gate == "unknown")
    lines = [
        ", ".join(guards),
        closed and f"shut: {closed}",
        unclear and f"unclear: {unclear}",
        "" if closed or unclear else "open",
    ]
    return "\n".join(filter(None, lines))


def _gate_of_lan(seen: HostFacts, port: Port) -> str:
    for name, nic in seen.nics.items():
        for address in nic.addresses:
            if name != "lo" and not name.startswith(("docker", "br-")):
                neighbour = IPv4Address(int(address.network.network_address) + 1)
                return gate(seen, Packet(*port, neighbour, address.ip, name))
    return "unknown"


def _size(count: int) -> str:
    for unit, size in (("GB", 1 << 30), ("MB", 1 << 20)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} bytes"
