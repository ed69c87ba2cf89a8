"""The lab's own network: a namespace with a LAN in it, apart from the machine's network.

Inside stands the LAN's gateway and registry, 10.0.0.2. There is no way out: whatever is sent
elsewhere is refused at once, so that nothing waits for a timeout.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from lab.errors import CommandFailed
from lab.processes import run

GATEWAY = "10.0.0.2"
BRIDGE = "lan0"
NIC = "ens33"
MAX_HOSTS = 89
_GATEWAY_MAC = "02:00:0a:00:00:02"


def address(number: int) -> str:
    """The address of the host with this number, from 1: docker01 has 10.0.0.11."""
    return f"10.0.0.{10 + number}"


def exists(namespace: str) -> bool:
    """Whether the namespace is there."""
    return Path(f"/run/netns/{namespace}").exists()


def create(namespace: str) -> None:
    """Make the namespace and the LAN in it; one left half made is made again."""
    delete(namespace)
    run(["ip", "netns", "add", namespace])
    commands = f"""
        link set lo up
        link add {BRIDGE} address {_GATEWAY_MAC} type bridge stp_state 0 forward_delay 0
        address add {GATEWAY}/24 dev {BRIDGE}
        link set {BRIDGE} up
        route add unreachable default
    """
    run(["ip", "-n", namespace, "-batch", "-"], text=commands)
    forward = "echo 1 >/proc/sys/net/ipv4/ip_forward"
    run(["nsenter", f"--net=/run/netns/{namespace}", "sh", "-c", forward])


def unplug(namespace: str, name: str) -> None:
    """Take a host that is off out of the LAN at once; the kernel would take its time."""
    if not exists(namespace):
        return
    for line in run(["ip", "-n", namespace, "-brief", "link"]).splitlines():
        link = line.split()[0].partition("@")[0]
        if link.startswith(f"vb-{name}"):
            with suppress(CommandFailed):
                run(["ip", "-n", namespace, "link", "delete", link])


def delete(namespace: str) -> None:
    """Remove the namespace; nothing to remove is fine."""
    if exists(namespace):
        run(["ip", "netns", "delete", namespace])
