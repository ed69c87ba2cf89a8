"""Every word of a container that has several values, unsorted: a second up has nothing to do."""

from __future__ import annotations

import typing
from typing import Any

import pytest
from pydantic import BaseModel

from components.container.settings import ContainerSettings
from planning.service import Service

UNSORTED: dict[str, Any] = {
    "command": ["-c", "sleep 1d", "z", "a"],
    "entrypoint": ["sh", "-e"],
    "environment": {"Z": "1", "A": "2", "M": "3"},
    "ports": ["8083:83", "82", "8084:81/udp", "8085:81", "8087:84", "8086:84"],
    "volumes": ["/srv:/z:ro", "zz:/m", "/usr:/a:ro", "aa:/b"],
    "tmpfs": ["/tz:size=1m", "/ta", "/tm:size=2m"],
    "cap_add": ["SYS_TIME", "NET_ADMIN", "AUDIT_WRITE"],
    "cap_drop": ["SETUID", "MKNOD", "CHOWN"],
    "healthcheck": {"test": ["CMD", "true", "z", "a"]},
    "labels": {"z": "1", "a": "2", "m": "3"},
    "dns": ["10.0.0.2", "10.0.0.1", "1.1.1.1"],
    "dns_search": ["z.example", "a.example", "m.example"],
    "dns_opt": ["use-vc", "ndots:2", "attempts:3"],
    "expose": ["95", "90/udp", "85"],
    "extra_hosts": {"z": "10.0.0.9", "a": "10.0.0.8", "m": "10.0.0.7"},
    "sysctls": {"net.ipv4.ip_forward": "1", "net.core.somaxconn": "100"},
    "ulimits": {"nproc": 100, "core": 0, "nofile": {"soft": 10, "hard": 20}},
    "group_add": ["9", "5", "7"],
    "security_opt": ["seccomp=unconfined", "no-new-privileges"],
    "devices": ["/dev/zero:/dev/z:rw", "/dev/null:/dev/a", "/dev/full"],
    "logging": {"driver": "json-file", "options": {"max-size": "1m", "labels": "z", "env": "A"}},
    "networks": {"ol1": {"aliases": ["zz", "aa", "mm"]}, "lan": {"ipv4_address": "10.0.0.150"}},
}
# What these name is of other containers, files and sections: tests/lab/test_compose.py has them.
OF_OTHERS = {"configs", "depends_on", "deploy", "env_file", "secrets"}


def several(annotation: Any) -> bool:
    """Whether a field of this type has several values, at least inside."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return any(several(field.annotation) for field in annotation.model_fields.values())
    origin = typing.get_origin(annotation)
    return origin in (list, dict) or any(several(part) for part in typing.get_args(annotation))


def test_every_word_with_several_values_is_here():
    fields = ContainerSettings.model_fields
    found = {name for name, field in fields.items() if several(field.annotation)}
    assert found == {*UNSORTED, *OF_OTHERS}
    assert {"ports", "labels"} < set(Service.model_fields)


@pytest.mark.long
def test_no_order_of_values_is_a_change_at_the_next_up(lab, environment):
    stack = environment("lab-overlay")
    stack.config["networks"]["lan"] = {
        "strategy": "macvlan", "parent": "ens33", "subnet": "10.0.0.0/24", "gateway": "10.0.0.2",
    }  # fmt: skip
    stack.config["containers"] = {
        "one": {"host": "docker01", "image": "busybox:1", "stop_grace_period": "1s", **UNSORTED}
    }
    stack.write()
    stack.up()
    assert stack.up().changes == {}
    assert stack.preview("--refresh").changes == {}
    assert stack.up("--refresh").changes == {}
    assert stack.up().changes == {}
    started = lab.ssh("docker01", "docker inspect -f {{.State.StartedAt}} one").stdout
    for word, value in UNSORTED.items():
        if word in ("ports", "cap_add", "cap_drop", "group_add"):
            stack.config["containers"]["one"][word] = list(reversed(value))
    stack.write()
    assert stack.up().changes == {}, "another order of a list is a change"
    assert lab.ssh("docker01", "docker inspect -f {{.State.StartedAt}} one").stdout == started
    stack.config["containers"] = {}
    stack.write()
    stack.up()
    lab.ssh("docker01", "docker volume rm aa zz")
