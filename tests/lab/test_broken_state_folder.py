"""What crosshost keeps on a host has no sound place there: up stops before it changes anything."""

from __future__ import annotations

import pytest

from tests.lab.host_state import difference, look
from tests.lab.rows import some_often

HOSTS = ("docker01", "docker02")
KEPT = "/var/lib/crosshost"
MOUNTED = f"mkdir {KEPT} && mount -t tmpfs -o {{}} none {KEPT}"
UNMOUNT = f"umount {KEPT}; rmdir {KEPT}"
READ_ONLY = "mount --bind {0} {0} && mount -o remount,ro,bind {0}"

# What is done to docker02 -> what is said, and how it is undone.
BROKEN = {
    "a link that leads nowhere": (
        f"ln -s /nowhere {KEPT}", "is no folder (it leads nowhere)", f"rm {KEPT}"),
    "a file": (f"echo x >{KEPT}", "is no folder (regular file)", f"rm {KEPT}"),
    "a folder of somebody else": (
        f"mkdir {KEPT} && chown 1000 {KEPT}", "belongs to user 1000", f"rmdir {KEPT}"),
    "a link to a folder of somebody else": (
        f"mkdir /srv/kept && chown 1000 /srv/kept && ln -s /srv/kept {KEPT}",
        "belongs to user 1000", f"rmdir /srv/kept; rm {KEPT}"),
    "a folder that others write to": (
        f"mkdir -m 777 {KEPT}", "can be written by others", f"rmdir {KEPT}"),
    "a read-only disk": (MOUNTED.format("ro,mode=755"), f"{KEPT} of docker02 is read-only", UNMOUNT),
    "a full disk": (
        MOUNTED.format("size=8k,mode=755"), f"docker02 has 8 kB left for {KEPT}", UNMOUNT),
    "a read-only /etc": (
        READ_ONLY.format("/etc"), "/etc/systemd/system of docker02 is read-only", "umount /etc"),
}  # fmt: skip


@pytest.fixture(scope="module")
def shared(shared_environment):
    return shared_environment("lab-macvlan")


@pytest.mark.parametrize(("harm", "sentence", "mend"), some_often(BROKEN, "a full disk"))
def test_up_stops_before_it_changes_anything(lab, shared, harm, sentence, mend):
    before = {host: look(lab, host) for host in HOSTS}
    lab.ssh("docker02", harm)
    try:
        harmed = {host: look(lab, host) for host in HOSTS}
        preview = shared.preview()
        assert sentence in preview.text, preview.text
        up = shared.up(check=False)
        assert up.code != 0
        assert "nothing was changed:" in up.text
        assert sentence in up.text, up.text
        assert not difference(harmed, {host: look(lab, host) for host in HOSTS})
    finally:
        lab.ssh("docker02", mend)
    assert not difference(before, {host: look(lab, host) for host in HOSTS})


@pytest.mark.long
def test_etc_becomes_read_only_in_a_running_stack_and_is_writable_again(lab, environment):
    """As after an error of the disk."""
    stack = environment("lab-overlay")
    before = {host: look(lab, host) for host in HOSTS}
    stack.up()
    lab.ssh("docker02", READ_ONLY.format("/etc"))
    try:
        assert "/etc/docker of docker02 is read-only" in stack.preview().text
        down = stack.destroy(check=False)
        assert down.code != 0
        assert "Read-only file system" in down.text
        running = lab.ssh("docker02", "systemctl is-active docker && docker ps -q | wc -l").stdout
        assert running.split()[0] == "active"
    finally:
        lab.ssh("docker02", "umount /etc")
    stack.up()
    lab.ssh("docker01", "docker exec web01 ping -c 1 -W 2 web02")
    assert stack.up().changes == {}
    stack.destroy()
    assert not difference(before, {host: look(lab, host) for host in HOSTS})


@pytest.mark.long
@pytest.mark.parametrize(
    ("make", "remove"),
    [
        (f"mkdir /srv/kept && ln -s /srv/kept {KEPT}", f"rmdir /srv/kept && rm {KEPT}"),
        (MOUNTED.format("noexec,nosuid,size=4m,mode=755"), UNMOUNT),
    ],
    ids=["a link to a folder of root's elsewhere", "a file system that runs nothing"],
)
def test_these_do(lab, environment, make, remove):
    """Scripts are read by sh, and a link of root's is root's choice; both outlive a destroy."""
    stack = environment("lab-overlay")
    lab.ssh("docker02", make)
    try:
        before = {host: look(lab, host) for host in HOSTS}
        stack.up()
        lab.ssh("docker01", "docker exec web01 ping -c 1 -W 2 web02")
        assert stack.up().changes == {}
        stack.destroy()
        assert not difference(before, {host: look(lab, host) for host in HOSTS})
        assert lab.ssh("docker02", f"ls -A {KEPT}/").stdout == ""
    finally:
        stack.destroy(check=False)
        lab.ssh("docker02", remove)
