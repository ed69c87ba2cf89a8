"""Every text that a stack file may hold: carried through unchanged, or refused with its line."""

from __future__ import annotations

import copy
import json
import re
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest
import yaml
from pydantic import BaseModel

from planning.problems import ProblemsError
from stacks import files
from stacks.files import StackFileError
from stacks.settings import SECTIONS, parse
from tests.unit.fleet import facts_text, run_program, stack_values

pytestmark = pytest.mark.usefixtures("key_file")

SERVICE: dict[str, Any] = {
    "container_name": "name", "command": ["word"], "entrypoint": ["sh"], "environment": {"E": "value"},
    "ports": [{"target": 80, "published": 8080, "host_ip": "127.0.0.1", "protocol": "tcp"}],
    "volumes": [{"type": "volume", "source": "data", "target": "/data"}], "tmpfs": ["/run"],
    "restart": "always", "cap_add": ["NET_ADMIN"], "cap_drop": ["MKNOD"],
    "healthcheck": {"test": ["CMD", "true"], "interval": "30s", "timeout": "10s", "start_period": "5s",
                    "start_interval": "1s"},
    "hostname": "inside", "domainname": "example.com", "labels": {"l": "value"}, "dns": ["10.0.0.2"],
    "dns_search": ["example.com"], "dns_opt": ["ndots:2"], "userns_mode": "host", "runtime": "runc", "extra_hosts": {"db": "10.0.0.9"}, "sysctls": {"net.x": "1"},
    "user": "nobody", "group_add": ["audio"], "working_dir": "/tmp", "cpuset": "0-1",
    "security_opt": ["no-new-privileges"], "devices": ["/dev/null"], "pid": "host", "ipc": "private",
    "logging": {"driver": "json-file", "options": {"max-size": "10m"}}, "stop_signal": "SIGINT",
    "stop_grace_period": "5s", "ulimits": {"nofile": {"soft": 1, "hard": 2}}, "mem_limit": "64m",
    "memswap_limit": "64m", "mem_reservation": "32m", "shm_size": "64m",
}  # fmt: skip


def on_macvlan() -> dict[str, Any]:
    values = stack_values("lab-macvlan")
    values["ssh"]["proxy_jump"] = {
        "address": "10.0.0.9", "host_key": values["hosts"]["docker01"]["host_key"], "user": "jump",
    }  # fmt: skip
    values["hosts"]["docker01"]["user"] = "admin"
    values["ssh"]["sudo"] = True
    values["networks"]["macvlan_1"] |= {
        "parent": {"docker01": "ens33", "docker02": "ens33"}, "subnet": "10.0.0.0/24",
        "hosts": ["docker01", "docker02"],
        "ip_range": {"docker01": "10.0.0.64/26", "docker02": "10.0.0.192/26"},
        "pool": "10.0.0.128/26", "reserved": ["10.0.0.5"], "driver": "macvlan",
        "subnet6": "fd12:3456:789a:1::/64", "gateway6": "fd12:3456:789a:1::ff00",
    }  # fmt: skip
    values["containers"]["all"] = {
        **SERVICE, "host": "docker01", "image": "busybox:1",
        "networks": {"macvlan_1": {"ipv4_address": "10.0.0.77", "aliases": ["other"],
                                   "ipv6_address": "fd12:3456:789a:1::1:53"}},
    }  # fmt: skip
    del values["containers"]["all"]["ports"]
    values["containers"]["one"] = {
        "host": "docker01", "image": "busybox:1", "network": "bridge", "ports": SERVICE["ports"],
    }  # fmt: skip
    values["containers"]["ssh01"]["ip6"] = "fd12:3456:789a:1::1:35"
    values["daemon"] = {"settings": {"log-driver": "local", "log-opts": {"max-size": "1m"}}}
    return values


def on_consul() -> dict[str, Any]:
    values = stack_values("lab-overlay")
    values["consul"] |= {"image": "consul:1", "container_name": "store", "allow": ["10.9.0.0/16"]}
    values["networks"]["ol1"]["hosts"] = ["docker01", "docker02"]
    values["firewall"] = {"mode": "guard", "allow": ["10.8.0.0/16"]}
    return values


