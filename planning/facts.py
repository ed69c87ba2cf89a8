"""What a host is like, as facts.sh printed it: parsing only, no contact."""

from __future__ import annotations

import json
from base64 import b64decode
from ipaddress import IPv4Interface, IPv4Network
from typing import Any

from pydantic import Field

from planning import swarm_facts, system_facts
from planning.swarm_facts import SwarmFacts
from planning.system_facts import DockerUnit, Facts, Firewall, Listener, ModuleState


class Nic(Facts):
    """One network interface: ``flags`` as `ip link` shows them, ``mtu`` in bytes."""

    flags: frozenset[str]
    mtu: int
    addresses: list[IPv4Interface] = []

    @property
    def promiscuous(self) -> bool:
        return "PROMISC" in self.flags


class ContainerFacts(Facts):
    """One container on the host, ours or not; ``stack`` is empty where it is not ours."""

    id: str
    name: str
    state: str
    status: str
    stack: str


class NetworkFacts(Facts):
    """One Docker network on the host."""

    id: str
    name: str
    driver: str
    scope: str
    stack: str


class Route(Facts):
    """A subnet that the host reaches by a NIC of its own."""

    subnet: IPv4Network
    nic: str


class Engine(Facts):
    """The Docker daemon, from ``docker info``."""

    version: str
    cluster_store: str = ""
    cluster_advertise: str = ""
    live_restore: bool = False


class HostFacts(Facts):
    """Everything that facts.sh read on one host that answered; what it could not read is None.

    ``daemon_json`` and ``daemon_json_original`` are the file's text, None where it is absent.
    ``daemon_json_original`` is empty where there was none before us. ``records`` maps a host change's
    name to the stdin of its last successful run, ``daemon_records`` another stack to its record of
    daemon.json. ``daemon_interrupted``: a restart of ours was cut off with live-restore on for it. ``certificates`` maps a folder of ours to the hash of what is in it. ``skew`` is how
    many seconds the host's clock is ahead of ours, 0 as far as the time of asking leaves it open.
    ``sudo``: whether sudo works without a password, None for a login as root.
    ``free_docker`` and ``free_etc`` are bytes. ``modules`` knows only what the host told.
    """

    uid: int
    hostname: str
    kernel: str = ""
    os: str = ""
    clock: int
    skew: int | None = None
    boot_id: str = ""
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
    records: dict[str, str] = {}
    daemon_records: dict[str, str] = {}
    daemon_interrupted: bool = False
    certificates: dict[str, str] = {}
    scripts_hash: str | None = None
    nics: dict[str, Nic] = {}
    routes: list[Route] = []
    containers: list[ContainerFacts] = Field(default=[])
    networks: list[NetworkFacts] = Field(default=[])
    unit: DockerUnit | None = None
    firewall: Firewall = Firewall()
    listeners: list[Listener] | None = None
    modules: dict[str, ModuleState] = {}
    free_docker: int | None = None
    free_etc: int | None = None

    @property
    def running(self) -> int:
        """How many containers run, ours or not."""
        return sum(c.state == "running" for c in self.containers)


class Unreachable(Facts):
    """A host whose facts could not be read, and why in ssh's own words."""

    reason: str


