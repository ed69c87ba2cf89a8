"""local.Command and local.run: run a command here."""

from __future__ import annotations

import hashlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import PluginError
from ..provider import Log
from ..values import Asset, Props, plain
from .output import failure, loggers, run


def command(inputs: Props, text: str, previous: Props, log: Log) -> Props:
    """Run one command: its outputs and the files it left that were asked for."""
    given = plain(inputs)
    environment = {**os.environ, **(given.get("environment") or {})}
    if given.get("addPreviousOutputInEnv") is not False:
        for stream in ("stdout", "stderr"):
            if plain(previous.get(stream)):
                environment[f"PULUMI_COMMAND_{stream.upper()}"] = plain(previous[stream])
    folder = given.get("dir")
    if folder is not None and not Path(folder).is_dir():
        raise failure(f"chdir {folder}: no such file or directory", text, "")
    interpreter = given.get("interpreter") or ["/bin/sh", "-c"]
    try:
        output = run(
            [*interpreter, text],
            given.get("stdin"),
            loggers(given.get("logging"), log),
            env=environment,
            cwd=folder,
        )
    except FileNotFoundError:
        said = f'exec: "{interpreter[0]}": executable file not found in $PATH'
        raise failure(said, text, "") from None
    if output.code < 0:
        name = (signal.strsignal(-output.code) or str(-output.code)).lower()
        raise failure(f"signal: {name}", text, output.mixed)
    if output.code:
        raise failure(f"exit status {output.code}", text, output.mixed)
    result: Props = {"stdout": output.stdout, "stderr": output.stderr}
    root = Path(folder or ".").resolve()
    if given.get("assetPaths") is not None:
        result["assets"] = _assets(root, given["assetPaths"])
    if given.get("archivePaths") is not None:
        assets = _assets(root, given["archivePaths"])
        result["archive"] = Asset(
            {"assets": assets, "hash": _archive_hash(assets), "path": "", "uri": ""}, archive=True
        )
    return result


def _assets(root: Path, patterns: list[str]) -> dict[str, Any]:
    """The files that match; a pattern with ! in front takes files away."""
    chosen: dict[str, Path] = {}
    for pattern in patterns:
        exclude = pattern.startswith("!")
        for path in _matching(root, pattern.removeprefix("!")):
            name = path.relative_to(root).as_posix()
            if exclude:
                chosen.pop(name, None)
            else:
                chosen[name] = path
    return {name: _asset(path) for name, path in sorted(chosen.items())}


def _matching(root: Path, pattern: str) -> Iterator[Path]:
    if pattern.startswith("/"):
        raise PluginError(f"an absolute path is not supported by the stand-in plugin: {pattern}")
    recursive = f"{pattern}/*" if pattern.endswith("**") else pattern
    return (path for path in root.glob(recursive) if path.is_file())


def _asset(path: Path) -> Asset:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Asset({"hash": digest, "path": str(path), "text": "", "uri": ""})


def _archive_hash(assets: dict[str, Any]) -> str:
    """A hash of the names and contents; only its changes mean something."""
    digest = hashlib.sha256()
    for name, asset in assets.items():
        digest.update(f"{name}\0{asset.fields['hash']}\0".encode())
    return digest.hexdigest()
