"""Lab hosts: real systemd, sshd and dockerd, each booted from its own disk with systemd-nspawn.

A disk is an overlay over a shared Debian root, and plain folders for /var/lib/docker and
/var/lib/containerd, where containers have overlays of their own. What runs of a host is written
into its HostRecord; the caller saves it. A host's name is its number: docker01 is 10.0.0.11.
"""

from __future__ import annotations

import json
import signal
import socket
from pathlib import Path

from lab import cache, cgroups, keys, network
from lab.cgroups import Cgroup
from lab.errors import LabError
from lab.processes import Process, run, wait_until
from lab.record import HostRecord
from lab.roots import SUITES

# Docker on the host with Consul, after a power cut, asks the store that is away for two minutes.
BOOT_SECONDS = 240.0
_PLAIN = ("docker", "containerd")
_STOP_SECONDS = 30.0
_LISTENING_ON_22 = ":0016 00000000:0000 0A"

_NIC_UNIT = f"""\
[Unit]
Description=Names the network interface {network.NIC}
DefaultDependencies=no
Before=systemd-networkd.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/sbin/ip link set host0 name {network.NIC}
"""

# Where a host has cgroups v1, systemd-nspawn gives it them read-only.
_CGROUP_UNIT = """\
[Unit]
Description=Makes cgroups v1 writable
DefaultDependencies=no
Before=sysinit.target
ConditionPathExists=!/sys/fs/cgroup/cgroup.controllers

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'for group in /sys/fs/cgroup/*/; do mount -o remount,bind,rw "$group"; done'
"""

_UNITS = {"lab-nic.service": _NIC_UNIT, "lab-cgroup.service": _CGROUP_UNIT}
_STARTED_BY = {
    "sysinit.target.wants": [f"/etc/systemd/system/{name}" for name in _UNITS],
    "multi-user.target.wants": ["/lib/systemd/system/systemd-networkd.service"],
}


def name_of(number: int) -> str:
    """The name of the host with this number, from 1."""
    return f"docker{number:02}"


def identity(name: str, address: str, lab_id: str, client_key: str) -> dict[str, tuple[str, int]]:
    """What makes a host's disk its own: path -> (content, mode)."""
    mirrors = {"registry-mirrors": [f"http://{network.GATEWAY}:5000"]}
    lan = (
        f"[Match]\nName={network.NIC}\n\n"
        f"[Network]\nAddress={address}/24\nGateway={network.GATEWAY}\n"
        "LinkLocalAddressing=no\nIPv6AcceptRA=no\n"
    )
    host_key = keys.host_private_key(name).decode()
    return {
        "etc/hostname": (f"{name}\n", 0o644),
        "etc/hosts": (f"127.0.0.1 localhost\n{address} {name}\n", 0o644),
        "etc/machine-id": (f"{cache.digest(lab_id, name)}{cache.digest(name, lab_id)}\n", 0o444),
        # Nothing listens there, which is the fastest answer a resolver can get.
        "etc/resolv.conf": (f"nameserver {network.GATEWAY}\n", 0o644),
        "etc/ssh/ssh_host_ed25519_key": (host_key, 0o600),
        "etc/ssh/ssh_host_ed25519_key.pub": (f"{keys.host_key(name)} {name}\n", 0o644),
        "etc/systemd/network/10-lan.network": (lan, 0o644),
        "etc/docker/daemon.json": (f"{json.dumps(mirrors)}\n", 0o644),
        "root/.ssh/authorized_keys": (f"{client_key}\n", 0o600),
    }


