"""How long the facts of ten hosts take beside those of one: lab/python -m lab.bench_facts

The lab's hosts share the machine's processors, which hosts of one's own do not. So it is measured
twice: with the real script, and with one that waits as long and then says the same.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import chdir
from typing import Annotated

import typer

from components import facts, processes
from components.ssh import SshAccess
from components.ssh_settings import HostSettings, SshSettings
from lab import inside
from lab.keys import host_key
from lab.lab import Lab
from planning.facts import Unreachable

WORK_SECONDS = 0.25
_INSIDE = "--inside"


def main(
    hosts: int = 10,
    runs: Annotated[int, typer.Option(min=1)] = 5,
    inside_: bool = typer.Option(False, _INSIDE, hidden=True),
) -> None:
    """Print seconds (medians) and their ratio."""
    lab = Lab.for_checkout()
    if not inside_:
        lab.up(hosts)
        words = ["-m", "lab.bench_facts", "--hosts", str(hosts), "--runs", str(runs), _INSIDE]
        argv = [*inside.prefix(lab.namespace), sys.executable, *words]
        raise SystemExit(subprocess.run(argv, check=False).returncode)
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        _measure(lab, hosts, runs)


def _measure(lab: Lab, hosts: int, runs: int) -> None:
    real = facts.SCRIPT
    ssh = ["ssh", "-F", str(lab.folder / "ssh_config"), "docker01", "sh", "-s", "x"]
    said = processes.run(ssh, stdin=real.encode(), seconds=60, limit=1 << 24, until=b"\nend 1\n")
    waiting = f"sleep {WORK_SECONDS}\ncat <<'END'\n{said.out.decode()}END\n"
    for title, script in (("the real script", real), ("one that only waits", waiting)):
        facts.SCRIPT = script
        for shared in (False, True):
            seconds: dict[int, list[float]] = {1: [], hosts: []}
            for _ in range(runs):
                for count, found in seconds.items():
                    found.append(_read(lab, lab.hosts()[:count], shared))
            one, many = (statistics.median(seconds[count]) for count in (1, hosts))
            connection = "open" if shared else "new"
            typer.echo(
                f"{title}, {connection} connections: 1 host {one:.2f} s, {hosts} hosts "
                f"{many:.2f} s, ratio {many / one:.2f}"
            )


def _read(lab: Lab, names: list[str], shared: bool) -> float:
    """Seconds that it takes to read these hosts; not ``shared``: each is dialled anew."""
    settings = SshSettings(private_key_file=str(lab.key_file))
    hosts = {n: HostSettings(address=lab.address(n), host_key=host_key(n)) for n in names}
    access = SshAccess(settings, hosts, stack="bench")
    access.write()
    for name in names if not shared else ():
        argv = ["ssh", "-F", access.config_file, "-O", "exit", name]
        subprocess.run(argv, capture_output=True, check=False)
    began = time.monotonic()
    found = facts.read_facts(access)
    seconds = time.monotonic() - began
    if any(isinstance(one, Unreachable) for one in found.values()):
        raise SystemExit(f"a host did not answer: {found}")
    return seconds


if __name__ == "__main__":
    typer.run(main)
