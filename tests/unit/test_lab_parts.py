"""The lab's pure parts: keys, engines, identities, environment, records, plugins."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from lab import (
    access,
    environment,
    hosts,
    keys,
    machine,
    network,
    roots,
)
from lab.environment import Environment
from lab.errors import CommandFailed, LabError
from lab.lab import Lab
from lab.processes import Process
from lab.record import HostRecord, Record


@pytest.fixture(autouse=True)
def cache_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache/crosshost"


def test_host_keys_never_change_because_stack_files_name_them() -> None:
    assert keys.host_key("docker01") == (
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMDiBLryL5561Efx3XKB+rK/77e73Wg6a+3QKagle+HK"
    )
    assert keys.host_key("docker02") != keys.host_key("docker01")


def test_the_client_key_is_made_once_and_is_nobodys_business(tmp_path: Path) -> None:
    file = tmp_path / "id_ed25519"
    public = keys.ensure_client_key(file)
    assert keys.ensure_client_key(file) == public
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert keys.ensure_client_key(tmp_path / "other") != public


@pytest.mark.parametrize(
    ("wanted", "suite"),
    [
        ("20", "bullseye"),
        ("20.10.5", "bullseye"),
        ("20.10.24", "bookworm"),
        ("26", "trixie"),
        ("28", "forky"),
        ("29", "forky-29"),
        ("forky", "forky"),
    ],
)
def test_an_engine_is_chosen_by_version_or_suite(wanted: str, suite: str) -> None:
    assert roots.suite_of(wanted).name == suite


@pytest.mark.parametrize("wanted", ["2", "20.1", "27", "", "sid"])
def test_an_engine_that_no_host_has_is_refused_with_those_there_are(wanted: str) -> None:
    with pytest.raises(LabError, match=r"20\.10\.5 \(bullseye\).*28\.5\.2 \(forky\)"):
        roots.suite_of(wanted)


def test_a_hosts_identity_is_its_own_and_the_same_each_time() -> None:
    one = hosts.identity("docker01", "10.0.0.11", "lab", "ssh-ed25519 KEY")
    again = hosts.identity("docker01", "10.0.0.11", "lab", "ssh-ed25519 KEY")
    # OpenSSH's private format has random check bytes; the key in it is told by its public file.
    private = "etc/ssh/ssh_host_ed25519_key"
    assert {**one, private: ("", 0)} == {**again, private: ("", 0)}
    two = hosts.identity("docker02", "10.0.0.12", "lab", "ssh-ed25519 KEY")
    for path in ("etc/hostname", "etc/machine-id", "etc/ssh/ssh_host_ed25519_key"):
        assert one[path] != two[path]
    assert len(one["etc/machine-id"][0].strip()) == 32
    assert one["etc/ssh/ssh_host_ed25519_key"][1] == 0o600
    assert "Address=10.0.0.11/24" in one["etc/systemd/network/10-lan.network"][0]


def test_hosts_are_numbered_from_the_notes_addresses_on() -> None:
    assert [hosts.name_of(n) for n in (1, 2, 10)] == ["docker01", "docker02", "docker10"]
    assert [network.address(n) for n in (1, 2, network.MAX_HOSTS)] == [
        "10.0.0.11",
        "10.0.0.12",
        "10.0.0.99",
    ]


def test_known_hosts_names_hosts_and_the_containers_beyond_them() -> None:
    lines = access.known_hosts([HostRecord("docker01", "10.0.0.11", "bullseye")]).splitlines()
    assert lines == [
        f"docker01,10.0.0.11 {keys.host_key('docker01')}",
        f"10.0.0.??? {keys.host_key('centos_ssh')}",
    ]


def test_the_environment_as_shell_is_the_environment_as_a_mapping(tmp_path: Path) -> None:
    found = Environment(("/lab/bin", "/engine dir"), {"PULUMI_HOME": "/it's here"}, ("", ""))
    base = {
        "PATH": "/usr/bin:/bin",
        "PULUMI_CONFIG_PASSPHRASE": "another's",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    printed = subprocess.run(
        ["/bin/sh", "-c", f"{environment.exports(found)}env"],
        capture_output=True,
        text=True,
        env=base,
        check=True,
    )
    by_shell = dict(line.split("=", 1) for line in printed.stdout.splitlines())
    by_mapping = found.over(base, tmp_path)
    assert by_mapping == {key: by_shell[key] for key in by_mapping}
    assert by_mapping["PATH"] == "/lab/bin:/engine dir:/usr/bin:/bin"
    assert not {"PULUMI_CONFIG_PASSPHRASE", "PYTHONDONTWRITEBYTECODE"} & set(by_shell)


def test_the_checkout_is_taken_off_pythonpath(tmp_path: Path) -> None:
    found = Environment((), {}, ("", ""))
    assert "PYTHONPATH" not in found.over({"PYTHONPATH": str(tmp_path)}, tmp_path)
    assert found.over({"PYTHONPATH": f"/x:{tmp_path}"}, tmp_path)["PYTHONPATH"] == "/x"


def test_a_record_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    record = Record(machine.boot_id(), "ns", Process(1, 2), "group")
    record.hosts["docker01"] = HostRecord(
        "docker01", "10.0.0.11", "bullseye", "off", Process(3, 4), ["/mount"], "group/docker01"
    )
    record.save(tmp_path / "lab.json")
    assert Record.load(tmp_path / "lab.json") == record


def test_after_a_reboot_nothing_is_taken_for_running(tmp_path: Path) -> None:
    record = Record("another boot", "ns", Process(1, 2), "group")
    record.hosts["docker01"] = HostRecord(
        "docker01", "10.0.0.11", "bullseye", "on", Process(3, 4), ["/mount"], "group/docker01"
    )
    record.save(tmp_path / "lab.json")
    loaded = Record.load(tmp_path / "lab.json")
    assert loaded.hosts["docker01"] == HostRecord("docker01", "10.0.0.11", "bullseye")
    assert (loaded.namespace, loaded.registry) == ("", None)


def test_a_process_number_that_another_process_has_now_is_not_alive() -> None:
    child = subprocess.Popen(["sleep", "60"])
    process = Process.of(child.pid)
    assert process is not None
    assert process.alive()
    assert not Process(child.pid, process.started - 1).alive()
    child.kill()
    child.wait()
    assert not process.alive()


@pytest.mark.parametrize(("system", "user"), [("darwin", 0), ("linux", 1000)])
def test_where_the_lab_cannot_run_one_line_says_what_to_do_instead(
    system: str, user: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", system)
    monkeypatch.setattr("os.geteuid", lambda: user)
    with pytest.raises(LabError, match=r"'Your own hosts' in README\.md$") as error:
        Lab.for_checkout(tmp_path).up()
    assert "\n" not in str(error.value)


def test_each_checkout_has_a_lab_of_its_own(tmp_path: Path, cache_root: Path) -> None:
    one, two = Lab.for_checkout(tmp_path / "one"), Lab.for_checkout(tmp_path / "two")
    assert one.id != two.id
    assert one.folder.parent == cache_root / "labs"
    assert one.status() == []
    assert not one.running()


def test_a_host_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"no host 'docker09'; it has none: `python -m lab up`"):
        Lab.for_checkout(tmp_path).address("docker09")


def test_a_failed_command_tells_its_last_words() -> None:
    error = CommandFailed(["sh", "-c", "x y"], 3, "first\nlast\n")
    assert str(error) == "`sh -c 'x y'` ended with exit code 3\nfirst\nlast"


def test_the_python_of_the_lab_knows_its_packages_without_pip_and_is_the_same_otherwise() -> None:
    python = environment.python() / "python3"
    listing = ["-m", "pip", "list", "-v", "--format", "json"]

    def said(program: Path | str, *arguments: str) -> str:
        argv = [str(program), *arguments]
        return subprocess.run(argv, capture_output=True, text=True, check=True).stdout

    assert json.loads(said(python, *listing)) == json.loads(said(sys.executable, *listing))
    # Not a process of pip's: a package that came meanwhile is not seen.
    stored = python.parent.parent / "packages.json"
    stored.write_text("[]")
    assert said(python, *listing) == "[]"
    prefix = ["-c", "import sys; print(sys.prefix, sys.argv)", "a b", "*"]
    assert said(python, *prefix) == said(sys.executable, *prefix)