def parse(text: str, asked: tuple[int, int] | None = None) -> HostFacts:
    """The facts from what facts.sh printed; ValueError if it is not whole.

    ``asked``: our own time (seconds) before and after the host was asked.
    """
    lines = [line.partition(" ")[::2] for line in text.splitlines() if line]
    if not lines or lines[0] != ("version", "1") or lines[-1] != ("end", "1"):
        raise ValueError("the facts script did not run to its end")
    one: dict[str, str] = {}
    repeated = (
        "backend", "record", "daemon_record", "certificates", "nic", "address", "route", "module",
    )  # fmt: skip
    many: dict[str, list[str]] = {name: [] for name in repeated}
    for name, value in lines:
        if name in many:
            many[name].append(value)
        else:
            one[name] = value
    units = system_facts.properties(_text(one.get("units")) or "")
    clock = int(one["clock"])
    info = _info(one.get("info", ""))
    return HostFacts(
        uid=int(one["uid"]),
        hostname=one["hostname"],
        kernel=one.get("kernel", ""),
        os=one.get("os", ""),
        clock=clock,
        skew=None if asked is None else clock - min(max(clock, asked[0]), asked[1]),
        boot_id=one.get("boot_id", ""),
        sudo={"1": True, "0": False}.get(one.get("sudo", "")),
        systemd=one["systemd"] == "1",
        docker_cli=one["docker_cli"] == "1",
        user_reaches_docker=one.get("user_reaches_docker") != "0",
        engine=_engine(info),
        swarm=swarm_facts.parse(info.get("Swarm") or {}, _table(one.get("nodes", ""), 4)),
        backends=frozenset(many["backend"]),
        daemon_json=_text(one.get("daemon_json")),
        daemon_json_hash=one.get("daemon_json_hash", "absent"),
        daemon_json_original=_text(one.get("daemon_json_original")),
        records=dict(_record(value) for value in many["record"]),
        daemon_records=dict(_record(value) for value in many["daemon_record"]),
        daemon_interrupted=one.get("daemon_interrupted") == "1",
        certificates=dict(_pair(value) for value in many["certificates"]),
        scripts_hash=one.get("scripts_hash"),
        nics=_nics(many["nic"], many["address"]),
        routes=[
            Route(subnet=IPv4Network(subnet), nic=nic)
            for subnet, _, nic in (row.partition(" ") for row in many["route"])
        ],
        containers=[
            ContainerFacts(id=i, name=n, state=s, status=t, stack=k)
            for i, n, s, t, k in _table(one.get("containers", ""), 5)
        ],
        networks=[
            NetworkFacts(id=i, name=n, driver=d, scope=s, stack=k)
            for i, n, d, s, k in _table(one.get("networks", ""), 5)
        ],
        unit=system_facts.docker_unit(units, _text(one.get("docker_unit"))),
        firewall=Firewall(
            ufw={"1": True, "0": False}.get(one.get("ufw", "")),
            firewalld=system_facts.active(units, "firewalld.service"),
            iptables=_text(one.get("iptables")),
            iptables_legacy=_text(one.get("iptables_legacy")),
            nft=_text(one.get("nft")),
        ),
        listeners=system_facts.listeners(_text(one.get("listening"))),
        modules=_modules(many["module"]),
        free_docker=_bytes(one.get("free_docker")),
        free_etc=_bytes(one.get("free_etc")),
    )


def _modules(rows: list[str]) -> dict[str, Any]:
    return {name: state for name, _, state in (row.partition(" ") for row in rows)}


def _bytes(kilobytes: str | None) -> int | None:
    return None if kilobytes is None else int(kilobytes) * 1024


def _text(value: str | None) -> str | None:
    return None if value is None else b64decode(value).decode(errors="surrogateescape")


def _table(value: str, columns: int) -> list[list[str]]:
    rows = (_text(value) or "").splitlines()
    return [row.split("\t", columns - 1) for row in rows if row.count("\t") >= columns - 1]


def _record(value: str) -> tuple[str, str]:
    name, _, content = value.partition(" ")
    return name, _text(content) or ""


def _pair(value: str) -> tuple[str, str]:
    name, _, rest = value.partition(" ")
    return name, rest


def _info(value: str) -> dict[str, Any]:
    """What ``docker info`` told, {} where it told nothing."""
    try:
        info = json.loads(_text(value) or "null")
    except ValueError:
        return {}
    return info if isinstance(info, dict) else {}


def _engine(info: dict[str, Any]) -> Engine | None:
    version = info.get("ServerVersion")
    if not version:
        return None
    return Engine(
        version=version,
        cluster_store=info.get("ClusterStore") or "",
        cluster_advertise=info.get("ClusterAdvertise") or "",
        live_restore=bool(info.get("LiveRestoreEnabled")),
    )


def _nics(rows: list[str], addresses: list[str]) -> dict[str, Nic]:
    held: dict[str, list[IPv4Interface]] = {}
    for row in addresses:
        name, _, address = row.partition(" ")
        held.setdefault(name, []).append(IPv4Interface(address))
    nics: dict[str, Nic] = {}
    for row in rows:
        name, flags, mtu = row.split(" ")
        nics[name] = Nic(
            flags=frozenset(flags.strip("<>").split(",")),
            mtu=int(mtu),
            addresses=held.get(name, []),
        )
    return nics
