"""What the lab needs of the machine it runs on: Linux, root, a few tools and kernel settings."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab import cache
from lab.errors import LabError
from lab.processes import run
from lab.progress import step

# Command -> Debian package that brings it.
TOOLS = {
    "systemd-nspawn": "systemd-container",
    "mmdebstrap": "mmdebstrap",
    "ssh": "openssh-client",
    "ip": "iproute2",
    "nsenter": "util-linux",
    "shellcheck": "shellcheck",
}
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def require_linux_root() -> None:
    """Errors: LabError where the lab cannot run at all."""
    if sys.platform != "linux":
        problem = "it needs Linux"
    elif os.geteuid() != 0:
        problem = "it needs root (run it with sudo)"
    else:
        return
    raise LabError(
        f"the lab cannot run here: {problem}. To use crosshost on hosts of your own, "
        "see 'Your own hosts' in README.md"
    )


def require_tools() -> None:
    """Install with apt what is missing, without starting any service."""
    packages = sorted({package for tool, package in TOOLS.items() if not shutil.which(tool)})
    if not _KEYRING.exists():
        packages.append("debian-archive-keyring")
    if not packages:
        return
    names = " ".join(packages)
    if not shutil.which("apt-get"):
        raise LabError(f"the lab needs {names}: install them (Debian's names) and run this again")
    with (
        cache.lock(cache.root() / "locks" / "apt", "it installs packages"),
        step(f"installing {names}"),
        _no_services(),
    ):
        apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
        run([*apt, "update"])
        run([*apt, "install", "--yes", "--no-install-recommends", *packages])


@contextmanager
def _no_services() -> Iterator[None]:
    """While it lasts, packages that are installed start nothing."""
    policy = Path("/usr/sbin/policy-rc.d")
    before = policy.read_bytes() if policy.exists() else None
    mode = policy.stat().st_mode if before is not None else 0o755
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    try:
        yield
    finally:
        if before is None:
            policy.unlink(missing_ok=True)
        else:
            policy.write_bytes(before)
            policy.chmod(mode)


def require_disk(folder: Path) -> None:
    """Errors: LabError where `folder` cannot hold the hosts' disks."""
    folder.mkdir(parents=True, exist_ok=True)
    kind = run(["stat", "-f", "-c", "%T", str(folder)]).strip()
    if kind in {"overlayfs", "nfs", "v9fs", "fuseblk"}:
        raise LabError(
            f"{folder} is on {kind}, which cannot hold the hosts' disks: set XDG_CACHE_HOME to a "
            "folder on ext4, xfs, btrfs or tmpfs"
        )


def boot_id() -> str:
    """Names this boot of the machine: process numbers and mounts of another one mean nothing."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
