"""What a way of making networks promises, in one place: its contract.

A strategy has one, an overlay has one for each control plane. Refusals before an up, the doctor's
verdicts, docs/strategies.md and the tests that hold every promise on real hosts all read it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from planning.facts import HostFacts
from planning.ports import Port


class Reach(Enum):
    """A way that a packet may take; the value is what people call it."""

    SAME_HOST = "container to container on one host"
    ACROSS = "container to container on another host"
    NAMES = "by name, to another host"
    OWN_HOST = "host to its own containers"
    OTHER_HOST = "host to other hosts' containers"
    FROM_LAN = "LAN to containers"
    TO_LAN = "containers to the LAN"
    PUBLISHED = "LAN to a published port"


def _nothing(_host: str, _facts: HostFacts) -> Iterable[str]:
    return ()


@dataclass(frozen=True)
class Contract:
    """What a way of making networks needs, changes, makes, promises and undoes.

    ``lacks``: sentences why a host, as facts show it, cannot have such networks, beside missing
    ``modules`` of its kernel. ``ports`` must be open between all its hosts, ``control`` to those
    that serve the others (named for people). ``reach``: a promise for every Reach, also of what does not
    work; what is left out, routers of the LAN decide. The texts are for people.
    """

    key: str
    title: str
    engines: str
    addresses: str
    changes: str
    networks: str
    undo: str
    reach: Mapping[Reach, bool]
    modules: tuple[str, ...] = ()
    ports: tuple[Port, ...] = ()
    control: tuple[Port, str] | None = None
    lacks: Callable[[str, HostFacts], Iterable[str]] = _nothing

    def refusals(self, host: str, facts: HostFacts) -> Iterator[str]:
        """Sentences why this host cannot have any such network."""
        for module in self.modules:
            if facts.modules.get(module) == "missing":
                yield (
                    f"the kernel of {host} ({facts.kernel}) has no module {module}: install a "
                    "kernel that has it (Debian's linux-image-amd64 does), or use another host"
                )
        yield from self.lacks(host, facts)
