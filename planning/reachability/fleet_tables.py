"""The tables of all hosts of a stack, with what they are to be compared with.

Standard library only (components/reachability/run.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from planning.addresses import is_ipv4
from planning.reachability.links import Ask, HostLink
from planning.reachability.probes import Endpoint
from planning.reachability.results import AWAY
from planning.reachability.tables import Link, Tables


@dataclass(frozen=True)
class Finding:
    """One thing that was compared with the plan.

    ``why``: what is wrong, "" where it is as planned; ``{them}`` in it stands for ``to`` and others of its
    host that it is said of, too, ``{names}`` for their names in a command. ``unread``: it is not known, for
    the reason ``why``. ``remedy``: where it is for ``to`` alone, and not in ``why``.
    """

    why: str = ""
    to: Endpoint | None = None
    unread: bool = False
    remedy: str = ""


@dataclass(frozen=True)
class FleetTables:
    """``addresses``: host -> its address. ``said``: host -> the tables that were asked for."""

    links: Sequence[HostLink]
    endpoints: Sequence[Endpoint]
    addresses: Mapping[str, str]
    said: Mapping[str, Mapping[Ask, Tables]] = field(default_factory=dict)

    def of(self, host: str, ask: Ask) -> Tables:
        """Tables of a host; not known where it did not answer."""
        return self.said.get(host, {}).get(ask) or Tables(why=f"{host} gave no answer")

    def overlay(self, link: HostLink) -> Tables:
        """The tables of Docker's namespace of a link's network."""
        for ask, found in self.said.get(link.host, {}).items():
            if ask.where == "overlay" and ask.network == link.network:
                return found
        return Tables(why=f"{link.host} gave no answer")

    def container(self, end: Endpoint) -> Tables:
        """The tables of a container."""
        return self._containers[end]

    def here(self, link: HostLink) -> Sequence[Endpoint]:
        """The containers of a link's network on its host, those that run or are not known to do."""
        return self._running.get((link.network, link.host), ())

    def elsewhere(self, link: HostLink) -> list[Endpoint]:
        """The containers of a link's network on other hosts, those that run or are not known to do."""
        return [end for other in self.others(link) for end in self.here(other)]

    def others(self, link: HostLink) -> list[HostLink]:
        """The links of the same network on other hosts."""
        return [one for one in self.links if one.network == link.network and one.host != link.host]

    def interface(self, end: Endpoint) -> Link | None:
        """A container's interface on its network; None where its host does not tell."""
        return self._interfaces[end]

    @property
    def macs(self) -> dict[str, str]:
        """Address -> MAC address of the container that has it, of those that hosts tell."""
        return {end.address: one.mac for end, one in self._interfaces.items() if one}

    def carrier(self, host: str) -> Link | None:
        """The NIC that has a host's address, or leads to the others; None where the host does not tell."""
        return self._carriers.get(host)

    def addresses_of(self, host: str) -> frozenset[str]:
        """All that a host may be sent packets at."""
        return self._addresses.get(host, frozenset())

    @cached_property
    def _containers(self) -> dict[Endpoint, Tables]:
        return {end: self.of(end.host, Ask("container", end.container)) for end in self.endpoints}

    @cached_property
    def _interfaces(self) -> dict[Endpoint, Link | None]:
        return {end: tables.link_of(end.address) for end, tables in self._containers.items()}

    @cached_property
    def _running(self) -> dict[tuple[str, str], list[Endpoint]]:
        found: dict[tuple[str, str], list[Endpoint]] = {}
        for end, tables in self._containers.items():
            if tables.why != AWAY:
                found.setdefault((end.network, end.host), []).append(end)
        return found

    @cached_property
    def _addresses(self) -> dict[str, frozenset[str]]:
        return {
            host: frozenset(self.of(host, Ask("host")).addresses) | {address}
            for host, address in self.addresses.items()
        }

    @cached_property
    def _carriers(self) -> dict[str, Link]:
        found: dict[str, Link] = {}
        some = [(name, one) for name, one in self.addresses.items() if is_ipv4(one)][:2]
        for host, address in self.addresses.items():
            tables = self.of(host, Ask("host"))
            way = next((tables.way_to(one) for name, one in some if name != host), "")
            if link := tables.link_of(address) or tables.links.get(way):
                found[host] = link
        return found