def on_swarm() -> dict[str, Any]:
    values = stack_values("lab-swarm")
    values["swarm"] |= {"advertise": {"docker03": "ens33"}, "address_pool": "10.99.0.0/16"}
    return values


def on_vxlan() -> dict[str, Any]:
    values = stack_values("lab-vxlan")
    values["prove"] = {"image": "tools:1"}
    values["networks"]["mesh"] |= {
        "hosts": ["docker01", "docker02"],
        "ip_range": {"docker01": "172.16.2.0/28", "docker02": "172.16.2.16/28"},
        "subnet6": "fd12:3456:789a:2::/64",
    }  # fmt: skip
    values["dns"] = {"image": "dnsmasq:2.85", "upstream": ["10.0.0.2"]}
    return values


STACKS = {"macvlan": on_macvlan, "consul": on_consul, "swarm": on_swarm, "vxlan": on_vxlan}
# Text fields that no stack above can give a value, and why.
ELSEWHERE = {
    "ConsulSettings.stack": "another stack's server, which these have not",
    "Encrypted.secure": "what Pulumi opens before the program runs",
    "ConsulSettings.token": "a secret: tests/unit/test_consul_access.py",
    "ConsulTlsFiles.ca": "a path of this machine: tests/unit/test_consul_access.py",
    "ConsulTlsFiles.cert": "a path of this machine: tests/unit/test_consul_access.py",
    "ConsulTlsFiles.key": "a path of this machine: tests/unit/test_consul_access.py",
    "ProveSettings.when": "one of three words",
    "VxlanSettings.gateway": "refused, as each host has its own",
    "PromiseSettings.source": "a container's name: tests/unit/test_reachability.py",
    "PromiseSettings.to": "a container's name: tests/unit/test_reachability.py",
    "TlsFiles.ca": "a path of this machine: tests/unit/test_daemon_settings.py",
    "TlsFiles.cert": "a path of this machine: tests/unit/test_daemon_settings.py",
    "TlsFiles.key": "a path of this machine: tests/unit/test_daemon_settings.py",
}  # fmt: skip
COMPOSE = "of a Compose file and its words: tests/unit/test_compose_file.py, test_service_files.py"
ELSEWHERE |= {
    f"{model}.{name}": COMPOSE
    for model, names in {
        "ComposeSettings": (
            "env_file", "environment", "exclude", "file", "images", "networks", "on", "profiles",
            "project_directory", "project_name",
        ),
        "ContainerSettings": ("depends_on", "expose", "network_mode", "platform"),
        "Dependency": ("condition",),
        "Deploy": ("endpoint_mode", "labels", "mode", "placement", "rollback_config", "update_config"),
        "EnvFile": ("format", "path"),
        "FileGrant": ("source", "target"),
        "FileSource": ("content", "file"),
        "PolicySettings": ("docker_socket", "lan_ports"),
        "RestartPolicy": ("condition", "delay", "window"),
        "VolumeMount": ("selinux",),
    }.items()
    for name in names
}  # fmt: skip
LONG = "x" * 65536
NASTY = {
    "spaces": " a  b ", "quotes": "a'b\"c", "a command": "$(touch /tmp/x)`touch /tmp/x`;a",
    "a line break": "a\nb", "a dash": "-rf", "two dashes": "--help", "64 KiB": LONG[:-4],
    "more than 64 KiB": LONG + "x", "a tab": "a\tb", "an escape sequence": "\x1b[31ma", "a backslash": "a\\n",
    "a path upwards": "../../etc", "a home": "~root", "a variable": "${IFS}", "a comma": "a,b=c",
}  # fmt: skip
# As they stand in the file, without quotes; each is no text for YAML 1.1 or for Pulumi's reader.
YAML = ["010", "yes", "no", "off", "1e3", "1.10", "0x1F", "1:30", "2020-01-01", "~", "null", "true",
        "1_000", "&anchor a", "*anchor", "!!str 010", "!!int 5", "<<"]  # fmt: skip


