"""Image layers and the registry's folder, without a registry."""

from __future__ import annotations

import hashlib
import json
import tarfile
from pathlib import Path

from lab import registry
from lab.layers import Image, Layer, LayerWriter, digest_of


def make_layer(file: Path) -> Layer:
    file.parent.mkdir(parents=True, exist_ok=True)
    tree = file.parent / f"{file.name}.tree"
    (tree / "usr/bin").mkdir(parents=True)
    (tree / "usr/bin/tool").write_text("#!/bin/sh\n")
    (tree / "usr/bin/tool").chmod(0o755)
    (tree / "usr/bin/alias").symlink_to("tool")
    (tree / "dev").mkdir()
    (tree / "dev/left-out").touch()
    writer = LayerWriter(file)
    writer.add_tree(tree, only="usr")
    writer.add_bytes("root/.ssh/authorized_keys", b"key\n", 0o600)
    writer.add_folder("tmp", 0o1777)
    return writer.close()


def test_a_layer_holds_what_was_added(tmp_path: Path) -> None:
    layer = make_layer(tmp_path / "layer.tar")
    with tarfile.open(layer.file) as tar:
        names = tar.getnames()
        assert tar.getmember("usr/bin/tool").mode == 0o755
        assert tar.getmember("usr/bin/alias").linkname == "tool"
        assert tar.getmember("root/.ssh/authorized_keys").mode == 0o600
        assert tar.getmember("tmp").mode == 0o1777
    assert "dev/left-out" not in names
    assert names.index("root") < names.index("root/.ssh")
    assert len(names) == len(set(names))


def test_the_same_content_makes_the_same_layer(tmp_path: Path) -> None:
    first = make_layer(tmp_path / "one/layer.tar")
    second = make_layer(tmp_path / "two/layer.tar")
    assert first.file.read_bytes() == second.file.read_bytes()
    assert first.digest == second.digest


def test_a_layer_is_named_by_the_digest_of_its_tar(tmp_path: Path) -> None:
    layer = make_layer(tmp_path / "layer.tar")
    assert layer.digest == digest_of(layer.file.read_bytes())


def test_config_and_manifest_name_each_other_and_the_layers(tmp_path: Path) -> None:
    layer = make_layer(tmp_path / "layer.tar")
    image = Image("library/tool", "1", (layer,), ("run",), ("tool",), ("22/tcp",))
    config = json.loads(image.config())
    assert config["config"]["Entrypoint"] == ["tool"]
    assert config["config"]["ExposedPorts"] == {"22/tcp": {}}
    assert config["rootfs"]["diff_ids"] == [layer.digest]
    manifest = json.loads(image.manifest())
    assert manifest["config"]["digest"] == digest_of(image.config())
    assert manifest["layers"][0]["digest"] == layer.digest
    assert manifest["layers"][0]["size"] == layer.file.stat().st_size


def test_the_registrys_folder_leads_from_a_tag_to_every_blob(tmp_path: Path) -> None:
    image = Image("library/tool", "v2", (make_layer(tmp_path / "layer.tar"),), ("run",))
    storage = tmp_path / "registry"
    registry.write(storage, [image])
    registry.write(storage, [image])
    top = storage / "docker/registry/v2"

    def blob(digest: str) -> bytes:
        value = digest.partition(":")[2]
        data = (top / "blobs/sha256" / value[:2] / value / "data").read_bytes()
        assert hashlib.sha256(data).hexdigest() == value
        return data

    repository = top / "repositories/library/tool"
    digest = (repository / "_manifests/tags/v2/current/link").read_text()
    revision = repository / "_manifests/revisions" / digest.replace(":", "/") / "link"
    assert revision.read_text() == digest
    manifest = json.loads(blob(digest))
    for part in (manifest["config"], *manifest["layers"]):
        assert len(blob(part["digest"])) == part["size"]
        assert (repository / "_layers" / part["digest"].replace(":", "/") / "link").exists()
