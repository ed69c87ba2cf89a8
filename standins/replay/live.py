"""Replaying scenarios on real hosts: the same calls, and what was done by hand in between.

Runs as a process of its own, because it has to be inside the lab's network: a stage comes in as
JSON on stdin, the differences of each scenario go out as JSON.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import records
from .plugin import CallFailed, Plugin, running
from .records import Call

Json = Any


@dataclass(frozen=True)
class Host:
    """A host that stands for one of the recorded hosts."""

    name: str
    address: str
    host_key: str


@dataclass(frozen=True)
class Stage:
    """Where scenarios are replayed: recorded host (b1, b2, b3) -> real host."""

    hosts: dict[str, Host]
    private_key: str
    other_key: str
    ssh_config: str
    folder: str
    parent: str

    @classmethod
    def load(cls, text: str) -> Stage:
        """A stage from its JSON."""
        fields = json.loads(text)
        hosts = {key: Host(**host) for key, host in fields.pop("hosts").items()}
        return cls(hosts=hosts, **fields)

    def shell(self, host: str, command: str) -> str:
        """Do something by hand on a host."""
        argv = ["ssh", "-F", self.ssh_config, self.hosts[host].name, command]
        return subprocess.run(argv, capture_output=True, text=True, check=False).stdout


RECORDED = {"b1": "10.77.0.41", "b2": "10.77.0.42", "b3": "10.77.0.43"}

_ENDED = {("container-exits", 3): "cex", ("container-exits", 6): "cex"}
"""Containers that had ended before a step of a scenario."""

_VARYING = {
    r"<MAC>": r"([0-9a-f]{2}:){5}[0-9a-f]{2}",
    r"<UUID>": r"[0-9a-f-]{36}",
    r"<TS>": r".*?",
    r"<DNS>": r"[^ :]+",
    r"<REGISTRY>": r"[^ /:]+",
}
_DEFAULT_ADDRESS = re.compile(r"172\.(1[7-9]|2\d|3[01])\.\d+\.\d+(/16)?")
_ANY_ADDRESS = r"(?:172|192\\.168)[.0-9]+(?:/\\d+)?"
_CHOSEN = (range(32768, 61000), (16, 20))
"""Numbers that the daemon chooses: free ports, and the prefixes of its networks."""
_AUTO_NAME = re.compile(r"(?<=-)[0-9a-f]{7}\Z")
_ID = re.compile(r"(sha256:)?<ID\d+>.*")
_PLACEHOLDER = re.compile(r"<ID\d+(?::12)?>|<[A-Z]+>")


@dataclass
class _Resource:
    inputs: dict[str, Json] = field(default_factory=dict)
    checked: dict[str, Json] = field(default_factory=dict)
    states: dict[str, dict[str, Json]] = field(default_factory=dict)
    id: str = ""


class Replay:
    """One scenario on one stage. `differences` is what was answered otherwise than recorded."""

    def __init__(self, stage: Stage, plugin: str, name: str) -> None:
        self._stage = stage
        self._plugin = plugin
        self._name = name
        self._record = records.load(plugin, name)
        self._bound: dict[str, str] = {}
        self._resources: dict[str, _Resource] = {}
        self._wrong_key = name == "remote-wrong-key"
        self._key_of = "b2" if name == "remote-hostkey" else "b1"
        self.differences: list[str] = []

    def run(self) -> list[str]:
        """Replay all steps."""
        calls: dict[int, list[Call]] = {}
        for call in records.calls(self._plugin, self._name):
            calls.setdefault(call.step, []).append(call)
        with running(self._plugin, cwd=Path(self._stage.folder)) as plugin:
            if self._plugin == "docker":
                plugin.configure(self._provider())
            for index, step in enumerate(self._record["steps"]):
                if ended := _ENDED.get((self._name, index)):
                    self._stage.shell(self._record["host"], f"timeout 30 docker wait {ended}")
                self._by_hand(step["do"])
                preview = "preview" in step["do"]
                if index:
                    self._key_of = "b1"
                kept = {key: (item.inputs, dict(item.states), item.id)
                        for key, item in self._resources.items()}  # fmt: skip
                for call in calls.get(index, []):
                    self._call(plugin, call)
                if preview:
                    for key, (inputs, states, resource_id) in kept.items():
                        item = self._resources[key]
                        item.inputs, item.states, item.id = inputs, states, resource_id
        return self.differences

    def _provider(self) -> dict[str, Json]:
        host = self._stage.hosts[self._record["host"]]
        options = json.dumps(["-F", self._stage.ssh_config])
        return {"host": f"ssh://root@{host.name}", "sshOpts": options}

    def _by_hand(self, do: str) -> None:
        kind, _, rest = do.partition(":")
        if kind == "sh":
            host, _, command = rest.partition(":")
            self._stage.shell(host, self._ours(command))
        elif kind == "local" and ("<WORK>" in rest or "<CWD>" in rest):
            subprocess.run(["/bin/sh", "-c", self._ours(rest)], cwd=self._stage.folder, check=False)

    def _call(self, plugin: Plugin, call: Call) -> None:
        place = f"{self._name}, step {call.step} ({self._record['steps'][call.step]['do']}): "
        place += f"{call.method} {call.urn}"
        resource = self._resources.setdefault(call.urn, _Resource())
        try:
            got = self._send(plugin, call, resource)
        except CallFailed as failure:
            if failure.unfinished:
                resource.id = failure.unfinished["id"] or resource.id
                resource.states[resource.id] = failure.unfinished["properties"]
            said = failure.text.rstrip().replace("urn:pulumi:stack::project::", "urn:")
            self._compare(f"{place}: error", _lines(call.error), _lines(said))
            return
        if call.error:
            self.differences.append(f"{place}: should fail with {call.error!r}")
            return
        self._compare(place, _expected(call), got)

    def _send(self, plugin: Plugin, call: Call, resource: _Resource) -> Json:
        request = call.request
        recorded = call.request.get("id", "")
        if _ID.fullmatch(recorded) and recorded not in self._bound:
            self._bound[recorded] = resource.id
        if call.method == "Check":
            olds = resource.inputs if request["olds"] else {}
            got = plugin.check(call.urn, self._ours(request["news"]), olds)
            resource.checked = got["inputs"]
            return got["inputs"] if not call.failures else got["failures"]
        if call.method == "Diff":
            sent = {
                "id": self._ours(request["id"]),
                "olds": _stored(resource.states.get(resource.id, {})),
                "oldInputs": resource.inputs,
                "news": self._ours(request["news"]),
            }
            return _unordered(plugin.diff(call.urn, sent))
        if call.method == "Create":
            return self._create(plugin, call, resource)
        if call.method == "Update":
            news = self._ours(request["news"])
            preview = request["preview"]
            got = plugin.update(
                call.urn, resource.id, resource.states.get(resource.id, {}), news, preview=preview
            )
            if not preview:
                resource.states[resource.id], resource.inputs = got["properties"], news
            return got["properties"]
        if call.method == "Read":
            state = _stored(resource.states.get(resource.id, {}))
            got = plugin.read(call.urn, self._ours(request["id"]), state, resource.inputs)
            if got["id"]:
                resource.id = got["id"]
                resource.states[resource.id] = got["properties"]
                resource.inputs = got["inputs"]
            return {"id": got["id"], "properties": got["properties"]}
        if call.method == "Delete":
            resource_id = self._ours(request["id"])
            plugin.delete(call.urn, resource_id, resource.states.get(resource_id, {}))
            return {}
        raise ValueError(f"cannot be replayed: {call.method}")

    def _create(self, plugin: Plugin, call: Call, resource: _Resource) -> Json:
        inputs, preview = self._ours(call.request["properties"]), call.request["preview"]
        if not preview:
            resource.inputs = inputs
        got = plugin.create(call.urn, inputs, preview=preview)
        if preview:
            return got["properties"]
        resource.id = got["id"]
        resource.states[got["id"]] = got["properties"]
        if call.expected and self._plugin == "command":
            self._bound[call.expected["id"]] = got["id"]
        return got["properties"]

    def _ours(self, value: Json) -> Json:
        """A recorded value with our hosts, keys and ids in it."""
        if isinstance(value, dict):
            return {self._ours(key): self._ours(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._ours(item) for item in value]
        if not isinstance(value, str):
            return value
        if value in self._bound:
            return self._bound[value]
        if value in self._stage.hosts:
            return self._stage.hosts[value].name
        key = self._stage.other_key if self._wrong_key else self._stage.private_key
        value = value.replace("<PRIVATE KEY>", key)
        value = value.replace("ssh-ed25519 <HOSTKEY>", self._stage.hosts[self._key_of].host_key)
        value = value.replace("<CWD>", self._stage.folder)
        value = value.replace("<WORK>", self._stage.folder)
        for recorded, address in RECORDED.items():
            host = self._stage.hosts.get(recorded)
            if host is not None:
                value = value.replace(address, host.address)
        value = value.replace("10.77.0.", "10.0.0.")
        value = re.sub(r"\bhost0\b", self._stage.parent, value)
        for recorded, bound in self._bound.items():
            if _AUTO_NAME.search(recorded):
                value = value.replace(recorded, bound)
        return _PLACEHOLDER.sub(lambda found: self._bound_part(found[0]), value)

    def _bound_part(self, placeholder: str) -> str:
        short = placeholder.endswith(":12>")
        bound = self._bound.get(placeholder.replace(":12", ""), placeholder)
        return bound[:12] if short else bound

    def _compare(self, place: str, expected: Json, got: Json) -> None:
        if isinstance(expected, dict) and isinstance(got, dict):
            for key in sorted(expected.keys() | got.keys()):
                if key == "networkDatas":
                    expected, got = _by_network(expected), _by_network(got)
                if key not in expected:
                    self.differences.append(f"{place}: {key} should not be there: {got[key]!r}")
                elif key not in got:
                    self.differences.append(f"{place}: {key} is missing: {expected[key]!r}")
                else:
                    self._compare(f"{place}: {key}", expected[key], got[key])
        elif isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
            for index, (one, other) in enumerate(zip(expected, got, strict=True)):
                self._compare(f"{place}[{index}]", one, other)
        elif isinstance(expected, str) and isinstance(got, str):
            if not self._matches(expected, got):
                self.differences.append(f"{place}: {got!r} instead of {expected!r}")
        elif expected != got and not any(expected in own and got in own for own in _CHOSEN):
            self.differences.append(f"{place}: {got!r} instead of {expected!r}")

    def _matches(self, expected: str, got: str) -> bool:
        """Whether the texts are the same but for what varies; ids are bound at first sight."""
        ours = self._ours(expected)
        if ours == got:
            return True
        cut = re.fullmatch(r"(.*)\.\.\.<(\d+) chars>\.\.\.(.*)", ours, re.DOTALL)
        if cut is not None:
            whole = got.startswith(cut[1]) and got.endswith(cut[3])
            return whole and len(got) == int(cut[2])
        if _AUTO_NAME.search(got) and _AUTO_NAME.sub("", got) == _AUTO_NAME.sub("", ours):
            self._bound[expected] = got
            return True
        pattern, names = "", []
        for part in re.split(r"(<ID\d+(?::12)?>|<[A-Z]+>)", ours):
            if part in _VARYING:
                pattern += _VARYING[part]
            elif re.fullmatch(r"<ID\d+>", part):
                names.append(part)
                pattern += "([0-9a-f]{64})"
            elif _PLACEHOLDER.fullmatch(part):
                pattern += ".+?"
            elif "dial tcp: lookup " in part:
                pattern += re.escape(part.partition("dial tcp: lookup ")[0]) + "dial tcp: lookup .*"
                break
            else:
                literal = re.escape(part)
                pattern += _DEFAULT_ADDRESS.sub(_ANY_ADDRESS, literal.replace(r"\.", "."))
        found = re.fullmatch(pattern, got, re.DOTALL)
        if found is None:
            return False
        for name, value in zip(names, found.groups(), strict=False):
            self._bound.setdefault(name, value)
        return True


def _stored(value: Json) -> Json:
    """A state as the engine gives it back: of assets it keeps only the hashes."""
    if isinstance(value, dict):
        for mark in ("$asset", "$archive"):
            if mark in value:
                return {mark: {"hash": value[mark]["hash"]}}
        return {key: _stored(item) for key, item in value.items()}
    return [_stored(item) for item in value] if isinstance(value, list) else value


def _lines(error: str) -> str:
    """An error with the command's own output in a fixed order: its two streams were mixed."""
    head, running, output = error.partition(": running ")
    first, *rest = output.split("\n")
    return "\n".join([head + running + first, *sorted(rest)])


