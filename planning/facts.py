"""What a host is like, as facts.sh printed it: parsing only, no contact.

What a host prints is not trusted: a fact that has not its form counts as not read.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from functools import partial
from ipaddress import IPv4Interface, IPv4Network
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, Field, TypeAdapter

from planning import answers, held, swarm_facts, system_facts
from planning.answers import RECORD_NAME, Printable, Word, WordOrNone, printable
from planning.held import Held
from planning.swarm_facts import Node, NodeAddress, SwarmFacts, SwarmInfo
from planning.system_facts import (
    DockerUnit,
    Facts,
    Firewall,
    Listener,
    ModuleState,
    StateFolder,
)

T = TypeVar("T")


class Nic(Facts):
    """One network interface: ``flags`` as `ip link` shows them, ``mtu`` in bytes."""

    flags: frozenset[str]
    mtu: int
    addresses: list[IPv4Interface] = []

    @property
    def promiscuous(self) -> bool:
        return "PROMISC" in self.flags


class ContainerFacts(Facts):
    """One container on the host, ours or not; ``stack`` is empty where it is not ours.

    ``made``, ``host``: our labels of these names. ``networks``: names, separated by commas.
    """

    id: Word
    name: Word
    state: Word
    status: Printable
    stack: Printable
    made: Printable = ""
    host: Printable = ""
    networks: Printable = ""


class NetworkFacts(Facts):
    """One Docker network on the host."""

    id: Word
    name: Printable
    driver: Printable
    scope: Word
    stack: Printable
    made: Printable = ""


class Parent(Facts):
    """The NIC that a macvlan network holds; empty where it has none."""

    id: Word
    parent: WordOrNone


class Route(Facts):
    """A subnet that the host reaches by a NIC of its own."""

    subnet: IPv4Network
    nic: str


class Engine(Facts):
    """The Docker daemon, from ``docker info``.

    ``client`` is the version of the docker command, told by those from 25 on, ``firewall_backend``
    by daemons from 28 on.
    """

    version: Word
    cluster_store: Printable = ""
    cluster_advertise: Printable = ""
    live_restore: bool = False
    firewall_backend: Printable = ""
    client: Printable = ""


class HostFacts(Facts):
    """Everything that facts.sh read on one host that answered; what it could not read is None.

    ``unread`` maps a fact's name in facts.sh to why it could not be read: "time" (no answer), "size"
    (too much), "kind" (not a plain file), "form" (nonsense), or an exit code.
    ``daemon_json`` and ``daemon_json_original`` are the file's text, None where it is absent.
    ``daemon_json_original`` is the file without what stacks set in it, empty where there is none;
    ``daemon_json_written`` is the hash of the file as a stack wrote it last. ``records`` maps a host
    change's name to the stdin of its last successful run, ``parents`` the ID of a macvlan network to
    its NIC. ``held``: thing -> what stacks hold of it.
    ``daemon_records``, ``swarm_records``: another stack of the version before -> its record of
    daemon.json, of its part in a swarm.
    ``daemon_interrupted``: a restart of ours was cut off with live-restore on for it.
    ``certificates`` maps a folder of ours to the hash of what is in it. ``skew`` is how many seconds
    the host's clock is ahead of ours, 0 as far as the time of asking leaves it open.
    ``sudo``: whether sudo works without a password, None for a login as root. ``guard``: whether the
    rules of firewall.sh are as it made them ("intact", "changed"), None where it made none.
    ``forwards_at_boot``: whether sysctl.d turns IPv4 forwarding on, asked from Docker 29 on.
    ``volumes``: names of Docker's volumes, on the host of a Consul server only.
    ``state_folder``: /var/lib/crosshost, None where there is none. ``read_only``: what root
    cannot write (state, units, daemon_json) -> the folder. ``free_docker``, ``free_etc`` and ``free_state`` are bytes. ``modules`` knows only what the host told.
    """

    uid: int
    hostname: Printable
    kernel: Printable = ""
    os: Printable = ""
    unread: dict[str, str] = {}
    clock: int | None = None
    skew: int | None = None
    boot_id: Printable = ""
    sudo: bool | None = None
    systemd: bool
    docker_cli: bool
    user_reaches_docker: bool = True
    engine: Engine | None = None
    swarm: SwarmFacts = SwarmFacts()
    backends: frozenset[str] = frozenset()
    daemon_json: str | None = None
    daemon_json_hash: str = "absent"
    daemon_json_original: str | None = None
    daemon_json_written: str | None = None
    records: dict[str, str] = {}
    held: dict[str, Held] = {}
    daemon_records: dict[str, str] = {}
    swarm_records: dict[str, str] = {}
    daemon_interrupted: bool = False
    certificates: dict[str, str] = {}
    scripts_hash: str | None = None
    nics: dict[str, Nic] = {}
    routes: list[Route] = []
    containers: list[ContainerFacts] | None = Field(default=[])
    networks: list[NetworkFacts] | None = Field(default=[])
    volumes: frozenset[str] | None = None
    parents: dict[str, str] = {}
    unit: DockerUnit | None = None
    firewall: Firewall = Firewall()
    forwards_at_boot: bool | None = None
    guard: str | None = None
    listeners: list[Listener] | None = None
    modules: dict[str, ModuleState] = {}
    free_docker: int | None = None
    free_etc: int | None = None
    free_state: int | None = None
    state_folder: StateFolder | None = None
    read_only: dict[str, Printable] = {}

    @property
    def running(self) -> int:
        """How many containers run, ours or not."""
        return sum(c.state == "running" for c in self.containers or [])

    def hides(self, *names: str) -> bool:
        """Whether one of these facts is there and could not be read: no drift follows from it."""
        return any(not self.unread.get(name, "0").isdigit() for name in names)


class Unreachable(Facts):
    """A host whose facts could not be read.

    ``kind``: "silent" (SSH failed, ``reason`` in ssh's own words), "noise" (it answers, but prints
    something else than facts: ``reason`` is its first line), "mute" (it answers, and what is to run
    there prints nothing for too long), "cut" (it stopped in the middle).
    """

    reason: str
    kind: Literal["silent", "noise", "mute", "cut"] = "silent"


class _FirewallInfo(BaseModel):
    Driver: str | None = ""


class _ClientInfo(BaseModel):
    Version: str | None = ""


class _Info(BaseModel):
    """What is read of ``docker info``."""

    ServerVersion: WordOrNone = ""
    ClusterStore: str | None = ""
    ClusterAdvertise: str | None = ""
    LiveRestoreEnabled: bool | None = False
    FirewallBackend: _FirewallInfo | None = None
    ClientInfo: _ClientInfo | None = None
    Swarm: SwarmInfo | None = None

    def engine(self) -> Engine | None:
        if not self.ServerVersion:
            return None
        return Engine(
            version=self.ServerVersion,
            cluster_store=self.ClusterStore or "",
            cluster_advertise=self.ClusterAdvertise or "",
            live_restore=bool(self.LiveRestoreEnabled),
            client=(self.ClientInfo and self.ClientInfo.Version) or "",
            firewall_backend=(self.FirewallBackend and self.FirewallBackend.Driver) or "",
        )


class _Printed:
    """The lines of facts.sh: ``one`` by name, ``many`` of a name; ``unread`` grows while reading."""

    def __init__(self, text: str) -> None:
        lines = [line.partition(" ")[::2] for line in text.splitlines() if line]
        if not lines or lines[0] != ("version", "1") or lines[-1] != ("end", "1"):
            raise ValueError("the facts script did not run to its end")
        self._lines: dict[str, list[str]] = {}
        for name, value in lines:
            self._lines.setdefault(name, []).append(value)
        self.unread: dict[str, str] = {}
        for name, _, why in (row.rpartition(" ") for row in self.many("unread")):
            self.unread[printable(name, 100)] = printable(why, 20)

    def one(self, name: str) -> str | None:
        return self._lines.get(name, [None])[-1]

    def many(self, name: str) -> list[str]:
        return self._lines.get(name, [])

    def text(self, name: str) -> str | None:
        """A base64 value as text, None where it is absent."""
        return self.read(name, lambda: _text(self.one(name)))

    def read(self, name: str, how: Callable[[], T]) -> T | None:
        """A fact in its form; None and a note in ``unread`` where it has another one."""
        try:
            return how()
        except ValueError:
            self.unread.setdefault(name, "form")
            return None


def parse(text: str, asked: tuple[int, int] | None = None) -> HostFacts:
    """The facts from what facts.sh printed; ValueError if it is not whole.

    ``asked``: our own time (seconds) before and after the host was asked.
    """
    printed = _Printed(text)
    one, read = printed.one, printed.read
    units = system_facts.properties(printed.text("units") or "")
    clock = read("clock", lambda: _number(one("clock")))
    info = read("info", lambda: _info(printed.text("info"))) or _Info()
    nodes = read("nodes", lambda: answers.rows(printed.text("nodes") or "", Node)) or []
    at = read(
        "node_addresses", lambda: answers.rows(printed.text("node_addresses") or "", NodeAddress)
    )
    return HostFacts(
        uid=_number(one("uid")),
        hostname=printed.text("hostname") or "",
        kernel=printed.text("kernel") or "",
        os=system_facts.os_name(printed.text("os_release") or ""),
        clock=clock,
        skew=None
        if asked is None or clock is None
        else clock - min(max(clock, asked[0]), asked[1]),
        boot_id=one("boot_id") or "",
        sudo={"1": True, "0": False}.get(one("sudo") or ""),
        systemd=one("systemd") == "1",
        docker_cli=one("docker_cli") == "1",
        user_reaches_docker=one("user_reaches_docker") != "0",
        engine=info.engine(),
        swarm=swarm_facts.understood(info.Swarm, nodes, at or []),
        backends=frozenset(printed.many("backend")) & {"consul", "etcd", "zookeeper"},
        daemon_json=printed.text("daemon_json"),
        daemon_json_hash=_hash(one("daemon_json_hash")),
        daemon_json_original=printed.text("daemon_json_original"),
        daemon_json_written=one("daemon_json_written") and _hash(one("daemon_json_written")),
        records=dict(_records(printed, "record")),
        held=held.things(_files(printed, "held")),
        daemon_records=dict(_records(printed, "daemon_record")),
        swarm_records=dict(_records(printed, "swarm_record")),
        daemon_interrupted=one("daemon_interrupted") == "1",
        certificates=dict(_pair(value) for value in printed.many("certificates")),
        scripts_hash=one("scripts_hash"),
        nics=read("links", lambda: _nics(printed)) or {},
        routes=read("routes", lambda: _routes(printed.text("routes") or "")) or [],
        containers=_list(printed, "containers", ContainerFacts) if info.ServerVersion else None,
        networks=_list(printed, "networks", NetworkFacts) if info.ServerVersion else None,
        volumes=None
        if (volumes := printed.text("volumes")) is None
        else frozenset(volumes.splitlines()),
        parents={row.id: row.parent for row in _list(printed, "parents", Parent) or []},
        unit=system_facts.docker_unit(units, printed.text("docker_unit")),
        firewall=Firewall(
            ufw={"1": True, "0": False}.get(one("ufw") or ""),
            firewalld=system_facts.active(units, "firewalld.service"),
            iptables=printed.text("iptables"),
            iptables_legacy=printed.text("iptables_legacy"),
            nft=printed.text("nft"),
        ),
        forwards_at_boot=system_facts.forwards_at_boot(printed.text("sysctl")),
        guard={"intact": "intact", "changed": "changed"}.get(one("guard") or ""),
        listeners=system_facts.listeners(printed.text("listening")),
        modules=read("module", lambda: _modules(printed.many("module"))) or {},
        free_docker=read("free_docker", lambda: _bytes(one("free_docker"))),
        free_etc=read("free_etc", lambda: _bytes(one("free_etc"))),
        free_state=read("free_state", lambda: _bytes(one("free_state"))),
        state_folder=read("state_folder", lambda: system_facts.state_folder(one("state_folder"))),
        read_only=dict(_pair(value) for value in printed.many("read_only")),
        unread=printed.unread,
    )


def _list(printed: _Printed, name: str, kind: type[T]) -> list[T] | None:
    """The rows of a list of Docker's, None where it was asked for and not understood."""
    if name in printed.unread:
        return None
    model: Any = kind
    return printed.read(name, lambda: answers.rows(printed.text(name) or "", model))


