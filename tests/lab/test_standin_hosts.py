"""The stand-in plugins do on real hosts what the official plugins were recorded to do."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.lab import Lab

_HOSTS = {"b1": "docker01", "b2": "docker02", "b3": "docker02"}
"""Recorded host -> ours. b3 had Docker 26: only what does not depend on that is replayed."""

_APPLETS = (
    "sh sleep cat echo ls ip ping mount printf env ifconfig hostname ps kill nc wget date mkdir "
    "touch rm grep id sysctl test"
)

DOCKER = [
    "container-minimal",
    "container-exits",
    "container-exits-zero",
    "container-bad-command",
    "container-ip-in-use",
    "container-stopped",
    "container-stopped-restart-always",
    "container-gone",
    "container-recreated-by-hand",
    "container-netmodes",
    "container-netmode-container-replace",
    "container-netadv-static",
    "container-netadv-more",
    "container-netadv-host-and-none",
    "container-disconnected",
    "container-caps",
    "container-health-ok",
    "container-health-wait",
    "container-ports",
    "container-port-conflict",
    "container-start-false",
    "container-sticky-removed",
    "container-upload",
    "container-import",
    "container-grace",
    "container-image-missing",
    "container-name-in-use",
    "container-replace-image",
    "container-replace-autoname",
    "container-inplace-ignored",
    "container-two-containers-dependency",
    "container-volume-forms",
    "network-minimal",
    "network-bridge-full",
    "network-macvlan",
    "network-macvlan-trixie",
    "network-ipv6",
    "network-delete-attached-b1",
    "network-gone",
    "network-recreated-by-hand",
    "network-replace-attached",
    "network-replace-attached-dbr",
    "network-rename",
    "network-import",
    "network-invalid-ipam",
    "network-subnet-conflict-b1",
    "network-name-exists-b1",
    "network-overlay-noswarm",
    "remoteimage-local",
    "remoteimage-absent",
    "remoteimage-gone",
    "remoteimage-retagged",
    "remoteimage-container",
    "remoteimage-in-use-only-tag",
    "volume",
    "volume-in-use",
    "volume-exists",
]

COMMAND = [
    "remote-basic",
    "remote-create-only",
    "remote-no-create",
    "remote-triggers",
    "remote-triggers-dbr",
    "remote-fail-create",
    "remote-fail-update",
    "remote-fail-delete",
    "remote-fail-replace",
    "remote-hostkey",
    "remote-hostkey-wrong-create-limit",
    "remote-wrong-key",
    "remote-unreachable-later",
    "remote-env",
    "remote-env-multi",
    "remote-addprev",
    "remote-large-output",
    "remote-output-forms",
    "remote-logging",
    "remote-logging-fail",
    "remote-secrets",
    "remote-defaults",
    "remote-reboot-host",
    "remote-retain",
    "copy-file",
    "copy-string",
    "copy-archive",
    "copy-connection-change",
    "copy-errors",
    "local-command",
    "local-fail",
    "local-assets",
    "local-secrets",
]

ACCEPTED: dict[str, dict[str, str]] = {}
"""Scenario -> part of a difference -> why it is accepted."""


@pytest.fixture(scope="module")
def stage(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The hosts with the recorded image and a spare NIC; what the replays leave is removed."""
    before = {name: _objects(lab, name) for name in set(_HOSTS.values())}
    for name in before:
        _prepare(lab, name)
    folder = tmp_path_factory.mktemp("keys")
    key = folder / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    yield {
        "hosts": {
            recorded: {
                "name": name,
                "address": lab.address(name),
                "host_key": " ".join(_host_key(lab, name).split()[:2]),
            }
            for recorded, name in _HOSTS.items()
        },
        "private_key": lab.key_file.read_text(),
        "other_key": key.read_text(),
        "ssh_config": str(lab.folder / "ssh_config"),
        "parent": "standin0",
    }
    for name, known in before.items():
        _clean(lab, name, known)


def _objects(lab: Lab, host: str) -> set[tuple[str, str]]:
    found = set()
    for kind, command in (
        ("rm -fv", "docker ps -aq --no-trunc"),
        ("network rm", "docker network ls -q --no-trunc"),
        ("volume rm -f", "docker volume ls -q"),
        ("rmi -f", "docker images --format '{{.Repository}}:{{.Tag}}'"),
    ):
        found |= {(kind, item) for item in lab.ssh(host, command).stdout.split()}
    return found


