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

from lab import images
from lab.lab import Lab
from standins.replay import records
from tests.lab.rows import some_often

_HOSTS = {"b1": "docker01", "b2": "docker02", "b3": "docker02"}
"""Recorded host -> ours. b3 had Docker 26: only what does not depend on that is replayed."""

_APPLETS = (
    "sh sleep cat echo ls ip ping mount printf env ifconfig hostname ps kill nc wget date mkdir "
    "touch rm grep id sysctl test"
)

DOCKER = """
container-minimal container-exits container-exits-zero container-bad-command container-ip-in-use
container-stopped container-stopped-restart-always container-gone container-recreated-by-hand
container-netmodes container-netmode-container-replace container-netadv-static
container-netadv-more container-netadv-host-and-none container-disconnected container-caps
container-health-ok container-health-wait container-ports container-port-conflict
container-start-false container-sticky-removed container-upload container-import container-grace
container-image-missing container-name-in-use container-replace-image container-replace-autoname
container-inplace-ignored container-two-containers-dependency container-volume-forms
container-retagged-image network-minimal network-bridge-full network-macvlan
network-macvlan-trixie network-ipv6 network-delete-attached-b1 network-gone
network-recreated-by-hand network-replace-attached network-replace-attached-dbr network-rename
network-import network-invalid-ipam network-subnet-conflict-b1 network-name-exists-b1
network-overlay-noswarm network-macvlan-parent-taken remoteimage-local remoteimage-absent
remoteimage-gone remoteimage-retagged remoteimage-container remoteimage-in-use-only-tag
remoteimage-in-use volume volume-in-use volume-exists
""".split()  # noqa: SIM905

COMMAND = """
remote-basic remote-create-only remote-no-create remote-triggers remote-triggers-dbr
remote-fail-create remote-fail-update remote-fail-delete remote-fail-replace remote-hostkey
remote-hostkey-wrong-create-limit remote-wrong-key remote-unreachable-later remote-env
remote-env-multi remote-addprev remote-large-output remote-output-forms remote-logging
remote-logging-fail remote-secrets remote-defaults remote-reboot-host remote-retain
remote-triggers-unknown remote-replace-option remote-ignore-changes remote-delete-unreachable
copy-file copy-string copy-archive copy-connection-change copy-errors local-command local-fail
local-assets local-secrets
""".split()  # noqa: SIM905

LEFT_OUT = {
    "container-attach-logs": "attach is not in the stand-in",
    "container-exits-restart": "error texts of Docker 26",
    "container-full": "memory limits are read back differently where swap is not accounted",
    "container-inplace": "as container-full",
    "container-memory-only": "as container-full",
    "container-memory-swap": "as container-full",
    "container-trixie": "as container-full",
    "container-network-by-plain-name": "waits for a network in use, as network-delete-attached-b1",
    "container-privileged": "failed in the recorder's hosts, works in ours",
    "container-privileged-bullseye": "as container-privileged",
    "container-privileged-trixie": "as container-privileged",
    "functions": "functions are not in the stand-in",
    "network-and-container-parallel": "a replay makes one call at a time; see ten containers below",
    "network-delete-attached-b3": "as network-delete-attached-b1, on Docker 26",
    "network-ipvlan": "depends on the kernel",
    "network-ipvlan-alone": "depends on the kernel",
    "network-name-exists-b3": "as network-name-exists-b1, on Docker 26",
    "network-overlay-not-attachable": "puts a host into a swarm",
    "network-overlay-swarm": "puts a host into a swarm",
    "network-subnet-conflict-b3": "as network-subnet-conflict-b1, on Docker 26",
    "provider-daemon-down": "stops a daemon that others use; see tests/unit",
    "provider-host-change": "a replay has one provider",
    "provider-host-forms": "a replay has one provider",
    "provider-one-of-two-down": "a replay has one provider",
    "provider-only": "has no resources",
    "provider-sshopts-change": "a replay has one provider",
    "provider-unknown-hostkey": "replayed in parts below",
    "provider-unreachable": "replayed in parts below",
    "provider-unreachable-later": "a replay has one provider",
    "provider-wrong-key": "replayed in parts below",
    "registry-function-http": "getRegistryImage is not in the stand-in",
    "registry-functions": "getRegistryImage is not in the stand-in",
    "remoteimage-pulltrigger-deletes": "needs the recorder's registry",
    "copy-asset-archive": "refused in Check",
    "copyfile-deprecated": "remote.CopyFile is not in the stand-in",
    "local-run": "functions are not in the stand-in",
    "provider-default": "has no resources",
    "remote-background": "8 s of waiting for a process that keeps stdout open",
    "remote-concurrency": "a replay makes one call at a time; see commands below",
    "remote-connection-change": "the changed key is masked in the record",
    "remote-hostkey-wrong-create": "as remote-hostkey-wrong-create-limit, with 12 s of attempts",
    "remote-large-output-1line": "hung the official plugin; the stand-in fails, see below",
    "remote-large-stdin": "stdin is shortened in the record",
    "remote-limit-minus1": "needs a host that comes up meanwhile",
    "remote-password-empty": "the key is masked in the record; see below",
    "remote-preview-unknown": "an unknown secret, written another way",
    "remote-proxy": "port numbers; see below",
    "remote-signal": "OpenSSH does not say which signal ended a command",
    "remote-stdin-unread-eof": "seen once in 400 runs",
    "remote-unreachable": "the kernel's ARP decides between no route and time-out; see below",
    "remote-unreachable-default": "45 s of attempts",
    "remote-unreachable-refused-default": "11 s of attempts",
}
"""Scenario -> why it is not replayed on hosts. Its checks and diffs are, in tests/unit."""


