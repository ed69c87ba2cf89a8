"""A recording Pulumi engine under mocks, and stack files and facts to feed it."""

from __future__ import annotations

import base64
import hashlib
import json
import runpy
from collections.abc import Collection, Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pulumi
import yaml
from pulumi.runtime.mocks import MockMonitor

from components.facts import understood
from components.processes import Ended
from planning.facts import HostFacts, Unreachable
from planning.fleet_facts import UdpPath
from planning.reachability.interruptions import End
from tests.unit import packets

ROOT = Path(__file__).parent.parent.parent
# Our own time when the hosts are asked, in seconds.
CLOCK = 1764000000


def stack_values(name: str) -> dict[str, Any]:
    """The sections of stacks/Pulumi.NAME.yaml, by their short names."""
    text = (ROOT / "stacks" / f"Pulumi.{name}.yaml").read_text()
    config = yaml.safe_load(text)["config"]
    return {key.removeprefix("crosshost:"): value for key, value in config.items()}


def b64(text: str, errors: str = "strict") -> str:
    return base64.b64encode(text.encode(errors=errors)).decode()


def iptables(*rules: str) -> str:
    """The fact of a host with these rules (``iptables -S``)."""
    return "iptables " + b64("\n".join(rules) + "\n")


def listening(*sockets: str) -> str:
    """The fact of a host with these sockets (``ss -Hlntup``)."""
    return "listening " + b64("\n".join(sockets) + "\n")


def facts_text(
    *,
    hostname: str = "docker01",
    address: str = "10.0.0.11",
    version: str | None = "20.10.5+dfsg1",
    backends: tuple[str, ...] = ("consul", "etcd", "zookeeper"),
    daemon_json: str | None = None,
    daemon_json_hash: str = "0" * 64,
    nics: dict[str, str] | None = None,
    records: dict[str, str] | None = None,
    uid: int = 0,
    docker_cli: bool = True,
    info: dict[str, Any] | None = None,
    scripts_hash: str | None = None,
    skew: int = 0,
    mtu: int = 1500,
    more: tuple[str, ...] = (),
) -> str:
    """What the facts script prints on a host like this; ``more`` are further lines of it."""
    lines = [
        "version 1",
        f"uid {uid}",
        f"hostname {b64(hostname)}",
        f"kernel {b64('6.1')}",
        f"clock {CLOCK + skew}",
    ]
    lines += ["boot_id x", "systemd 1", f"docker_cli {int(docker_cli)}"]
    if version:
        lines.append("info " + b64(json.dumps({"ServerVersion": version, **(info or {})})))
    lines += [f"backend {name}" for name in backends]
    if daemon_json is not None:
        lines += [f"daemon_json {b64(daemon_json)}", f"daemon_json_hash {daemon_json_hash}"]
    for name, record in (records or {}).items():
        lines.append(f"record {name} {b64(record)}")
    if scripts_hash:
        lines.append(f"scripts_hash {scripts_hash}")
    links = "".join(
        f"{number}: {name}: {flags} mtu {mtu} qdisc noqueue state UP mode DEFAULT group default\n"
        for number, (name, flags) in enumerate(
            (nics or {"ens33": "<BROADCAST,MULTICAST,UP,LOWER_UP>"}).items(), 1
        )
    )
    lines += [
        f"links {b64(links)}",
        "addresses " + b64(f"2: ens33    inet {address}/24 scope global ens33\n"),
    ]
    lines += [iptables("-P INPUT ACCEPT"), *more, "end 1"]
    return "\n".join(lines) + "\n"


def public_key(name: str) -> str:
    """The WireGuard key that a resource of this name is said to print."""
    return base64.b64encode(hashlib.sha256(name.encode()).digest()).decode()


def containers(*rows: Mapping[str, str]) -> str:
    """The fact of a host with these containers."""
    return "containers " + b64("".join(json.dumps(row) + "\n" for row in rows))


def networks(*rows: Mapping[str, str]) -> str:
    """The fact of a host with these Docker networks."""
    return "networks " + b64("".join(json.dumps(row) + "\n" for row in rows))


def routes(*lines: str) -> str:
    """The fact of a host with these routes, "SUBNET NIC" each."""
    return "routes " + b64("".join("{} dev {} scope link\n".format(*r.split()) for r in lines))


Answer = str | tuple[int, str]


def seen_by(answer: Answer, asked: tuple[int, int] = (CLOCK, CLOCK)) -> HostFacts | Unreachable:
    """A host's facts, from what the facts script printed or from ssh's exit code and error."""
    if isinstance(answer, str):
        return understood(Ended(0, answer.encode(), b""), asked)
    return understood(Ended(answer[0], b"", answer[1].encode()), asked)


