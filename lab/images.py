"""The container images that the lab's registry serves, made from Debian packages.

- `centos_ssh:v2` stands in for the notes' image: sshd (the lab's key opens it), ping, tcpdump,
  iperf3, ip, perl.
- `consul:1.8.7`: Consul, whose command line follows the image's name.
- `dnsmasq:2.85`: dnsmasq, in PATH.
- `busybox:1`: sleep, ping, nc, httpd and the rest of busybox.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from lab import cache, keys
from lab.layers import Image, Layer, LayerWriter
from lab.processes import run
from lab.progress import step
from lab.roots import SUITES, debootstrap

_SUITE = SUITES["bullseye"]
# What centos_ssh holds, and what that links; hosts pull it again and again, so nothing else.
_SSH_PACKAGES = [
    *("openssh-server", "openssh-client", "openssh-sftp-server", "procps"),
    *("iproute2", "iputils-ping", "tcpdump", "iperf3"),
    *("bash", "dash", "coreutils", "grep", "sed", "mawk", "findutils", "hostname"),
]
# What the servers of a proof take, for hosts that have no perl of their own.
_PERL_FILES = [
    f"usr/lib/*-linux-gnu*/perl-base/{name}" for name in ("*.pm", "warnings/*.pm", "auto/Socket/*")
]
_MORE_PROGRAMS = ("usr/bin/getent", "usr/bin/perl")
_SSH_FOLDERS = ("bin/", "sbin/", "usr/bin/", "usr/sbin/", "usr/lib/openssh/")
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
    ssh = _layer("centos_ssh", " ".join([*_SSH_PACKAGES, *_PERL_FILES, *_SSH_FOLDERS]), _write_ssh)
    return [
        Image("library/busybox", "1", (busybox,), ("sh",)),
        Image("library/consul", "1.8.7", (busybox, consul), ("agent", "-dev"), ("consul",)),
        Image(
            "library/dnsmasq", "2.85", (busybox, dnsmasq), ("--keep-in-foreground",), ("dnsmasq",)
        ),
        Image(
            "library/centos_ssh",
            "v2",
            (ssh, _access(client_key, folder / "access.tar")),
            ("/usr/sbin/sshd", "-D", "-e"),
            ports=("22/tcp",),
        ),
    ]


def _layer(name: str, version: str, write: Callable[[LayerWriter], None]) -> Layer:
    """The cached layer `name`; another `version` is another layer."""

    def build(folder: Path) -> None:
        with step(f"making the image {name}"):
            writer = LayerWriter(folder / "layer.tar")
            write(writer)
            (folder / "digest").write_text(writer.close().digest)

    folder = cache.entry("layers", f"{name}-{cache.digest('layers 2', version)}", build)
    return Layer(folder / "layer.tar", (folder / "digest").read_text())


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
        settings = root / "etc/ssh/sshd_config"
        settings.write_text(settings.read_text().replace("UsePAM yes", "UsePAM no"))
        writer.add_tree(root, only="etc")
        programs = _programs(root)
        _write_files(writer, programs, root)
        libraries = _libraries(root, programs)
        _write_files(writer, [*libraries, *_RESOLVER_FILES, *_PERL_FILES], root)
    for folder in ("dev", "proc", "sys", "tmp", "run/sshd", "root", "var/log", "var/empty"):
        writer.add_folder(folder, 0o1777 if folder == "tmp" else 0o755)


def _programs(root: Path) -> list[str]:
    """Paths, relative to `root`, of the programs of _SSH_PACKAGES, and of getent and perl."""
    lists = [(root / "var/lib/dpkg/info" / f"{name}.list").read_text() for name in _SSH_PACKAGES]
    paths = [path.lstrip("/") for text in lists for path in text.splitlines()]
    return sorted([*(path for path in paths if path.startswith(_SSH_FOLDERS)), *_MORE_PROGRAMS])


def _libraries(root: Path, programs: Sequence[str]) -> list[str]:
    """Paths, relative to `root`, of what `programs` link, links and what they lead to."""
    shell = ["chroot", str(root), "sh", "-c"]
    linked = run([*shell, 'ldd -- "$@" 2>/dev/null || true', "sh", *programs])
    paths = set(re.findall(r"(/\S+\.so\S*) \(0x", linked))
    leads_to = run([*shell, 'readlink -f -- "$@"', "sh", *paths]).splitlines()
    return sorted({path.lstrip("/") for path in [*paths, *leads_to]})


def _access(client_key: str, file: Path) -> Layer:
    """Who may log in, and the host key that the client expects."""
    writer = LayerWriter(file)
    writer.add_folder("root/.ssh", 0o700)
    writer.add_bytes("root/.ssh/authorized_keys", f"{client_key}\n".encode(), 0o600)
    host_key = keys.host_private_key(SSH_KEY_NAME)
    writer.add_bytes("etc/ssh/ssh_host_ed25519_key", host_key, 0o600)
    return writer.close()
