"""What a host is like: the script that reads it, and what the script printed as HostFacts.

Each topic is a shell fragment, NAME.sh, that prints the topic's facts on the host, and beside it
NAME.py with a Topic that reads them. A new fact is a line in both, and a field with its line of
documentation; a new topic is a line in HostFacts. No contact here: components/facts.py runs the script.

What a host prints is not trusted: a fact that has not its form counts as not read.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

from planning.facts.backends import BackendsTopic
from planning.facts.base import Facts, Topic
from planning.facts.containers import ContainerFacts, ContainersTopic
from planning.facts.daemon_json import DaemonJsonTopic
from planning.facts.docker import DockerTopic, Engine
from planning.facts.firewall import FirewallTopic
from planning.facts.forwarding import ForwardingTopic
from planning.facts.ipv6 import Ipv6Topic
from planning.facts.listeners import ListenersTopic
from planning.facts.modules import ModulesTopic
from planning.facts.networks import NetworkFacts, NetworksTopic
from planning.facts.nics import Nic, NicsTopic
from planning.facts.printed import Printed
from planning.facts.records import RecordsTopic
from planning.facts.routes import RoutesTopic
from planning.facts.space import SpaceTopic
from planning.facts.swarm import SwarmTopic
from planning.facts.system import SystemTopic
from planning.facts.threads import ThreadsTopic
from planning.facts.units import UnitsTopic
from planning.facts.volumes import VolumesTopic
from planning.facts.vxlan import VxlanTopic
from planning.facts.wireguard import WireGuardTopic

__all__ = [
    "ContainerFacts",
    "Engine",
    "HostFacts",
    "NetworkFacts",
    "Nic",
    "Unreachable",
    "parse",
    "script",
]

_HERE = Path(__file__).parent


# In the order in which the host is asked: a fragment may use what those before it have set.
class HostFacts(
    SystemTopic,
    DockerTopic,
    SwarmTopic,
    ContainersTopic,
    NetworksTopic,
    VolumesTopic,
    BackendsTopic,
    ThreadsTopic,
    ForwardingTopic,
    DaemonJsonTopic,
    RecordsTopic,
    UnitsTopic,
    FirewallTopic,
    ListenersTopic,
    ModulesTopic,
    SpaceTopic,
    NicsTopic,
    RoutesTopic,
    Ipv6Topic,
    VxlanTopic,
    WireGuardTopic,
):
    """Everything that was read on one host that answered: the facts of all topics."""

    unread: dict[str, str] = {}
    """Name of a fact in the script -> why it could not be read: "time" (no answer), "size" (too much),
    "kind" (not a plain file), "form" (nonsense), or an exit code.
    """

    def hides(self, *names: str) -> bool:
        """Whether one of these facts is there and could not be read: no drift follows from it."""
        return any(not self.unread.get(name, "0").isdigit() for name in names)


class Unreachable(Facts):
    """A host whose facts could not be read."""

    reason: str
    """What is wrong, in ssh's own words where SSH failed."""
    kind: Literal["silent", "noise", "mute", "cut"] = "silent"
    """"silent" (SSH failed), "noise" (it answers, but prints something else than facts: ``reason`` is
    its first line), "mute" (it answers, and what is to run there prints nothing for too long), "cut" (it
    stopped in the middle).
    """


def topics() -> tuple[type[Topic], ...]:
    """All topics, in the order in which the host is asked."""
    return cast("tuple[type[Topic], ...]", HostFacts.__bases__)


def fragment(topic: type[Topic]) -> Path:
    """The shell fragment of a topic."""
    return _HERE / f"{topic.__module__.rpartition('.')[2]}.sh"


@cache
def script() -> str:
    """The POSIX shell script that reads a host; its one argument is the stack."""
    texts = (fragment(topic).read_text() for topic in topics())
    parts = (text.removeprefix("# shellcheck shell=sh\n") for text in texts)
    return (_HERE / "frame.sh").read_text().replace("# TOPICS\n", "\n".join(["", *parts, ""]))


def parse(text: str, asked: tuple[int, int] | None = None) -> HostFacts:
    """The facts from what the script printed; ValueError if that is not whole.

    ``asked``: our own time (seconds since 1970) before and after the host was asked.
    """
    printed = Printed(text, asked)
    found: dict[str, Any] = {}
    for topic in topics():
        found.update(dict(topic.read(printed)))
    return HostFacts(**found, unread=printed.unread)
