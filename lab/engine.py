"""The Pulumi engine: one that is there, else the official download, else built from its source.

The build takes what the published Go modules hold: the command line of the pinned version, the
last Python language host that is published as a module, and two scripts of the SDK.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

from lab import cache, download, go
from lab.errors import LabError
from lab.progress import say, step

VERSION = "3.259.0"
_OLDEST = (3, 250, 0)
_SDK = "github.com/pulumi/pulumi/sdk/v3"
_CLI = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
_HOST = f"{_SDK}/python/cmd/pulumi-language-python"
_STAMP = f"-s -w -X {_SDK}/go/common/version.Version=v{VERSION}"
# In the SDK's module -> executable beside the engine.
_SCRIPTS = ("python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python")
_MODULES = Path(__file__).with_name("engine")
_PLATFORMS = {"x86_64": "x64", "aarch64": "arm64"}


@dataclass(frozen=True)
class Engine:
    """An engine: `folder` holds `pulumi`, `source` says where it is from."""

    folder: Path
    source: str

    @property
    def binary(self) -> Path:
        """The command itself."""
        return self.folder / "pulumi"


def find(path: str | None = None) -> Engine:
    """An engine that will do; made where there is none (6 minutes at worst).

    `path` is a search path instead of the environment's. Errors: LabError.
    """
    return _on_path(path or os.environ.get("PATH", os.defpath)) or _made()


def _on_path(path: str) -> Engine | None:
    for folder in path.split(os.pathsep):
        binary = Path(folder) / "pulumi"
        if not os.access(binary, os.X_OK) or binary.resolve().is_relative_to(cache.root()):
            continue
        host = shutil.which("pulumi-language-python", path=os.pathsep.join((folder, path)))
        if not host or not version_will_do(_version(binary)):
            say(f"{binary} is left alone: it is not a Pulumi that runs this program")
            continue
        return Engine(Path(folder), f"{binary}, found on PATH")
    return None


def _version(binary: Path) -> str:
    argv = [str(binary), "version"]
    environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        done = subprocess.run(
            argv, capture_output=True, text=True, check=False, timeout=20, env=environment
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


def version_will_do(text: str) -> bool:
    """Whether "v3.259.0" (or the like) is a version that runs the program: 3.250 to below 4."""
    match = re.match(r"v?(\d+)\.(\d+)\.(\d+)", text)
    return match is not None and _OLDEST <= tuple(map(int, match.groups())) < (4,)


def _made() -> Engine:
    official = cache.digest("official engine", VERSION)
    built = go.digest(_MODULES, "engine 1", _STAMP)
    for kind, key, source in (
        ("engine-official", official, f"the official download of {VERSION}"),
        ("engine-built", built, f"{VERSION}, built from the published Go modules"),
    ):
        folder = cache.root() / kind / key / "bin"
        if folder.is_dir():
            return Engine(folder, source)
    failed = cache.Memo("official-engine")
    if not failed.fresh():
        try:
            folder = cache.entry("engine-official", official, _download)
            return Engine(folder / "bin", f"the official download of {VERSION}")
        except _NotReachable:
            failed.set()
            say("the official Pulumi cannot be downloaded here: building it")
    folder = cache.entry("engine-built", built, _build)
    return Engine(folder / "bin", f"{VERSION}, built from the published Go modules")


class _NotReachable(Exception):
    pass


def _download(folder: Path) -> None:
    machine = _PLATFORMS.get(platform.machine(), platform.machine())
    system = platform.system().lower()
    url = f"https://get.pulumi.com/releases/sdk/pulumi-v{VERSION}-{system}-{machine}.tar.gz"
    archive = folder / "pulumi.tar.gz"
    with step(f"downloading Pulumi {VERSION}"):
        if not download.fetch(url, archive):
            raise _NotReachable
        try:
            with tarfile.open(archive) as packed:
                packed.extractall(folder, filter="data")
        except (tarfile.TarError, EOFError, OSError) as error:
            raise _NotReachable from error
        archive.unlink()
        # The archive holds one folder: pulumi/ or pulumi/bin/.
        found = next(folder.rglob("pulumi-language-python"), None)
        if found is None:
            raise _NotReachable
        found.parent.rename(folder / "bin")


def _build(folder: Path) -> None:
    target = folder / "bin"
    with go.toolchain(folder) as built:
        for module, package, name, flags in (
            ("cli", _CLI, "pulumi", _STAMP),
            ("language-python", _HOST, "pulumi-language-python", "-s -w"),
        ):
            about = "about 6 minutes, once" if module == "cli" else ""
            with step(f"building {name} {VERSION}", about):
                try:
                    built.build(_MODULES / module, package, target / name, "-ldflags", flags)
                except LabError as error:
                    raise LabError(
                        f"building the Pulumi engine failed: {error}\nInstall Pulumi {VERSION} by "
                        "hand (its folder on PATH is found), or let the machine reach a Go module "
                        "proxy"
                    ) from error
        place = built.run(_MODULES / "cli", "list", "-m", "-f", "{{.Dir}}", _SDK)
        for script in _SCRIPTS:
            copy = target / Path(script).name
            shutil.copyfile(Path(place.strip()) / script, copy)
            copy.chmod(0o755)
