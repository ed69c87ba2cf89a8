"""Debian root file systems: one for each engine that a lab host can run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lab import cache, dockerd
from lab.errors import CommandFailed, LabError
from lab.processes import run
from lab.progress import step

_HOST_PACKAGES = [
    *("systemd", "systemd-sysv", "dbus", "kmod", "procps", "ca-certificates"),
    *("docker.io", "iptables", "iproute2", "iputils-ping"),
    *("openssh-server", "openssh-client", "sudo", "curl"),
]
_NO_DOCUMENTATION = [
    f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("doc", "man", "locale", "info")
]
# Nothing that wakes up by itself on a host that lives for minutes.
_MASKED_UNITS = [
    *("apt-daily.timer", "apt-daily-upgrade.timer", "e2scrub_all.timer", "e2scrub_reap.service"),
    *("fstrim.timer", "systemd-networkd-wait-online.service"),
    *("getty.target", "console-getty.service"),
]


@dataclass(frozen=True)
class Suite:
    """A Debian release and the Docker engine that its package brings.

    `cgroup_v1`: its systemd can do with cgroups v1, where the machine has no others. `release`:
    Debian's name of it, where that is not `name`: then the daemon is built from source.
    """

    name: str
    engine: str
    extra_packages: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    cgroup_v1: bool = False
    release: str = ""

    @property
    def debian(self) -> str:
        """Debian's name of the release."""
        return self.release or self.name


# Bullseye has no wireguard-go.
_WIREGUARD = ("wireguard-tools", "wireguard-go")
# Its Release file is past its date in the mirror.
_FORKY = ('--aptopt=Acquire::Check-Valid-Until "false"',)
SUITES = {
    suite.name: suite
    for suite in (
        Suite("bullseye", "20.10.5", cgroup_v1=True),
        Suite("bookworm", "20.10.24", _WIREGUARD, cgroup_v1=True),
        Suite("trixie", "26.1.5", ("docker-cli", *_WIREGUARD)),
        Suite("forky", "28.5.2", ("docker-cli", *_WIREGUARD), _FORKY),
        Suite(
            "forky-29",
            dockerd.VERSION,
            ("docker-cli", "nftables", *_WIREGUARD),
            _FORKY,
            release="forky",
        ),
    )
}


def suite_of(wanted: str) -> Suite:
    """The suite for a suite's name or the beginning of an engine's version ("28", "20.10.24").

    Where several fit, the oldest is taken. Errors: LabError naming what there is.
    """
    if wanted in SUITES:
        return SUITES[wanted]
    for suite in SUITES.values():
        if f"{suite.engine}.".startswith(f"{wanted.rstrip('.')}."):
            return suite
    known = ", ".join(f"{s.engine} ({s.name})" for s in SUITES.values())
    raise LabError(f"no lab host has engine {wanted!r}: choose one of {known}")


def host_root(suite: Suite) -> Path:
    """The root of a host with this suite's engine; built where it is missing.

    That takes about 30 s, and three minutes more where the daemon is built from source.
    """
    packages = [*_HOST_PACKAGES, *suite.extra_packages]
    built = dockerd.binaries(suite.engine) if suite.release else None
    parts = [
        suite.name,
        *packages,
        *suite.options,
        *_MASKED_UNITS,
        *([built.name] if built else []),
    ]
    key = cache.digest("host 1", *parts)

    def build(folder: Path) -> None:
        with step(f"making the {suite.name} host with Docker {suite.engine}", "about 30 s"):
            root = folder / "root"
            debootstrap(suite, packages, root, variant="minbase")
            _trim_host(root)
            if built is not None:
                dockerd.put_into(root, built)

    return cache.entry("roots", f"{suite.name}-{key}", build) / "root"


def debootstrap(
    suite: Suite,
    packages: Sequence[str],
    folder: Path,
    *,
    variant: str,
    options: Sequence[str] = (),
) -> None:
    """Make a Debian root with these packages in `folder`.

    `variant` is mmdebstrap's; "extract" only unpacks. Errors: LabError with apt's last words.
    """
    argv = [
        "mmdebstrap",
        "--mode=root",
        "--format=directory",
        f"--variant={variant}",
        f"--include={','.join(packages)}",
        *_NO_DOCUMENTATION,
        *suite.options,
        *options,
        suite.debian,
        str(folder),
        *_mirror(),
    ]
    try:
        run(argv)
    except CommandFailed as error:
        raise LabError(
            f"could not make a {suite.name} root: {error}\n"
            "Check that the machine reaches a Debian mirror that still has this release; "
            "CROSSHOST_MIRROR=URL names another one"
        ) from error


def _mirror() -> list[str]:
    """The Debian mirror that the machine's own apt uses; nothing means mmdebstrap's default."""
    if chosen := os.environ.get("CROSSHOST_MIRROR"):
        return [chosen]
    if not shutil.which("apt-get"):
        return []
    fields = "$(SITE) $(ORIGIN) $(LABEL)"
    for line in run(["apt-get", "indextargets", "--format", fields]).splitlines():
        if line.endswith(" Debian Debian"):
            return [line.split()[0]]
    return []


def _trim_host(root: Path) -> None:
    for key in (root / "etc/ssh").glob("ssh_host_*"):
        key.unlink()
    units = root / "etc/systemd/system"
    for unit in _MASKED_UNITS:
        (units / unit).unlink(missing_ok=True)
        (units / unit).symlink_to("/dev/null")
    for leftover in ("etc/resolv.conf", "etc/hostname", "etc/machine-id"):
        (root / leftover).unlink(missing_ok=True)