@pytest.fixture(scope="module")
def stage(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The hosts with the recorded image and a spare NIC; what the replays leave is removed."""
    for name in sorted(set(_HOSTS.values())):
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
    for name in sorted(set(_HOSTS.values())):
        _clean(lab, name)


def _recorded_names() -> set[str]:
    """The names of everything that the replayed scenarios make."""
    return {
        str(call.request["properties"].get("name"))
        for name in DOCKER
        for call in records.calls("docker", name)
        if call.method == "Create"
    }


def _clean(lab: Lab, host: str) -> None:
    """Remove what a failed replay left, and nothing else: others may use the host."""
    names = _recorded_names()
    lab.ssh(host, "docker ps -aq --filter ancestor=lab/net:1 | xargs -r docker rm -fv", check=False)
    for kind in ("network", "volume"):
        found = lab.ssh(host, f"docker {kind} ls --format '{{{{.Name}}}}'").stdout.split()
        for name in sorted(names & set(found)):
            lab.ssh(host, f"docker {kind} rm {name}", check=False)
    images = "docker images --format '{{.Repository}}:{{.Tag}}' --filter reference='lab/*'"
    lab.ssh(host, f"{images} | xargs -r docker rmi -f; docker image prune -f", check=False)
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
        content = (images.tools() / "bin" / "busybox").read_bytes()
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
    command = [sys.executable, "-m", f"standins.replay.{module}", *arguments]
    result = lab.run(command, input=json.dumps(stage), timeout=120)
    return json.loads(result.stdout)


# What `make test` replays; `make test-all` replays every scenario.
REPRESENTATIVE = {
    "container-bad-command", "container-caps", "container-exits", "container-gone",
    "container-health-wait", "container-ip-in-use", "container-netadv-static",
    "container-netmodes", "container-ports", "container-replace-image", "container-stopped",
    "network-bridge-full", "network-delete-attached-b1", "network-gone", "network-macvlan",
    "remoteimage-local", "volume", "copy-file", "local-command", "remote-basic", "remote-env",
    "remote-fail-create", "remote-fail-update", "remote-hostkey", "remote-logging",
    "remote-output-forms", "remote-secrets", "remote-triggers", "remote-wrong-key",
}  # fmt: skip


SCENARIOS = {
    f"{plugin}-{name}": (plugin, name)
    for plugin, names in (("docker", DOCKER), ("command", COMMAND))
    for name in names
}
OFTEN = (key for key, (_, name) in SCENARIOS.items() if name in REPRESENTATIVE)


@pytest.mark.parametrize(("plugin", "name"), some_often(SCENARIOS, *OFTEN))
def test_a_scenario_goes_as_recorded(
    lab: Lab, stage: dict[str, Any], tmp_path: Path, plugin: str, name: str
) -> None:
    (tmp_path / "main.py").write_text("x = 1\n")
    got = _inside(lab, "live", {**stage, "folder": str(tmp_path)}, plugin, name)
    assert got["differences"] == []


def test_every_record_is_replayed_or_left_out_for_a_reason() -> None:
    known = {*DOCKER, *COMMAND, *LEFT_OUT}
    assert known == {*records.names("docker"), *records.names("command")}


def test_keys_with_pass_phrases_jump_hosts_and_dead_ends(
    lab: Lab, stage: dict[str, Any], tmp_path: Path
) -> None:
    got = _inside(lab, "together", {**stage, "folder": str(tmp_path)}, "ways_to_a_host")
    assert got == {
        "pass phrase missing": "ssh: this private key is passphrase protected",
        "pass phrase given": "docker01",
        "not a key": "ssh: no key found",
        "jump host": f"docker02 {lab.address('docker01')}",
        "refused": f"after 2 failed attempts: dial tcp {lab.address('docker01')}:2222: "
        "connect: connection refused",
        "absent": "after 1 failed attempts: dial tcp 10.0.0.99:22: i/o timeout",
        "host key": "after 1 failed attempts: ssh: handshake failed: ssh: host key mismatch",
    }


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


def test_a_line_that_would_hang_the_official_plugin_fails(
    lab: Lab, stage: dict[str, Any], tmp_path: Path
) -> None:
    got = _inside(lab, "together", {**stage, "folder": str(tmp_path)}, "a_long_line")
    assert "hangs the official plugin for ever" in got["logged"]
    assert got["not logged"] == 70000
