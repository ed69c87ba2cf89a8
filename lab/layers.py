"""Container image layers and configurations, made without a container engine."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from typing_extensions import Buffer

MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json"
_CONFIG_TYPE = "application/vnd.docker.container.image.v1+json"
_LAYER_TYPE = "application/vnd.docker.image.rootfs.diff.tar"
_EPOCH = "1970-01-01T00:00:00Z"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True)
class Layer:
    """A layer: `file` is its tar, not compressed, and `digest` that of the tar: "sha256:...".

    Hosts of the lab pull over no wire, and unpacking takes half of the processor time of a pull.
    """

    file: Path
    digest: str


@dataclass(frozen=True)
class Image:
    """A container image: layers from the bottom up and what a container of it runs."""

    repository: str
    tag: str
    layers: tuple[Layer, ...]
    command: tuple[str, ...]
    entrypoint: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()

    def config(self) -> bytes:
        """The image's configuration, as the engine reads it."""
        running: dict[str, object] = {
            "Cmd": list(self.command),
            "Entrypoint": list(self.entrypoint) or None,
            "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
            "ExposedPorts": {port: {} for port in self.ports} or None,
        }
        return _canonical(
            {
                "architecture": _ARCHITECTURES.get(platform.machine(), platform.machine()),
                "os": "linux",
                "created": _EPOCH,
                "config": {key: value for key, value in running.items() if value is not None},
                "rootfs": {"type": "layers", "diff_ids": [layer.digest for layer in self.layers]},
                "history": [{"created": _EPOCH} for _ in self.layers],
            }
        )

    def manifest(self) -> bytes:
        """The manifest that a registry serves for the image."""
        config = self.config()
        return _canonical(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST_TYPE,
                "config": _descriptor(_CONFIG_TYPE, digest_of(config), len(config)),
                "layers": [
                    _descriptor(_LAYER_TYPE, layer.digest, layer.file.stat().st_size)
                    for layer in self.layers
                ],
            }
        )


def digest_of(data: bytes) -> str:
    """The digest of a blob: "sha256:..."."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _canonical(data: object) -> bytes:
    return json.dumps(data, sort_keys=True, separators=(",", ":")).encode()


def _descriptor(kind: str, digest: str, size: int) -> dict[str, object]:
    return {"mediaType": kind, "digest": digest, "size": size}


class _Sink(io.BytesIO):
    """Writes into `file` and digests what is written."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._out = file.open("wb")
        self._sum = hashlib.sha256()

    def write(self, data: Buffer) -> int:
        self._sum.update(data)
        return self._out.write(data)

    def finish(self) -> str:
        """End the file; the digest of what was written."""
        self._out.close()
        return f"sha256:{self._sum.hexdigest()}"


class LayerWriter:
    """Writes one layer, the same bytes each time for the same content."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._sink = _Sink(file)
        self._tar = tarfile.TarFile(fileobj=self._sink, mode="w", format=tarfile.PAX_FORMAT)
        self._there: set[str] = set()

    def add(self, source: Path, target: str) -> None:
        """Add a file or link of the machine as `target`; a link's own target is kept."""
        if not (source.is_file() or source.is_symlink() or source.is_dir()):
            return
        self._parents(target)
        info = self._tar.gettarinfo(source, target)
        info.type = tarfile.REGTYPE if info.islnk() else info.type
        if info.isfile():
            info.size = source.stat().st_size
            with source.open("rb") as data:
                self._put(info, data)
        else:
            self._put(info)

    def add_tree(self, source: Path, only: str) -> None:
        """Add all below the folder `only` of the folder `source`."""
        for path in sorted((source / only).rglob("*")):
            self.add(path, str(path.relative_to(source)))

    def add_bytes(self, target: str, content: bytes, mode: int = 0o644) -> None:
        """Add a file of root's with this content."""
        self._parents(target)
        info = tarfile.TarInfo(target)
        info.size, info.mode = len(content), mode
        self._put(info, io.BytesIO(content))

    def add_folder(self, target: str, mode: int = 0o755) -> None:
        """Add an empty folder of root's."""
        self._parents(target)
        self._folder(target, mode)

    def add_links(self, links: Mapping[str, str]) -> None:
        """Add symbolic links: path -> what it points to."""
        for target, value in links.items():
            self._parents(target)
            info = tarfile.TarInfo(target)
            info.type, info.linkname = tarfile.SYMTYPE, value
            self._put(info)

    def close(self) -> Layer:
        """End the layer's file."""
        self._tar.close()
        return Layer(self._file, self._sink.finish())

    def _parents(self, target: str) -> None:
        for parent in list(reversed(Path(target).parents))[1:]:
            if str(parent) not in self._there:
                self._folder(str(parent), 0o755)

    def _folder(self, target: str, mode: int) -> None:
        info = tarfile.TarInfo(target)
        info.type, info.mode = tarfile.DIRTYPE, mode
        self._put(info)

    def _put(self, info: tarfile.TarInfo, data: IO[bytes] | None = None) -> None:
        if info.name in self._there:
            return
        self._there.add(info.name)
        info.mtime = 0
        info.uname = info.gname = ""
        self._tar.addfile(info, data)
