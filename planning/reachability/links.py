"""What carries networks on hosts, as planned: what the tables of their kernels are compared with.

Standard library only (components/reachability/run.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Literal

from planning.reachability.probes import Endpoint

Where = Literal["host", "container", "overlay"]


@dataclass(frozen=True)
class HostLink:
    """What carries a network on one host; "" and 0 where a strategy has no such thing.

    ``mtu``: bytes, of its containers' interfaces. ``overhead``: bytes that the way adds to each packet.
    ``engine``: "docker" where Docker keeps entries for the containers of other hosts in a namespace of
    its own. ``parent``: the NIC that the containers' macvlan interfaces are on; ``promiscuous``: "yes" where
    it is to be so. ``device``: of the host's own, VXLAN, with its number ``vni``, UDP ``port``, own address
    ``local``, ``bridge``; it sends to the devices of the network on other hosts. ``driver``: what the
    interfaces on ``parent`` are, "" for macvlan. ``shim``: the host's own device on it.
    """

    network: str
    host: str
    mtu: int = 0
    overhead: int = 0
    engine: str = ""
    parent: str = ""
    promiscuous: str = ""
    device: str = ""
    vni: int = 0
    port: int = 0
    local: str = ""
    bridge: str = ""
    driver: str = ""
    shim: str = ""

    @property
    def line(self) -> str:
        """As a line of a request."""
        words = [
            f"{one.name}={value}"
            for one in fields(self)[2:]
            if (value := getattr(self, one.name)) != one.default
        ]
        return " ".join(["link", self.network, self.host, *words])

    @classmethod
    def read(cls, line: str) -> HostLink:
        """The link of a line. ValueError where it is none."""
        _, network, host, *words = line.split(" ")
        known = {one.name: int if one.default == 0 else str for one in fields(cls)[2:]}
        found: dict[str, str | int] = {}
        for word in words:
            key, _, value = word.partition("=")
            if key not in known:
                raise ValueError(f"no link: {line}")
            found[key] = known[key](value)
        return cls(network, host, **found)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Ask:
    """A network namespace of a host whose tables are wanted. ``name``: of a container, "" for the host's own.

    ``network``: of the overlay whose namespace it is, else "".
    """

    where: Where
    name: str = ""
    network: str = ""

    @property
    def words(self) -> str:
        """For components/scripts/tables.sh."""
        return " ".join([self.where, self.name or "-", *([self.network] if self.network else [])])


def asks(host: str, links: Iterable[HostLink], endpoints: Sequence[Endpoint]) -> list[Ask]:
    """What tells whether a host is as planned."""
    here = [one for one in endpoints if one.host == host]
    if not here:
        return []
    return [Ask("host"), *_of_containers(here), *_of_overlays(host, links, here)]


def _of_containers(here: Sequence[Endpoint]) -> Iterator[Ask]:
    for name in dict.fromkeys(one.container for one in here):
        yield Ask("container", name)


def _of_overlays(host: str, links: Iterable[HostLink], here: Sequence[Endpoint]) -> Iterator[Ask]:
    for link in links:
        on = [one.container for one in here if one.network == link.network]
        if link.host == host and link.engine and on:
            yield Ask("overlay", on[0], link.network)