class RecordingEngine(pulumi.runtime.Mocks):
    """Answers as an engine would; ``facts`` maps a host to the script's output or a failure."""

    def __init__(self, facts: Mapping[str, Answer], lan: Mapping[str, str] | None = None) -> None:
        self.facts = facts
        # Address on the LAN -> MAC address of who has it; host -> addresses that it is asked for.
        self.lan = lan or {}
        self.lan_asked: dict[str, set[str]] = {}
        self.ports_asked: list[UdpPath] = []
        self.resources: dict[str, pulumi.runtime.MockResourceArgs] = {}
        # Name -> names of the resources that it waits for, and of those that it may have been.
        self.after: dict[str, set[str]] = {}
        self.aliases: dict[str, set[str]] = {}
        # TYPE NAME -> the same of its parent, "" for the stack's own; and of what it waits for.
        self.graph: dict[str, tuple[str, set[str]]] = {}
        # Containers that are watched while an up runs.
        self.watched: list[End] = []

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        if args.typ.startswith("crosshost:"):
            return "", dict(args.inputs)
        assert args.name not in self.resources, f"two resources named {args.name}"
        self.resources[args.name] = args
        outputs = dict(args.inputs)
        if args.typ == "docker:index/container:Container":
            outputs["networkDatas"] = [{"networkName": "n", "ipAddress": "10.9.9.9"}]
        if args.typ == "command:remote:Command":
            key = "-key@" in args.name
            outputs["stdout"] = public_key(args.name) if key else "docker/nodes/10.0.0.11:0"
        if args.typ == "command:local:Command":
            outputs["stdout"] = "[]" if args.name == "reachability" else f"node-of-{args.name}"
        return f"id-of-{args.name}", outputs

    def ask_lan(
        self, _access: Any, host: str, addresses: Mapping[IPv4Address | IPv6Address, str]
    ) -> dict[Any, str]:
        """Who answers a host on the LAN, of what it is asked."""
        self.lan_asked[host] = {str(address) for address in addresses}
        return {one: mac for one in addresses if (mac := self.lan.get(str(one))) is not None}

    def call(self, args: pulumi.runtime.MockCallArgs) -> Any:
        raise AssertionError(f"the program calls {args.token}")

    def watch(
        self, _config: str, _targets: object, _subnets: object, ends: Sequence[End]
    ) -> object:
        """Stands for components.reachability.watch.Watch; no host is asked."""
        self.watched = list(ends)
        return SimpleNamespace(pairs=())

    def of_type(self, typ: str) -> dict[str, dict[str, Any]]:
        """Name -> inputs of every resource of a type."""
        return {n: dict(a.inputs) for n, a in self.resources.items() if a.typ == typ}


def _called(urn: str) -> str:
    """TYPE NAME of a URN."""
    *_, types, name = urn.split("::") if urn else ("", "", "")
    return f"{types.rpartition('$')[2]} {name}".strip()


class RecordingMonitor(MockMonitor):
    """Tells a RecordingEngine also what mocks are not told of a resource."""

    mocks: RecordingEngine

    def RegisterResource(self, request: Any) -> Any:
        self.mocks.after[request.name] = {urn.rpartition("::")[2] for urn in request.dependencies}
        self.mocks.graph[f"{request.type} {request.name}"] = (
            _called(request.parent),
            {_called(urn) for urn in request.dependencies},
        )
        self.mocks.aliases[request.name] = {alias.spec.name for alias in request.aliases}
        return super().RegisterResource(request)


def put_key(monkeypatch: Any, folder: Path) -> None:
    """Have the private key that the lab's stack files name, in ``folder``."""
    key = folder / "id_ed25519"
    key.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\n")
    key.chmod(0o600)
    monkeypatch.setenv("CROSSHOST_LAB", str(folder))


def run_program(
    monkeypatch: Any,
    tmp_path: Path,
    values: dict[str, Any],
    facts: Mapping[str, Answer],
    *,
    preview: bool = False,
    secret_keys: tuple[str, ...] = (),
    paths: Mapping[tuple[str, str], int] | None = None,
    lan: Mapping[str, str] | None = None,
    lost: Collection[tuple[str, str]] = (),
) -> RecordingEngine:
    """Run the real __main__.py under mocks, as stack ``test``; returns once all has landed.

    ``paths``: what the way between two hosts carries, where that is less than their NICs do.
    ``lan``: address -> MAC address of who answers for it. ``lost``: a host, and another one that datagrams to
    asked ports do not get to.
    """
    put_key(monkeypatch, tmp_path)
    monkeypatch.chdir(tmp_path)
    engine = RecordingEngine(facts, lan)
    monkeypatch.setattr(
        "components.facts.of_host", lambda _access, endpoint: seen_by(facts[endpoint.name])
    )
    monkeypatch.setattr("components.reachability.interruptions.Watch", engine.watch)
    monkeypatch.setattr(
        "components.paths.of_host",
        lambda _access, host, asked, ports, _token: (
            {path: (paths or {}).get((path.one, path.other), path.most) for path in asked},
            packets.answer(host, ports, list(values["hosts"]), lost, engine.ports_asked),
        ),
    )
    monkeypatch.setattr("components.lan_check.ask", engine.ask_lan)
    pulumi.runtime.set_mocks(
        engine, project="crosshost", stack="test", preview=preview, monitor=RecordingMonitor(engine)
    )
    pulumi.runtime.set_all_config(
        {f"crosshost:{key}": json.dumps(value) for key, value in values.items()},
        [f"crosshost:{key}" for key in secret_keys],
    )

    pulumi.runtime.test(lambda: runpy.run_path(str(ROOT / "__main__.py")) and None)()
    return engine
