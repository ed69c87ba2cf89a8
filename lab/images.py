"""The container images that the lab's registry serves, made from Debian packages.

- `centos_ssh:v2` stands in for the notes' image: sshd (the lab's key opens it), ping, tcpdump,
  iperf3, ip, curl.
- `consul:1.8.7`: Consul, whose command line follows the image's name.
- `dnsmasq:2.85`: dnsmasq, in PATH.
- `busybox:1`: sleep, ping, nc, httpd and the rest of busybox.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from lab import cache, keys
from lab.layers import Image, Layer, LayerWriter
from lab.processes import run
from lab.progress import step
from lab.roots import SUITES, debootstrap

_SUITE = SUITES["bullseye"]
_SSH_PACKAGES = [
    *("openssh-server", "curl", "procps"),
    *("iproute2", "iputils-ping", "tcpdump", "iperf3"),
]
_TOOL_PACKAGES = ["consul", "busybox-static", "docker-registry", "libc6"]
_LOADER = ["lib64/ld-*", "lib/ld-linux-*", "lib/*-linux-gnu*/ld-*"]
_CONSUL_FILES = [
    "usr/bin/consul",
    *_LOADER,
    *(f"lib/*-linux-gnu*/{name}*" for name in ("libc[.-]", "libpthread", "libdl", "libnss_")),
]
# What a static busybox loads to look a name up; without it ping says "bad address" to every name.
_RESOLVER_FILES = [
    *_LOADER,
    *(f"lib/*-linux-gnu*/{name}*" for name in ("libc[.-]", "libnss_[df]", "libresolv")),
]
_LIBRARIES = ["lib64/ld-*", "lib/*-linux-gnu*/*.so*", "usr/lib/*-linux-gnu*/*.so*"]
_NOT_IN_A_CONTAINER = ("dev", "proc", "sys", "run", "var/cache", "var/lib/apt", "var/log", "boot")
_ACCOUNTS = {
    "etc/passwd": b"root:x:0:0:root:/root:/bin/sh\n",
    "etc/group": b"root:x:0:\n",
    "etc/nsswitch.conf": b"hosts: files dns\n",
}
# The sshd of a container of centos_ssh has the host key of a lab host with this name.
SSH_KEY_NAME = "centos_ssh"


def tools() -> Path:
    """Unpacked Debian packages: consul, busybox, docker-registry and the C library."""
    key = cache.digest("tools 1", _SUITE.name, *_TOOL_PACKAGES)

    def build(folder: Path) -> None:
        with step("fetching Consul, busybox and the registry", "about 10 s"):
            debootstrap(_SUITE, _TOOL_PACKAGES, folder / "root", variant="extract")

    return cache.entry("tools", key, build) / "root"


def images(client_key: str, folder: Path) -> list[Image]:
    """All images; `client_key` (a public line) opens the sshd of centos_ssh.

    The one layer that depends on the key is written into `folder`.
    """
    busybox = _layer("busybox", "2", _write_busybox)
    consul = _layer("consul", "1", _write_consul)
    dnsmasq = _layer("dnsmasq", "1", _write_dnsmasq)
    ssh = _layer("centos_ssh", " ".join(_SSH_PACKAGES), _write_ssh)
    return [
        Image("library/busybox", "1", (busybox,), ("sh",)),
        Image("library/consul", "1.8.7", (busybox, consul), ("agent", "-dev"), ("consul",)),
        Image(
            "library/dnsmasq", "2.85", (busybox, dnsmasq), ("--keep-in-foreground",), ("dnsmasq",)
        ),
        Image(
            "library/centos_ssh",
            "v2",
            (ssh, _access(client_key, folder / "access.tar.gz")),
            ("/usr/sbin/sshd", "-D", "-e"),
            ports=("22/tcp",),
        ),
    ]


def _layer(name: str, version: str, write: Callable[[LayerWriter], None]) -> Layer:
    """The cached layer `name`; another `version` is another layer."""

    def build(folder: Path) -> None:
        with step(f"making the image {name}"):
            writer = LayerWriter(folder / "layer.tar.gz")
            write(writer)
            (folder / "diff_id").write_text(writer.close().diff_id)

    folder = cache.entry("layers", f"{name}-{cache.digest('layers 1', version)}", build)
    return Layer(folder / "layer.tar.gz", (folder / "diff_id").read_text())


def _write_busybox(writer: LayerWriter) -> None:
    busybox = tools() / "bin/busybox"
    writer.add(busybox, "bin/busybox")
    applets = run([str(busybox), "--list"]).split()
    writer.add_links({f"bin/{name}": "busybox" for name in applets if name != "busybox"})
    for path, content in _ACCOUNTS.items():
        writer.add_bytes(path, content)
    _write_files(writer, _RESOLVER_FILES)
    writer.add_folder("tmp", 0o1777)
    writer.add_folder("root", 0o700)


def _write_files(writer: LayerWriter, patterns: Sequence[str], root: Path | None = None) -> None:
    root = root or tools()
    for pattern in patterns:
        for file in sorted(root.glob(pattern)):
            writer.add(file, str(file.relative_to(root)))


def _write_consul(writer: LayerWriter) -> None:
    _write_files(writer, _CONSUL_FILES)
    writer.add_folder("consul/data")
    writer.add_folder("consul/config")


def _write_dnsmasq(writer: LayerWriter) -> None:
    with tempfile.TemporaryDirectory(dir=cache.root()) as temporary:
        root = Path(temporary) / "root"
        debootstrap(_SUITE, ["dnsmasq-base", "libc6"], root, variant="extract")
        _write_files(writer, ["usr/sbin/dnsmasq", *_LIBRARIES], root)


def _write_ssh(writer: LayerWriter) -> None:
    with tempfile.TemporaryDirectory(dir=cache.root()) as temporary:
        root = Path(temporary) / "root"
        debootstrap(_SUITE, _SSH_PACKAGES, root, variant="essential")
        for key in (root / "etc/ssh").glob("ssh_host_*"):
            key.unlink()
        writer.add_tree(root, skip=_NOT_IN_A_CONTAINER)
    for folder in ("dev", "proc", "sys", "run/sshd", "var/log", "var/cache"):
        writer.add_folder(folder)


def _access(client_key: str, file: Path) -> Layer:
    """Who may log in, and the host key that the client expects."""
    writer = LayerWriter(file)
    writer.add_folder("root/.ssh", 0o700)
    writer.add_bytes("root/.ssh/authorized_keys", f"{client_key}\n".encode(), 0o600)
    host_key = keys.host_private_key(SSH_KEY_NAME)
    writer.add_bytes("etc/ssh/ssh_host_ed25519_key", host_key, 0o600)
    return writer.close()