def _files(printed: _Printed, kind: str) -> Iterator[tuple[str, str]]:
    """Name -> text of files of ours on the host."""
    for row in printed.many(kind):
        name, _, value = row.partition(" ")
        if not RECORD_NAME.fullmatch(name):
            printed.unread.setdefault(f"{kind}/{printable(name, 100)}", "form")
            continue
        content = printed.read(f"{kind}/{name}", partial(_text, value))
        if content is not None:
            yield name, content


def _records(printed: _Printed, kind: str) -> Iterator[tuple[str, str]]:
    """Name -> record; one whose header is not as crosshost writes it counts as lost."""
    for name, content in _files(printed, kind):
        if answers.sound_record(content):
            yield name, content
        else:
            printed.unread.setdefault(f"{kind}/{name}", "form")


def _number(value: str | None) -> int:
    if value is None or not value.isascii() or not value.isdigit() or len(value) > 18:
        raise ValueError("no number")
    return int(value)


def _hash(value: str | None) -> str:
    """A sha256, "absent" where there is no file."""
    return value if value is not None and re.fullmatch("[0-9a-f]{64}", value) else "absent"


def _modules(rows: list[str]) -> dict[str, ModuleState]:
    pairs = [row.partition(" ")[::2] for row in rows]
    return TypeAdapter(dict[Word, ModuleState]).validate_python(dict(pairs))


