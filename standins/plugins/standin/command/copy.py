"""remote.CopyToRemote: put a file or a folder on a host."""

from __future__ import annotations

import io
import shlex
import tarfile
from pathlib import Path
from typing import Any

from ..errors import PluginError
from ..values import Asset, Props, plain
from .connection import Route
from .remote import Remote


def copy(remote: Remote, inputs: Props) -> None:
    """Copy the source; folders on the way are made, modes are not kept."""
    given = plain(inputs)
    source, path = given["source"], given["remotePath"]
    route = Route.read(given["connection"])
    if not isinstance(source, Asset):
        raise PluginError("either asset or archive must be set")
    if source.archive:
        content, script = _archive(source), _UNPACK
    else:
        content, script = _content(source), _WRITE
    remote.send(route, f"sh -c {shlex.quote(script)} sh {shlex.quote(path)}", content)


_WRITE = 'umask 022; mkdir -p "$(dirname "$1")" && cat >"$1"'
_UNPACK = 'umask 022; mkdir -p "$1" && tar -x -o -f - -C "$1"'


def _content(asset: Asset) -> bytes:
    path, text = asset.fields.get("path"), asset.fields.get("text")
    if path:
        try:
            return Path(path).read_bytes()
        except OSError as failure:
            raise PluginError(f"failed to open asset {path}: {failure.strerror}") from None
    return str(text or "").encode()


def _archive(archive: Asset) -> bytes:
    path = archive.fields.get("path")
    if not path or not Path(path).is_dir():
        raise PluginError("only archives of a folder are supported by the stand-in plugin")
    root = Path(path)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.add(root, arcname=root.name, filter=_plain_mode)
    return packed.getvalue()


def _plain_mode(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mode = 0o755 if member.isdir() else 0o644
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def changed(state: Props, news: Props) -> bool:
    """Whether an update copies again: a changed connection alone does not."""

    def key(props: Props) -> tuple[Any, Any]:
        source = plain(props.get("source"))
        digest = source.fields.get("hash") if isinstance(source, Asset) else source
        return digest, plain(props.get("remotePath"))

    return key(state) != key(news)
