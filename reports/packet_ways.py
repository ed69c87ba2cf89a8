"""Pictures of a packet's way between containers on two hosts, one for each contract.

What works and what does not, and which ports it takes, is the contract's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from planning.contract import Contract
from reports.drawing import COLOURS, DIM, INK, PANEL, PAPER, RED, Drawing, wrapped

_BLUE, _GREEN = COLOURS[0], COLOURS[1]
_WIDTH, _MARGIN = 860.0, 24.0
_HOST_W, _HOST_X = 370.0, (24.0, 466.0)
_ADDRESSES = ("10.0.0.11", "10.0.0.12")


@dataclass(frozen=True)
class _Box:
    """A box in a host: its middle, and what it says on a line or two."""

    x: float
    y: float
    w: float
    h: float = 40

    def draw(self, drawing: Drawing, *lines: str, stroke: str = DIM, fill: str = PAPER) -> None:
        drawing.box(self.x - self.w / 2, self.y, self.w, self.h, stroke=stroke, fill=fill, radius=5)
        top = self.y + self.h / 2 + 4 - 8 * (len(lines) - 1)
        for number, line in enumerate(lines):
            drawing.text(self.x, top + 16 * number, line, size=12 if number == 0 else 11,
                         bold=number == 0, fill=INK if number == 0 else DIM, mono=number > 0,
                         anchor="middle", room=self.w - 8)  # fmt: skip


def svg(contract: Contract) -> str:
    """The picture for a contract."""
    return _DRAWN[contract.key](contract)


def _macvlan(contract: Contract) -> str:
    drawing = Drawing()
    _title(drawing, contract)
    _hosts(drawing, 60, 226)
    lan = 326.0
    _lan(drawing, lan, "the hosts' LAN, 10.0.0.0/24")
    a, d = _HOST_X[0] + 99, _HOST_X[1] + 271
    drawing.line([(a, 140), (a, lan), (d, lan), (d, 140)], _BLUE, thick=4, end=True)
    drawing.line([(a + 172, 140), (a + 172, 180)], _BLUE, dashed=True)
    for side, x in enumerate(_HOST_X):
        for number, at in enumerate((x + 99, x + 271)):
            letter, address = "abcd"[2 * side + number], f"10.0.0.{100 * (side + 1) + number}"
            _Box(at, 96, 152, 44).draw(
                drawing, f"container {letter}", f"eth0 {address}", stroke=_BLUE
            )
        _Box(x + 185, 180, 324, 34).draw(drawing, "macvlan, mode bridge", fill="#ddf4ff")
        _Box(x + 185, 240, 324, 36).draw(drawing, "ens33, promiscuous where asked for")
    for number, (at, y) in enumerate(((a, 160), (a, 303), (d, 303), (d, 164)), 1):
        drawing.number(at, y, str(number), _BLUE)
    steps = [
        "The packet leaves container a with a MAC and an address of its own; no NAT, no tunnel.",
        "The NIC sends it as it is. The switch, or the hypervisor, must let several MACs live behind "
        "one port.",
        "The other host's NIC takes it in, though the MAC is not the NIC's: a virtual machine's must "
        "be promiscuous for that.",
        "macvlan hands it to container d by its MAC. Containers of one host (dashed) meet there "
        "already; the host itself stays apart from its own.",
    ]
    return _finish(drawing, contract, lan + 50, steps)


def _overlay(contract: Contract, server: str, knows: str) -> str:
    drawing = Drawing()
    _title(drawing, contract)
    top, lan = 134.0, 540.0
    _hosts(drawing, top, 348)
    _lan(drawing, lan, "between the hosts: any network that lets these ports through")
    left, right = ([x + at for x in _HOST_X] for at in (100, 275))
    under = top + 100  # the containers
    drawing.line(
        [(left[0], under), (left[0], lan), (left[1], lan), (left[1], under)],
        _BLUE,
        thick=4,
        end=True,
    )
    for x in right:
        drawing.line([(x, under), (x, lan - 5)], _GREEN, start=True, end=True)
    _control(drawing, contract, server, top)
    for side, x in enumerate(_HOST_X):
        _Box(x + 185, top + 54, 338, 46).draw(
            drawing, f"container web0{side + 1}",
            f"eth0 172.16.1.{side + 1} (ol1), eth1 172.18.0.{side + 2}", stroke=_BLUE,
        )  # fmt: skip
        _Box(left[side], top + 136, 164).draw(
            drawing, "bridge br0", "network's namespace", fill="#ddf4ff"
        )
        _Box(left[side], top + 208, 164).draw(drawing, "vxlan", "MTU 1450", fill="#ddf4ff")
        _Box(right[side], top + 136, 158).draw(
            drawing, "docker_gwbridge", "172.18.0.1", fill="#dafbe1"
        )
        _Box(right[side], top + 208, 158).draw(
            drawing, "NAT of iptables", "published ports", fill="#dafbe1"
        )
        _Box(x + 185, top + 290, 338).draw(drawing, "ens33", _ADDRESSES[side])
    marks = ((left[0], 118), (left[0], 269), (left[1], 269), (left[1], 120))
    _numbers(drawing, top, marks, right, 118)
    carrier = " ".join(map(str, contract.ports[-1]))
    steps = [
        "The packet leaves web01 by eth0, a veth pair into the network's own namespace on the host. "
        "Docker's name server at 127.0.0.11 has told web02's address.",
        f"vxlan wraps it, 50 bytes more, and sends it to docker02's address by {carrier}.",
        f"docker02 takes it out. Which container is on which host {knows}.",
        "br0 hands it to web02 by its MAC.",
        "What is for the LAN goes by eth1, docker_gwbridge and NAT instead, and what comes to a "
        "published port comes in by them.",
    ]
    return _finish(drawing, contract, lan + 50, steps)


def _numbers(
    drawing: Drawing,
    top: float,
    marks: Sequence[tuple[float, float]],
    outside: Iterable[float],
    below: float,
) -> None:
    """The steps on the way between containers, from 1, and 5 on the ways to the LAN."""
    for number, (x, under) in enumerate(marks, 1):
        drawing.number(x, top + under, str(number), _BLUE)
    for x in outside:
        drawing.number(x, top + below, "5", _GREEN)


def _vxlan(contract: Contract, *, encrypted: bool) -> str:
    drawing = Drawing()
    _title(drawing, contract)
    top, lan = 60.0, 446.0
    _hosts(drawing, top, 328)
    _lan(drawing, lan, "between the hosts: any network that lets this port through")
    left, right = ([x + at for x in _HOST_X] for at in (100, 275))
    under = top + 80
    drawing.line(
        [(left[0], under), (left[0], lan), (left[1], lan), (left[1], under)],
        _BLUE,
        thick=4,
        end=True,
    )
    for side, x in enumerate(_HOST_X):
        drawing.line(
            [(left[side], top + 142), (right[side], top + 142), (right[side], lan - 5)],
            _GREEN,
            start=True,
            end=True,
        )
        first = 16 * side
        _Box(x + 185, top + 40, 338, 46).draw(
            drawing, f"container web0{side + 1}",
            f"eth0 172.16.2.{first + 2} (mesh)", stroke=_BLUE,
        )  # fmt: skip
        _Box(left[side], top + 120, 164).draw(
            drawing, "bridge", f"172.16.2.{first + 1}", fill="#ddf4ff"
        )
        device = ("vxlan in WireGuard", "MTU 1370") if encrypted else ("vxlan", "MTU 1450")
        _Box(left[side], top + 192, 164).draw(drawing, *device, fill="#ddf4ff")
        _Box(right[side], top + 192, 158).draw(
            drawing, "NAT of iptables", "published ports", fill="#dafbe1"
        )
        _Box(x + 185, top + 270, 338).draw(drawing, "ens33", _ADDRESSES[side])
    marks = ((left[0], 103), (left[0], 250), (left[1], 250), (left[1], 105))
    _numbers(drawing, top, marks, right, 168)
    carrier = " ".join(map(str, contract.ports[0]))
    wraps = "vxlan wraps it, 50 bytes more,"
    if encrypted:
        wraps = "vxlan wraps it, WireGuard encrypts that, 130 bytes more together,"
    steps = [
        "The packet leaves web01 by eth0, a veth pair into the network's bridge on the host. All hosts' "
        "bridges are one Ethernet: web01 asks by ARP who has the address.",
        f"{wraps} and sends it to docker02's address by {carrier}; what it knows "
        "no place of, as ARP's questions, it sends to every host of the network.",
        "docker02 takes it out, if it came from a host of the network, and learns who is where.",
        "The bridge hands it to web02 by its MAC.",
        "What is for the LAN goes by the host's own address in the subnet and NAT instead, and what "
        "comes to a published port comes in by them.",
    ]
    return _finish(drawing, contract, lan + 50, steps)


def _control(drawing: Drawing, contract: Contract, server: str, top: float) -> None:
    """The engines, what they tell each other, and whom else they ask."""
    engines = [_Box(_HOST_X[0] + 306, top + 10, 100, 30), _Box(_HOST_X[1] + 64, top + 10, 100, 30)]
    for engine in engines:
        drawing.line([(engine.x, engine.y), (engine.x, 88)], DIM, dashed=True, end=True)
    drawing.line([(engines[0].x + 50, top + 25), (engines[1].x - 50, top + 25)], DIM, dashed=True,
                 start=True, end=True)  # fmt: skip
    for engine in engines:
        engine.draw(drawing, "dockerd")
    assert contract.control is not None
    (protocol, number), _ = contract.control
    _Box(_WIDTH / 2, 48, 300).draw(drawing, server, f"{protocol} {number}", fill=PANEL)
    gossip = ", ".join(f"{protocol} {number}" for protocol, number in contract.ports[:-1])
    drawing.text(_WIDTH / 2, top - 12, gossip, size=11, fill=DIM, mono=True, anchor="middle")


def _title(drawing: Drawing, contract: Contract) -> None:
    drawing.text(_MARGIN, 36, f"{contract.title}: a packet's way", size=18, bold=True)


def _hosts(drawing: Drawing, y: float, h: float) -> None:
    for x in _HOST_X:
        drawing.box(x, y, _HOST_W, h, fill=PANEL, stroke="#8c959f", radius=8)
    # At the outer corners: engines stand at the inner ones.
    drawing.text(_HOST_X[0] + 14, y + 24, "docker01", size=14, bold=True)
    drawing.text(_HOST_X[1] + _HOST_W - 14, y + 24, "docker02", size=14, bold=True, anchor="end")


def _lan(drawing: Drawing, y: float, words: str) -> None:
    drawing.line([(_MARGIN, y), (_WIDTH - _MARGIN, y)], "#8c959f", thick=8)
    drawing.text(_WIDTH / 2, y + 20, words, size=11, fill=DIM, anchor="middle")


def _finish(drawing: Drawing, contract: Contract, y: float, steps: Sequence[str]) -> str:
    for number, step in enumerate(steps, 1):
        drawing.number(_MARGIN + 9, y - 4, str(number), _GREEN if number == 5 else _BLUE)
        for line in wrapped(step, _WIDTH - 2 * _MARGIN - 30, 12):
            drawing.text(_MARGIN + 28, y, line)
            y += 17
        y += 6
    y += 8
    for works, sign, colour in ((True, "works", _GREEN), (False, "does not", RED)):
        paths = "; ".join(
            path.value for path, promised in contract.reach.items() if promised is works
        )
        drawing.text(_MARGIN, y, sign, bold=True, fill=colour)
        for line in wrapped(paths, _WIDTH - 2 * _MARGIN - 76, 12):
            drawing.text(_MARGIN + 76, y, line)
            y += 17
        y += 4
    return drawing.svg(_WIDTH, y + 8, f"{contract.title}: a packet's way", " ".join(steps))


_DRAWN: dict[str, Callable[[Contract], str]] = {
    "macvlan": _macvlan,
    "vxlan": partial(_vxlan, encrypted=False),
    "vxlan-encrypted": partial(_vxlan, encrypted=True),
    "overlay-consul": lambda contract: _overlay(
        contract,
        "Consul server",
        "the engines tell each other; the store has networks and addresses",
    ),
    "overlay-swarm": lambda contract: _overlay(
        contract,
        "managers of the swarm",
        "the engines tell each other; managers give the addresses",
    ),
}
