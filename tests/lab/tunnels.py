"""Stacks like lab-vxlan-encrypted for tests: their hosts, and the devices of WireGuard there."""

from __future__ import annotations

from tests.lab import meshes
from tests.lab.waiting import wait

FIRST, SECOND = HOSTS = ("docker07", "docker08")
ENDS = ((FIRST, "web01", "172.16.2.18"), (SECOND, "web02", "172.16.2.2"))


def started(lab, shared_environment):
    """A stack like the lab's, with containers that run again after a boot."""
    lab.up_for("lab-vxlan-encrypted")
    return meshes.started(shared_environment, "lab-vxlan-encrypted")


def reached(lab, ends=ENDS):
    """Waits until each container reaches the other's address."""
    wait(lambda: meshes.pinged(lab, ends), 15)


def pids(lab):
    """Of the containers: one that goes on has the same."""
    return meshes.pids(lab, ENDS)


def devices(lab, host=FIRST):
    """The names of a host's WireGuard devices."""
    return lab.ssh(host, "wg show interfaces").stdout.split()


def keys(lab):
    """The public keys that the hosts' devices have."""
    return [lab.ssh(host, "wg show all public-key").stdout.split()[1] for host in HOSTS]