def models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models in a type, and those in their fields."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from models(field.annotation)
    for part in typing.get_args(annotation):
        yield from models(part)


def holds_text(annotation: Any) -> bool:
    """Whether a field of this type holds text, or what is written as text, in itself."""
    if typing.get_origin(annotation) in (Annotated, list, dict, typing.Union, types.UnionType):
        return any(holds_text(part) for part in typing.get_args(annotation))
    if typing.get_origin(annotation) is typing.Literal:
        return any(isinstance(word, str) for word in typing.get_args(annotation))
    return annotation is Any or (
        isinstance(annotation, type)
        and (issubclass(annotation, str) or annotation.__module__ == "ipaddress")
    )


def fields() -> set[str]:
    found = {model for _, entry in SECTIONS.values() for model in models(entry)}
    return {
        f"{model.__name__}.{name}"
        for model in found
        for name, field in model.model_fields.items()
        if holds_text(field.annotation)
    }


Place = tuple[str | int, ...]
# At the end of a path: the key itself, not what it has.
KEY = -1


def places(read: Any, path: Place, field: str = "") -> Iterator[tuple[Place, str]]:
    """Path and Model.field of everything that was read from a stack file."""
    if isinstance(read, BaseModel):
        for name in sorted(read.model_fields_set):
            yield from places(getattr(read, name), (*path, name), f"{type(read).__name__}.{name}")
    elif isinstance(read, dict):
        for key, item in read.items():
            yield (*path, key, KEY), field
            yield from places(item, (*path, key), field)
    elif isinstance(read, list):
        for i, item in enumerate(read):
            yield from places(item, (*path, i), field)
    else:
        yield path, field


def at(values: Any, path: Place) -> Any:
    for part in path:
        values = values[part]
    return values


def put(values: dict[str, Any], path: Place, text: str) -> tuple[dict[str, Any], Place]:
    """The values with another text there, and where it is then."""
    changed = copy.deepcopy(values)
    if path[-1] != KEY:
        at(changed, path[:-1])[path[-1]] = text
        return changed, path
    around = at(changed, path[:-2])
    around[text] = around.pop(path[-2])
    return changed, (*path[:-2], text)


def texts(values: dict[str, Any]) -> dict[Place, str]:
    """Where the values of a stack file have a text -> Model.field that it is read as."""
    settings = parse(values)
    read = {name: getattr(settings, name) for name in values}
    found: dict[Place, str] = {}
    for name, section in read.items():
        found |= dict(places(section, (name,)))
    return {
        path: field
        for path, field in found.items()
        if path[-1] == KEY or isinstance(at(values, path), str)
    }