def _bytes(kilobytes: str | None) -> int | None:
    return None if kilobytes is None else _number(kilobytes) * 1024


def _text(value: str | None) -> str | None:
    return None if value is None else b64decode(value).decode(errors="surrogateescape")


def _pair(value: str) -> tuple[str, str]:
    name, _, rest = value.partition(" ")
    return name, rest


def _info(text: str | None) -> _Info:
    """What ``docker info`` told, nothing where it told nothing."""
    return _Info() if text is None else _Info.model_validate(json.loads(text))


def _nics(printed: _Printed) -> dict[str, Nic]:
    """From `ip -o link show` and `ip -o -4 addr show`."""
    here: dict[str, list[IPv4Interface]] = {}
    for line in (printed.text("addresses") or "").splitlines():
        _, name, family, address, *_ = [*line.split(), "", "", "", ""]
        if family == "inet":
            here.setdefault(name, []).append(IPv4Interface(address))
    nics: dict[str, Nic] = {}
    for line in (printed.text("links") or "").splitlines():
        _, name, flags, _, mtu, *_ = [*line.split(), "", "", "", ""]
        name = name.removesuffix(":").partition("@")[0]
        if not answers.is_word(name):
            continue  # no stack file can name it
        nics[name] = Nic(
            flags=frozenset(flags.strip("<>").split(",")),
            mtu=_number(mtu),
            addresses=here.get(name, []),
        )
    return nics


def _routes(text: str) -> list[Route]:
    """From `ip -o -4 route show`; those to a single address or by default are left out."""
    found = []
    for line in text.splitlines():
        subnet, *words = line.split()
        if "/" in subnet and "dev" in words[:-1]:
            nic = words[words.index("dev") + 1]
            found.append(Route(subnet=IPv4Network(subnet), nic=printable(nic, 20)))
    return found
