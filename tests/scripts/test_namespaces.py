"""What scripts make of Docker's answers on containers: one that is late or fails says nothing of them."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from components.reachability import asking, servers

SCRIPTS = Path(__file__).parents[2] / "components" / "scripts"
pytestmark = pytest.mark.skipif(not os.access("/run", os.W_OK), reason="only root writes to /run")
AWAY = "its container does not run"
GONE = "echo 'Error: No such container: web' >&2; exit 1"
STOPPED = "echo '/web 0 /run/x lan=abc'"
FAILS = "echo 'Cannot connect to the Docker daemon' >&2; exit 1"
ONE_OF_TWO = f"echo '/web 0 /run/x lan=abc'; {FAILS}"


def run(folder: Path, docker: str, script: str, *lines: str, **programs: str) -> list[str]:
    for name, text in {"docker": docker, **programs}.items():
        program = folder / name
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o755)
    name, *words = script.split()
    done = subprocess.run(
        ["sh", str(SCRIPTS / name), *words], input="".join(f"{line}\n" for line in lines),
        capture_output=True, text=True, env={"PATH": f"{folder}:{os.environ['PATH']}"},
    )  # fmt: skip
    return [re.sub(" +$", "", line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("docker", "timeout", "said"),
    [
        (GONE, "", AWAY),
        (STOPPED, "", AWAY),
        (FAILS, "", "docker inspect fails: Cannot connect to the Docker daemon"),
        ("exit 3", "", "docker inspect fails: it ends with 3"),
        ("", "exit 124", "docker inspect takes more than 20 s"),
        (ONE_OF_TWO, "", AWAY),
    ],
)
def test_a_container_is_away_only_where_docker_says_so(tmp_path, docker, timeout, said):
    programs = {"timeout": timeout} if timeout else {}

    def answers(script: str, *lines: str) -> list[str]:
        return run(tmp_path, docker, script, *lines, **programs)

    assert answers("probe.sh ask", "0 ping web 10.0.0.1 - yes", "") == [f"0 unknown - {said}"]
    assert answers("probe-server.sh serve", "0 web 10.0.0.1", "") == [f"0 unknown {said}", "ready"]
    assert answers("tables.sh read", "0 container web") == [f"# 0 unknown {said}"]
    assert answers("probe.sh ask", "", "0 container web") == [f"# 0 unknown {said}"]


def test_a_line_that_is_none_of_ours_is_refused(tmp_path):
    assert run(tmp_path, GONE, "probe.sh ask", "0 ping web 10.0.0.1;reboot - yes", "") == []
    assert run(tmp_path, GONE, "probe.sh ask", "0 ping $(id) 10.0.0.1 - yes", "") == []
    assert run(tmp_path, GONE, "probe.sh ask", "0 ping web fd00::1 - yes", "") != []


def test_servers_outlast_the_proof_that_asks_them():
    text = (SCRIPTS / "probe-server.sh").read_text()
    lifetime = re.search(r"^lifetime=(\d+)$", text, re.MULTILINE)
    assert lifetime
    assert int(lifetime[1]) > servers.SECONDS + asking.SECONDS
