"""How long the facts of ten hosts take beside those of one: lab/python -m lab.bench_facts

The lab's hosts share the machine's processors, which hosts of one's own do not. So it is measured
twice: with the real script, and with one that waits as long and then says the same.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import tempfile
import time
from contextlib import chdir
from pathlib import Path
from typing import Annotated

import typer

from components.facts import READER, answers, request
from components.ssh import HostSettings, SshAccess, SshSettings
from lab import inside
from lab.keys import host_key
from lab.lab import Lab
from planning.facts import Unreachable

WORK_SECONDS = 0.25


def main(hosts: int = 10, runs: Annotated[int, typer.Option(min=1)] = 5) -> None:
    """Print seconds (medians) and their ratio."""
    lab = Lab.for_checkout()
    lab.up(hosts)
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        stub = Path(folder) / "stub"
        stub.mkdir()
        reader = stub / READER.name
        shutil.copy(READER, reader)
        said = lab.ssh("docker01", "sh -s x", input=(READER.parent / "facts.sh").read_text()).stdout
        (stub / "facts.sh").write_text(f"sleep {WORK_SECONDS}\ncat <<'END'\n{said}END\n")
        for title, script in (("the real script", READER), ("one that only waits", reader)):
            for shared in (False, True):
                seconds: dict[int, list[float]] = {1: [], hosts: []}
                for _ in range(runs):
                    for count, found in seconds.items():
                        found.append(_read(lab, script, lab.hosts()[:count], shared))
                one, many = (statistics.median(seconds[count]) for count in (1, hosts))
                connection = "open" if shared else "new"
                typer.echo(
                    f"{title}, {connection} connections: 1 host {one:.2f} s, {hosts} hosts "
                    f"{many:.2f} s, ratio {many / one:.2f}"
                )


def _read(lab: Lab, script: Path, names: list[str], shared: bool) -> float:
    """Seconds that a script takes to read these hosts; not ``shared``: each is dialled anew."""
    ssh = SshSettings(private_key_file=str(lab.key_file))
    hosts = {n: HostSettings(address=lab.address(n), host_key=host_key(n)) for n in names}
    access = SshAccess(ssh, hosts, stack="bench")
    access.write()
    for name in names if not shared else ():
        _run(lab, ["ssh", "-F", access.config_file, "-O", "exit", name], check=False)
    began = time.monotonic()
    done = _run(lab, ["sh", str(script)], request(access))
    seconds = time.monotonic() - began
    if any(isinstance(facts, Unreachable) for facts in answers(done.stdout).values()):
        raise SystemExit("a host did not answer")
    return seconds


def _run(
    lab: Lab, words: list[str], text: str | None = None, check: bool = True
) -> subprocess.CompletedProcess[str]:
    return inside.run(lab.namespace, words, os.environ, Path.cwd(), text, check, timeout=60)


if __name__ == "__main__":
    typer.run(main)