def _by_network(props: dict[str, Json]) -> dict[str, Json]:
    """The order of a container's networks varies with the official plugin."""
    data = props.get("networkDatas")
    if not isinstance(data, list):
        return props
    return {**props, "networkDatas": sorted(data, key=lambda item: str(item["networkName"]))}


def _expected(call: Call) -> Json:
    expected: Json = call.expected
    if call.failures:
        return call.failures
    if call.method in ("Create", "Update"):
        return expected["properties"]
    if call.method == "Diff":
        return _unordered(expected)
    if call.method == "Read":
        return {"id": expected.get("id", ""), "properties": expected.get("properties", {})}
    return expected


def _unordered(answer: dict[str, Json]) -> dict[str, Json]:
    kept = {key: value for key, value in answer.items() if key != "stables"}
    return {key: sorted(value) if key in ("diffs", "replaces") else value
            for key, value in kept.items()}  # fmt: skip


def main() -> None:
    """Replay the scenarios named on the command line."""
    plugin, *names = sys.argv[1:]
    stage = Stage.load(sys.stdin.read())
    for name in names:
        begun = time.monotonic()
        differences = Replay(stage, plugin, name).run()
        seconds = round(time.monotonic() - begun, 2)
        print(
            json.dumps({"name": name, "seconds": seconds, "differences": differences}), flush=True
        )


if __name__ == "__main__":
    main()