class Host:
    """One host of a lab: its disk below `folder`, and what runs of it in `record`."""

    def __init__(self, lab_id: str, namespace: str, folder: Path, record: HostRecord) -> None:
        self.record = record
        self.folder = folder / record.name
        self._lab_id = lab_id
        self._namespace = namespace
        self.root = self.folder / "root"
        self.console = self.folder / "console.log"

    @property
    def running(self) -> bool:
        """Whether the host's machine process is alive (it may still be booting)."""
        return self.record.process is not None and self.record.process.alive()

    def plan_start(self) -> None:
        """Write into the record what `start` is going to make; save the record after this."""
        self.record.mounts = [str(self.root)]
        self.record.cgroup = f"crosshost-{self._lab_id}/{self.record.name}"
        self.record.wanted = "on"

    def start(self, base: Path, client_key: str) -> None:
        """Boot the host from its disk, making the disk over `base` where there is none."""
        fresh = not (self.folder / "made").exists()
        if fresh:
            self.wipe()
        for part in ("upper", "work", "root", *_PLAIN):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        options = f"lowerdir={base},upperdir={self.folder}/upper,workdir={self.folder}/work"
        run(["mount", "-t", "overlay", "crosshost-lab", "-o", options, str(self.root)])
        if fresh:
            self._write_identity(client_key)
            (self.folder / "made").touch()
        self._write_units()
        cgroup = Cgroup(self.record.cgroup)
        cgroup.make()
        version_1 = SUITES[self.record.suite].cgroup_v1 and cgroups.memory_is_version_1()
        self.console.unlink(missing_ok=True)
        self.record.process = cgroups.spawn(
            [
                "systemd-nspawn",
                "--quiet",
                f"--directory={self.root}",
                f"--machine={self.record.name}-{self._lab_id}",
                "--boot",
                "--register=no",
                "--keep-unit",
                f"--network-bridge={network.BRIDGE}",
                "--capability=all",
                "--system-call-filter=@keyring bpf",
                *(f"--bind={self.folder}/{name}:/var/lib/{name}" for name in _PLAIN),
                "--resolv-conf=off",
                "--timezone=off",
                "--link-journal=no",
            ],
            namespace=self._namespace,
            cgroup=cgroup,
            log=self.console,
            env={"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "0" if version_1 else "1"},
        )

    def _write_identity(self, client_key: str) -> None:
        files = identity(self.record.name, self.record.address, self._lab_id, client_key)
        for path, (content, mode) in files.items():
            file = self.root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.unlink(missing_ok=True)
            file.write_text(content)
            file.chmod(mode)
        (self.root / "root/.ssh").chmod(0o700)

    def _write_units(self) -> None:
        """Write what makes the Debian root a lab host; anew at each boot, as the lab may change."""
        units = self.root / "etc/systemd/system"
        for name, text in _UNITS.items():
            (units / name).write_text(text)
        for target, started in _STARTED_BY.items():
            (units / target).mkdir(exist_ok=True)
            for name in started:
                link = units / target / Path(name).name
                link.unlink(missing_ok=True)
                link.symlink_to(name)

    def wait_ready(self) -> None:
        """Return when sshd listens and dockerd answers.

        Errors: LabError with the console's last lines where that takes longer than BOOT_SECONDS.
        """

        def ready() -> bool:
            if not self.running:
                raise self._failed("stopped while booting")
            return self._sshd_listens() and self.engine() is not None

        if not wait_until(ready, BOOT_SECONDS):
            raise self._failed(f"did not come up within {BOOT_SECONDS:.0f} s")

    def _failed(self, what: str) -> LabError:
        console = self.console.read_text(errors="replace").splitlines()[-8:]
        text = "\n".join(console)
        return LabError(
            f"host {self.record.name} {what}; the last lines of {self.console}:\n{text}\n"
            f"`python -m lab reset {self.record.name}` gives it a new disk"
        )

    def leader(self) -> Process | None:
        """The host's own first process (its systemd), None while there is none."""
        parent = self.record.process
        if parent is None or not parent.alive():
            return None
        try:
            children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()
            for pid in children:
                status = Path(f"/proc/{pid}/status").read_text()
                if any(s.startswith("NSpid:") and s.endswith("\t1") for s in status.splitlines()):
                    return Process.of(int(pid))
        except (FileNotFoundError, ProcessLookupError):
            return None
        return None

    def _sshd_listens(self) -> bool:
        leader = self.leader()
        if leader is None:
            return False
        try:
            return _LISTENING_ON_22 in Path(f"/proc/{leader.pid}/net/tcp").read_text()
        except OSError:
            return False

    def engine(self) -> str | None:
        """The version that the host's dockerd tells ("20.10.5"), None while it does not answer."""
        leader = self.leader()
        if leader is None:
            return None
        request = b"GET /version HTTP/1.0\r\nHost: docker\r\n\r\n"
        try:
            with socket.socket(socket.AF_UNIX) as link:
                link.settimeout(10)
                link.connect(f"/proc/{leader.pid}/root/run/docker.sock")
                link.sendall(request)
                answer = b"".join(iter(lambda: link.recv(65536), b""))
            version = json.loads(answer.partition(b"\r\n\r\n")[2])["Version"]
        except (OSError, ValueError, KeyError):
            return None
        return str(version).partition("+")[0]

    def memory(self) -> int:
        """Bytes of memory that the host's processes use, each shared page counted once."""
        total = 0
        for pid in Cgroup(self.record.cgroup).pids() if self.record.cgroup else []:
            try:
                for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                    if line.startswith("Pss:"):
                        total += int(line.split()[1]) * 1024
            except OSError:
                continue
        return total

    def shut_down(self) -> None:
        """Let the host stop its services and power off; after 30 s pull the plug."""
        process = self.record.process
        if process is not None and process.alive():
            process.send(signal.SIGTERM)
            wait_until(lambda: not process.alive(), _STOP_SECONDS)
        self.kill()

    def kill(self) -> None:
        """Pull the plug: all of the host's processes end at once. The disk stays."""
        if leader := self.leader():
            leader.send(signal.SIGKILL)
        if self.record.cgroup:
            cgroup = Cgroup(self.record.cgroup)
            cgroup.kill()
            cgroup.remove()
            network.unplug(self._namespace, self.record.name)
        for mount in reversed(self.record.mounts):
            while Path(mount).is_mount():
                run(["umount", mount])
        self.record.process, self.record.mounts, self.record.cgroup = None, [], ""

    def wipe(self) -> None:
        """Delete the disk of a host that is off; the next start has a new one."""
        cache.remove(self.folder)
