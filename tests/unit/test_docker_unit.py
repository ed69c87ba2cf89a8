"""The drop-in that takes -H out of docker.service, from units as packages and admins write them."""

from __future__ import annotations

import pytest

from planning.docker_unit import Start, drop_in, drop_in_path, environment_of
from planning.facts.units import DockerUnit

DEBIAN = (
    "[Unit]\nDescription=x\nRequires=docker.socket\n\n[Service]\nType=notify\n"
    "# ExecStart=/bin/false\n"
    "ExecStart=/usr/sbin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock $DOCKER_OPTS\n"
    "ExecReload=/bin/kill -s HUP $MAINPID\n"
)


def start(content: str, **drop_ins: str) -> Start | None:
    unit = DockerUnit(
        fragment="/lib/systemd/system/docker.service",
        exec_start="",
        content=content,
        drop_ins={f"/etc/systemd/system/docker.service.d/{k}.conf": v for k, v in drop_ins.items()},
    )
    return Start.of(unit, "prod")


def service(line: str) -> str:
    return f"[Service]\nExecStart={line}\n"


def test_the_rest_of_the_command_line_stays_as_it_is():
    found = start(DEBIAN)
    assert found is not None
    assert found.hosts == ("fd://",)
    assert drop_in(found, None).splitlines()[1:] == [
        "[Service]",
        "ExecStart=",
        "ExecStart=/usr/sbin/dockerd --containerd=/run/containerd/containerd.sock $DOCKER_OPTS",
    ]


@pytest.mark.parametrize(
    ("line", "hosts", "left"),
    [
        ("/usr/bin/dockerd -Hfd://", ("fd://",), "/usr/bin/dockerd"),
        ("/usr/bin/dockerd -H=fd:// --debug", ("fd://",), "/usr/bin/dockerd --debug"),
        ("dockerd --host=fd:// --host tcp://1.2.3.4:1 -l x", ("fd://", "tcp://1.2.3.4:1"), "dockerd -l x"),
        ('dockerd -H "fd://" --label "a b=c -H d"', ("fd://",), 'dockerd --label "a b=c -H d"'),
        ("dockerd '--host=unix:///a b.sock'", ("unix:///a b.sock",), "dockerd"),
        (r"dockerd --label a\ b -H fd://", ("fd://",), r"dockerd --label a\ b"),
        ("dockerd --log-opt tag=-H", (), "dockerd --log-opt tag=-H"),
    ],
)  # fmt: skip
def test_every_way_to_write_a_host_is_found_and_nothing_else(line, hosts, left):
    found = start(service(line))
    assert found is not None
    assert (found.hosts, found.without_hosts) == (hosts, left)
    assert bool(drop_in(found, None)) == bool(hosts)


def test_a_line_goes_on_after_a_backslash():
    found = start("[Service]\nExecStart=/usr/bin/dockerd \\\n    -H fd:// \\\n    --debug\n")
    assert found is not None
    assert found.hosts == ("fd://",)
    assert found.without_hosts.split() == ["/usr/bin/dockerd", "--debug"]


def test_an_admins_drop_in_is_what_counts_and_ours_is_not():
    found = start(DEBIAN, override="[Service]\nExecStart=\nExecStart=/opt/dockerd -H fd:// -D\n")
    assert found is not None
    assert found.without_hosts == "/opt/dockerd -D"
    ours = {"zz-crosshost-prod": "[Service]\nExecStart=\nExecStart=/usr/sbin/dockerd\n"}
    assert start(DEBIAN, **ours) == start(DEBIAN)
    assert drop_in_path("prod").endswith("/zz-crosshost-prod.conf")


@pytest.mark.parametrize("content", ["", "[Service]\nExecStart=\n", service("a") + service("b")])
def test_a_unit_without_one_exec_start_is_not_guessed_at(content):
    assert start(content) is None


def test_flags_that_dockerd_refuses_beside_the_file_are_named():
    found = start(service("dockerd -H fd:// --log-driver=local --label a=b --debug"))
    assert found is not None
    settings = {"log-driver": "json-file", "labels": ["a=c"], "mtu": 1400}
    assert found.flags_of(settings) == [("--log-driver", "log-driver"), ("--label", "labels")]


def test_a_file_with_the_daemons_environment_is_named_beside_and_found_again():
    one = start("[Service]\nExecStart=/usr/bin/dockerd -H fd://\n")
    for who in (one, None):
        text = drop_in(who, "/var/lib/x/token")
        assert environment_of(text) == "/var/lib/x/token"
        assert ("ExecStart=/usr/bin/dockerd" in text) == (who is one)
    assert drop_in(None, None) == ""
    assert environment_of(drop_in(one, None)) is None
