"""Writes docs/strategies.md: which network to choose, from the contracts and the engine matrix.

Run it after a change of either: ``lab/python -m reports.strategies``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from components.networks import contracts
from planning.contract import Contract, Reach
from reports import engine_matrix, pictures

FILE = Path(__file__).parent.parent / "docs" / "strategies.md"

_HEAD = """\
<!-- Written by `lab/python -m reports.strategies`; edit it, the contracts or the tests instead. -->
# Which network to choose

You want containers on several hosts to reach each other, and look for the network that fits:

- Containers that the rest of the LAN talks to, each by an address of its own: `macvlan`. It needs
  nothing of the engine, but a LAN that lets several MAC addresses live behind one port (clouds and
  many Wi-Fi networks do not; `driver: ipvlan` does without). A host does not reach its own containers this
  way, but with `shim: true`.
- Containers that talk to each other, by name, and are reached from outside by published ports only:
  `overlay`. Leave `control_plane` out, and the hosts decide (below).
- The same without anything that could be lost between the hosts, on engines of any age side by side:
  `vxlan`. Each host has a slice of the subnet, which it keeps; hosts reach all containers too. Names of
  containers on other hosts come with `crosshost:dns`, a name server in a container on each host. Where
  others can listen between the hosts: `encrypted: true`.
- With IPv6 beside IPv4: `subnet6` of a `macvlan` or `vxlan` network. Overlays of Docker's carry IPv4 only.
- Both: a container may join several networks, and a stack may have several of each kind.

A host's kernel and engine are looked at before anything is changed: what cannot work is refused, with
the reason and the way out. `python -m crosshost doctor -s STACK` lists it for each host beforehand.

## What they need, change and promise

Each yes and no is held against real hosts by tests/lab/test_contracts.py. Of macvlan: "host to its own
containers" is yes with `shim: true`, and "by name" with a `pool` and `crosshost:dns`; on a VLAN, where hosts
have no address, routers decide who gets from there to the LAN and back.

"""

_PLANES = """
## The control plane of an overlay

The engines of an overlay must find each other. `control_plane: auto` is the default, and the first
of these that holds decides, for all overlays of the stack that leave it open:

1. An overlay of the stack names its control plane: that one, as an engine cannot have two.
2. No host answers: Consul where the stack file has `crosshost:consul`, else Swarm. Only a preview
   gets this far.
3. A host joined a swarm for this stack at an earlier `up`: Swarm. Nothing is rebuilt because an
   engine was upgraded or a host was added.
4. A host joined a cluster store for this stack, or lives on one anyway, which excludes Swarm:
   Consul. Where another host's engine has no Consul back end, `up` is refused with the hosts'
   names and the ways out.
5. Else Swarm, which every engine in use has, mixed ones too.

Preview and `up` print what was chosen and why. Write `control_plane: consul` only where a fleet of
engines up to 20.10 is to stay on Consul; from Docker 23 on, no engine can.

## Seen on these engines

Three hosts a row, the first two to begin with; "reach" is every container every other one, by name
where the network has names. The lab's hosts are Debian with Debian's Docker; written by
`make test-all` (tests/lab/test_engine_matrix.py).

"""


def text() -> str:
    """The document's content."""
    return _HEAD + _contracts(contracts()) + _ways(contracts()) + _PLANES + engine_matrix.table()


def _ways(all_: Sequence[Contract]) -> str:
    shown = (f"![{one.title}](pictures/{pictures.packet_way(one)})\n" for one in all_)
    return "\n## A packet's way\n\n" + "\n".join(shown)


def _contracts(all_: Sequence[Contract]) -> str:
    rows: list[tuple[str, Callable[[Contract], str]]] = [
        ("engines", lambda c: c.engines),
        ("containers' addresses", lambda c: c.addresses),
        ("changed on hosts", lambda c: c.changes),
        ("networks made", lambda c: c.networks),
        ("kernel modules", lambda c: ", ".join(c.modules)),
        ("ports between hosts", _ports),
        *((reach.value, _promise(reach)) for reach in Reach),
        ("undone by destroy", lambda c: c.undo),
    ]
    lines = [
        ["", *(contract.title for contract in all_)],
        ["---"] * (len(all_) + 1),
        *([name, *(cell(contract) for contract in all_)] for name, cell in rows),
    ]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _promise(reach: Reach) -> Callable[[Contract], str]:
    return lambda contract: "yes" if contract.reach[reach] else "no"


def _ports(contract: Contract) -> str:
    ports = [f"{protocol} {number}" for protocol, number in contract.ports]
    if contract.control is not None:
        (protocol, number), whom = contract.control
        ports.append(f"{protocol} {number} to {whom}")
    return ", ".join(ports) or "none"


if __name__ == "__main__":
    FILE.write_text(text())
