"""The environment that commands run with in the lab: engine, plugins, Pulumi's state.

It is written into the lab's folder as a file of shell assignments, so that lab/run needs no
Python while everything it was made from is unchanged.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from lab import cache, engine, machine, plugin_source
from lab.processes import Process

# The lab's state holds no secrets worth more than the lab; committed salts belong to this.
PASSPHRASE = "crosshost-lab"  # noqa: S105
# As Pulumi's language host asks.
_LIST = ("-m", "pip", "list", "-v", "--format", "json")
_UNSET = ("PULUMI_CONFIG_PASSPHRASE", "PYTHONDONTWRITEBYTECODE")


@dataclass(frozen=True)
class Environment:
    """`path` comes before the caller's PATH, `variables` are set, `sources` say what was taken."""

    path: tuple[str, ...]
    variables: dict[str, str]
    sources: tuple[str, str]

    def over(self, base: dict[str, str], checkout: Path) -> dict[str, str]:
        """A whole environment: this one over `base`; the checkout is taken off PYTHONPATH."""
        full = {key: value for key, value in base.items() if key not in _UNSET}
        python_path = [p for p in full.pop("PYTHONPATH", "").split(":") if p]
        if others := [p for p in python_path if Path(p).resolve() != checkout]:
            full["PYTHONPATH"] = ":".join(others)
        path = [p for p in full.get("PATH", os.defpath).split(":") if p not in self.path]
        return {**full, **self.variables, "PATH": ":".join((*self.path, *path))}


def find(folder: Path) -> Environment:
    """The environment of the lab in `folder`; makes engine and plugins where they are missing."""
    pulumi = engine.find()
    plugins = plugin_source.find(pulumi)
    state = folder / "state"
    state.mkdir(parents=True, exist_ok=True)
    passphrase = folder / "passphrase"
    passphrase.write_text(PASSPHRASE)
    variables = {
        "CROSSHOST_LAB": str(folder),
        # Without the files of attributes beside the state: one cut off by a kill blocks the stack.
        "PULUMI_BACKEND_URL": f"{state.as_uri()}?metadata=skip",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(passphrase),
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_HOME": str(plugins.home),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PYTHONPYCACHEPREFIX": str(cache.root() / "pycache"),
    }
    path = (str(python()), str(Path(sys.executable).parent), str(pulumi.folder))
    sources = (f"engine: {pulumi.source}", f"plugins: {plugins.source}")
    return Environment(path, variables, sources)


def python() -> Path:
    """A folder with a python3 that knows by heart which packages it has.

    Pulumi asks pip for the list at each preview and up, for half a second. It never changes: the
    virtual environment is named by its lock file.
    """
    real = Path(sys.executable).parent / "python3"

    def build(folder: Path) -> None:
        listed = subprocess.run([real, *_LIST], capture_output=True, check=True).stdout
        (folder / "packages.json").write_bytes(listed)
        script = folder / "bin/python3"
        script.parent.mkdir()
        final = cache.root() / "python" / key / "packages.json"
        script.write_text(
            f"#!/bin/sh\nif [ \"$*\" = '{' '.join(_LIST)}' ]; then exec cat {shlex.quote(str(final))}; fi\n"
            f'exec {shlex.quote(str(real))} "$@"\n'
        )
        script.chmod(0o755)

    key = cache.digest("python 1", str(real))
    return cache.entry("python", key, build) / "bin"


def exports(environment: Environment) -> str:
    """The environment as shell commands."""
    lines = [f"unset {' '.join(_UNSET)}"]
    lines += [f"export {k}={shlex.quote(v)}" for k, v in sorted(environment.variables.items())]
    lines.append(f'export PATH={shlex.quote(":".join(environment.path))}:"$PATH"')
    return "\n".join(lines) + "\n"


def write(file: Path, environment: Environment, namespace: str, registry: Process) -> None:
    """Write what lab/run reads: what must be unchanged for the rest to hold, and the exports."""
    checks = {
        "lab_boot": machine.boot_id(),
        "lab_namespace": namespace,
        "lab_pid": str(registry.pid),
        "lab_started": str(registry.started),
        "lab_plugins": os.environ.get("CROSSHOST_PLUGINS", ""),
        "lab_pulumi": _pulumi_on_path(),
    }
    partial = file.with_suffix(".partial")
    assignments = "".join(f"{key}={shlex.quote(value)}\n" for key, value in checks.items())
    partial.write_text(f"{assignments}lab_exports() {{\n{exports(environment)}}}\n")
    partial.rename(file)


def _pulumi_on_path() -> str:
    """The `pulumi` that the caller's PATH has, unless it is the lab's own."""
    found = shutil.which("pulumi") or ""
    ours = (str(cache.root()), str(Path(sys.executable).parent))
    return "" if found.startswith(ours) else found
