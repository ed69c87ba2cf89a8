"""The machine's inotify limit is raised for the hosts of all labs together, and given back."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab import cache, inotify, machine
from lab.record import HostRecord, Record


@pytest.fixture
def limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The limit of a machine: room for 16 hosts."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    file = tmp_path / "max_user_instances"
    file.write_text("128\n")
    monkeypatch.setattr(inotify, "_LIMIT", file)
    return file


def lab(name: str, hosts: int, boot: str = "") -> None:
    """Have a lab with so many hosts that run."""
    record = Record(boot or machine.boot_id())
    for number in range(hosts):
        host = HostRecord(f"docker{number}", "10.0.0.11", "bullseye", cgroup="group")
        record.hosts[host.name] = host
    record.save(cache.root() / "labs" / name / "lab.json")


def test_few_hosts_leave_the_limit_as_it_is(limit: Path) -> None:
    lab("one", 8)
    lab("two", 8)
    lab("of an earlier boot", 8, boot="another")
    inotify.make_room()
    assert limit.read_text() == "128\n"
    assert not inotify.raised()


def test_many_hosts_of_several_labs_raise_it_until_the_rest_has_room(limit: Path) -> None:
    lab("one", 8)
    lab("two", 9)
    inotify.make_room()
    assert limit.read_text() == "4096"
    inotify.make_room()
    inotify.give_back()
    assert limit.read_text() == "4096", "both labs still run"
    lab("two", 0)
    inotify.give_back()
    assert limit.read_text() == "128"
    assert not inotify.raised()


def test_a_limit_that_somebody_else_has_set_since_stays(limit: Path) -> None:
    lab("one", 17)
    inotify.make_room()
    limit.write_text("8192\n")
    lab("one", 0)
    inotify.give_back()
    assert limit.read_text() == "8192\n"