class Text(yaml.SafeDumper):
    """As people write it: anchors are not made up."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def in_file(folder: Path, values: dict[str, Any], plain: str | None = None) -> Path:
    """The values as a stack file. ``plain`` is put where they have PLAIN, without quotes."""
    text = yaml.dump(
        {"config": {f"crosshost:{key}": value for key, value in values.items()}},
        Dumper=Text, width=1 << 20,
    )  # fmt: skip
    file = folder / "Pulumi.test.yaml"
    file.write_text(text if plain is None else text.replace("PLAIN", plain))
    return file


def line_of(file: Path, path: Place) -> int | None:
    """The line of a setting in a file, by PyYAML's own marks."""
    node: Any = yaml.compose(file.read_text(), Loader=yaml.SafeLoader)
    line = None
    for part in ("config", f"crosshost:{path[0]}", *path[1:]):
        if isinstance(node, yaml.SequenceNode):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            key, node = next((k, v) for k, v in node.value if k.value == str(part))
            line = key.start_mark.line + 1
    return line


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from strings(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from strings(item)


def refusal(folder: Path, values: dict[str, Any]) -> str | None:
    """What is said of a file with these values, None where it is read."""
    if any(len(text) > 1000 for text in strings(values)):
        # A file of this size takes its time to read.
        try:
            parse(values)
        except ProblemsError as error:
            return str(error)
        return None
    file = in_file(folder, values)
    try:
        files.read("test", folder)
    except StackFileError as error:
        return str(error)
    assert yaml.safe_load(file.read_text())["config"] == {
        f"crosshost:{key}": value for key, value in values.items()
    }
    return None


def test_the_stacks_here_have_a_text_in_every_text_field():
    found = {field for make in STACKS.values() for field in texts(make()).values()}
    assert fields() - found - set(ELSEWHERE) == set()
    assert found & set(ELSEWHERE) == set()


FACTS = {
    "macvlan": {n: facts_text(hostname=n, more=("sudo 1",)) for n in ("docker01", "docker02")},
    "consul": {n: facts_text(hostname=n) for n in ("docker01", "docker02")},
    "vxlan": {n: facts_text(hostname=n, address=f"10.0.0.1{n[-1]}") for n in ("docker01", "docker02")},
    "swarm": {
        n: facts_text(hostname=n, version="28.5.2", backends=(), address=f"10.0.0.1{n[-1]}")
        for n in ("docker03", "docker04", "docker05")
    },
}  # fmt: skip
# What is no input of a resource: it decides something, or is read on this machine.
NO_INPUT = {"SshSettings.private_key_file"}


@pytest.mark.long
@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("nasty", NASTY.values(), ids=NASTY)
def test_any_text_is_refused_with_its_line_or_reaches_a_resource_unchanged(
    monkeypatch, tmp_path, stack, nasty
):
    values = STACKS[stack]()
    accepted: dict[str, str] = {}
    carried = values
    for number, (path, field) in enumerate(texts(values).items()):
        # A number makes each of them one of its kind, and lets the text begin as it does.
        text = f"{nasty}{number}"
        changed, place = put(values, path, text)
        said = refusal(tmp_path, changed)
        if said is None:
            # A key that was changed before may stand on the way.
            together = (
                put(carried, path, text)[0] if path in dict.fromkeys(texts(carried)) else carried
            )
            if together is not carried and refusal(tmp_path, together) is None:
                carried, accepted[text] = together, field
        elif len(nasty) > 1000:
            assert f"crosshost:{place[0]}" in said
        else:
            file = in_file(tmp_path, changed)
            # What is wrong with a key may be said of the map that has it.
            around = [place, place[:-1]]
            lines = [
                f"Pulumi.test.yaml:{line_of(file, one)}: crosshost:{place[0]}" for one in around
            ]
            assert any(line in said for line in lines), said
    engine = run_program(monkeypatch, tmp_path, carried, FACTS[stack], preview=True)
    inputs = list(strings([resource.inputs for resource in engine.resources.values()]))
    lost = {
        field
        for text, field in accepted.items()
        if field not in NO_INPUT
        and not any(
            text in one or json.dumps(text)[1:-1] in one  # within daemon.json
            for one in inputs
        )
    }
    assert lost == set()


@pytest.mark.long
@pytest.mark.parametrize("plain", YAML)
def test_what_yaml_may_change_is_refused_with_its_line_or_read_as_it_is_written(tmp_path, plain):
    written = plain.split()[-1]
    for make in STACKS.values():
        values = make()
        # One place of each field is enough.
        for path in {
            field: path for path, field in texts(values).items() if path[-1] != KEY
        }.values():
            in_file(tmp_path, put(values, path, "PLAIN")[0], plain)
            said = ""
            try:
                read = files.read("test", tmp_path)
            except StackFileError as error:
                said = str(error)
            if said:
                assert re.search(r"Pulumi.test.yaml:\d+: |line \d+", said), said
                continue
            section: Any = getattr(read, str(path[0]))
            for part in path[1:]:
                section = (
                    getattr(section, str(part)) if isinstance(section, BaseModel) else section[part]
                )
            if written in ("~", "null"):
                assert section is None or section == [] or section == {}, (path, section)
            elif isinstance(section, (int, float)) and not isinstance(section, bool):
                assert float(int(written, 16) if "x" in written else written) == section, path
            else:
                # Capabilities are made CAP_YES.
                assert str(section).lower().removeprefix("cap_") == written.lower(), path
