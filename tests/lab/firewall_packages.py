"""Debian's own ufw, firewalld and nftables, put on a lab host that has none of them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from lab import cache, roots
from lab.lab import Lab
from lab.progress import step

PACKAGES = ("ufw", "firewalld", "nftables")
# What the packages' own scripts would do.
CONFIGURE = """
tar -xf - -C / --keep-directory-symlink --exclude=./dev --exclude=./proc --exclude=./etc/resolv.conf
cp /usr/share/ufw/iptables/*.rules /usr/share/ufw/ufw.conf /etc/ufw/
cd /usr/share/polkit-1/actions
cp org.fedoraproject.FirewallD1.server.policy.choice org.fedoraproject.FirewallD1.policy
systemctl daemon-reload
systemctl reload dbus
systemctl restart polkit
"""


def _unpacked(suite: str) -> Path:
    """The packages and what they need."""
    key = cache.digest("firewalls 1", suite, *PACKAGES)

    def build(folder: Path) -> None:
        with step("fetching ufw, firewalld and nftables", "about 15 s"):
            roots.debootstrap(roots.SUITES[suite], PACKAGES, folder / "root", variant="extract")

    return cache.entry("firewalls", key, build) / "root"


def install(lab: Lab, host: str) -> None:
    """Put them on a host of Docker 20.10.5; `lab.reset` takes them off again."""
    argv = ["tar", "-cf", "-", "-C", str(_unpacked("bullseye")), "."]
    packed = subprocess.Popen(argv, stdout=subprocess.PIPE)
    config = str(lab.folder / "ssh_config")
    subprocess.run(
        ["nsenter", f"--net=/run/netns/{lab.namespace}", "ssh", "-F", config, host, CONFIGURE],
        stdin=packed.stdout, stdout=sys.stderr, check=True, timeout=120, env=os.environ,
    )  # fmt: skip
    assert packed.wait() == 0
