"""The image registry on the lab's LAN: Debian's docker-registry over a folder, read-only.

The folder is written as the registry itself lays it out, so nothing has to be pushed.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from lab import cache, images, network
from lab.cgroups import Cgroup, spawn
from lab.errors import LabError
from lab.layers import Image, digest_of
from lab.processes import Process, wait_until

PORT = 5000


def write(storage: Path, content: Iterable[Image]) -> None:
    """Make `storage` a registry's folder that holds these images and nothing else.

    Layers are hard links to their files where the file system allows it.
    """
    cache.remove(storage)
    top = storage / "docker/registry/v2"
    for image in content:
        repository = top / "repositories" / image.repository
        for layer in image.layers:
            _link(repository / "_layers" / _path(layer.digest), layer.digest)
            _share(layer.file, _blob(top, layer.digest))
        config, manifest = image.config(), image.manifest()
        for data in (config, manifest):
            blob = _blob(top, digest_of(data))
            blob.parent.mkdir(parents=True, exist_ok=True)
            blob.write_bytes(data)
        _link(repository / "_layers" / _path(digest_of(config)), digest_of(config))
        digest = digest_of(manifest)
        tag = repository / "_manifests/tags" / image.tag
        for folder in (
            repository / "_manifests/revisions" / _path(digest),
            tag / "current",
            tag / "index" / _path(digest),
        ):
            _link(folder, digest)


def _path(digest: str) -> str:
    return digest.replace(":", "/")


def _blob(top: Path, digest: str) -> Path:
    kind, _, value = digest.partition(":")
    return top / "blobs" / kind / value[:2] / value / "data"


def _link(folder: Path, digest: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "link").write_text(digest)


def _share(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        return
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def start(storage: Path, namespace: str, cgroup: Cgroup) -> Process:
    """Serve `storage` on 10.0.0.2:5000 inside the namespace.

    Errors: LabError where it does not listen within 10 s.
    """
    config = storage.with_suffix(".json")
    config.write_text(
        json.dumps(
            {
                "version": 0.1,
                "log": {"level": "warn"},
                "storage": {
                    "filesystem": {"rootdirectory": str(storage)},
                    "maintenance": {"readonly": {"enabled": True}},
                },
                "http": {"addr": f"{network.GATEWAY}:{PORT}", "secret": "lab"},
            }
        )
    )
    log = storage.with_suffix(".log")
    log.unlink(missing_ok=True)
    cgroup.make()
    binary = images.tools() / "usr/bin/docker-registry"
    environment = {"OTEL_TRACES_EXPORTER": "none"}
    argv = [str(binary), "serve", str(config)]
    process = spawn(argv, namespace=namespace, cgroup=cgroup, log=log, env=environment)

    def listens() -> bool:
        if not process.alive():
            raise LabError(f"the lab's registry ended: {log.read_text(errors='replace')[-500:]}")
        return f":{PORT:04X} 00000000:0000 0A" in Path(f"/proc/{process.pid}/net/tcp").read_text()

    if not wait_until(listens, 10):
        raise LabError(f"the lab's registry does not listen; see {log}")
    return process