def _clean(lab: Lab, host: str, known: set[tuple[str, str]]) -> None:
    left = _objects(lab, host) - known
    for kind in ("rm -fv", "network rm", "volume rm -f", "rmi -f"):
        for item in sorted(item for of, item in left if of == kind):
            lab.ssh(host, f"docker {kind} {item}", check=False)
    lab.ssh(host, "ip link delete standin0", check=False)


def _host_key(lab: Lab, host: str) -> str:
    return str(lab.ssh(host, "cat /etc/ssh/ssh_host_ed25519_key.pub").stdout)


def _prepare(lab: Lab, host: str) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for folder in ("bin", "tmp", "etc", "proc", "sys", "dev"):
            member = tarfile.TarInfo(folder)
            member.type, member.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(member)
        content = Path("/bin/busybox").read_bytes()
        member = tarfile.TarInfo("bin/busybox")
        member.mode, member.size = 0o755, len(content)
        archive.addfile(member, io.BytesIO(content))
        for applet in _APPLETS.split():
            member = tarfile.TarInfo(f"bin/{applet}")
            member.type, member.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(member)
    import_image = 'base64 -d | docker import -c \'CMD ["/bin/sleep","1d"]\' - lab/net:1'
    lab.ssh(host, import_image, input=base64.b64encode(packed.getvalue()).decode())
    lab.ssh(
        host,
        "ip link show standin0 >/dev/null 2>&1 || ip link add standin0 type veth peer standin1; "
        "ip link set standin0 up; ip link set standin1 up",
    )


def _inside(lab: Lab, module: str, stage: dict[str, Any], *arguments: str) -> Any:
    command = [sys.executable, "-m", f"tests.plugin_traces.{module}", *arguments]
    result = lab.run(command, input=json.dumps(stage), timeout=120)
    return json.loads(result.stdout)


@pytest.mark.parametrize(
    ("plugin", "name"),
    [*(("docker", name) for name in DOCKER), *(("command", name) for name in COMMAND)],
)
def test_a_scenario_goes_as_recorded(
    lab: Lab, stage: dict[str, Any], tmp_path: Path, plugin: str, name: str
) -> None:
    (tmp_path / "main.py").write_text("x = 1\n")
    got = _inside(lab, "live", {**stage, "folder": str(tmp_path)}, plugin, name)
    accepted = ACCEPTED.get(name, {})
    differences = [
        difference
        for difference in got["differences"]
        if not any(part in difference for part in accepted)
    ]
    assert not differences


def test_ten_containers_start_at_the_same_time(
    lab: Lab, stage: dict[str, Any], tmp_path: Path
) -> None:
    got = _inside(lab, "together", {**stage, "folder": str(tmp_path)}, "ten_containers")
    assert got["running"] == [True] * 10
    assert got["connections"] <= 8, "so many fit into one shared ssh connection"


def test_commands_share_connections_and_leave_none_behind(
    lab: Lab, stage: dict[str, Any], tmp_path: Path
) -> None:
    got = _inside(lab, "together", {**stage, "folder": str(tmp_path)}, "many_commands")
    assert got["said"] == [str(number) for number in range(30)]
    assert got["connections"] <= 4
    assert got["left"] == []


def test_a_daemon_that_does_not_answer_is_named_with_the_reason(
    lab: Lab, stage: dict[str, Any], tmp_path: Path
) -> None:
    place = {**stage, "folder": str(tmp_path)}
    got = _inside(lab, "together", place, "daemons_that_do_not_answer")
    for case, address, reason in (
        ("absent", "10.0.0.99", "No route to host"),
        ("wrong key", lab.address("docker02"), "Permission denied (publickey"),
        ("unknown host key", lab.address("docker02"), "Host key verification failed."),
    ):
        head = (
            "1 error occurred:\n\t* failed to create Docker client: "
            f"Error pinging Docker server, please make sure that ssh://root@{address} is reachable "
            "and has a  '_ping' endpoint. Error: error during connect: Head "
            '"http://docker.example.com/_ping": command [ssh -l root '
        )
        assert got[case].startswith(head)
        assert "docker system dial-stdio] has exited with exit status 255" in got[case]
        assert reason in got[case]
    assert got["daemon down"].endswith(
        "Error: Cannot connect to the Docker daemon at http://docker.example.com. "
        "Is the docker daemon running?\n\n"
    )


def test_a_line_that_would_hang_the_official_plugin_fails(
    lab: Lab, stage: dict[str, Any], tmp_path: Path
) -> None:
    got = _inside(lab, "together", {**stage, "folder": str(tmp_path)}, "a_long_line")
    assert "hangs the official plugin for ever" in got["logged"]
    assert got["not logged"] == 70000
