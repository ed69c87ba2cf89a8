"""present.sh: how long it waits until containers have run for long enough to be taken for started."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "components" / "scripts"
# An engine whose containers run since $STARTED, and timeout, which says how long it would have waited.
DOCKER = """#!/bin/sh
while read -r id started; do
    case " $* " in *" $id "*) echo "$id running 0 0 $started" ;; esac
done <<END
$STARTED
END
"""
TIMEOUT = """#!/bin/sh
echo "$1" >>"$WAITED"
"""
OLD_DATE = """#!/bin/sh
echo "date: invalid date" >&2
exit 1
"""


def ago(seconds: float) -> str:
    then = datetime.now(UTC) - timedelta(seconds=seconds)
    return then.isoformat().replace("+00:00", "123Z")


def waited(folder: Path, started: dict[str, str], date: str = "") -> list[float]:
    scripts = folder / "prod" / "scripts"
    tools = folder / "tools"
    for one in (scripts, tools):
        one.mkdir(parents=True)
    for name in ("common.sh", "present.sh"):
        shutil.copy(SCRIPTS / name, scripts)
    for name, text in {"docker": DOCKER, "timeout": TIMEOUT, "date": date}.items():
        if text:
            (tools / name).write_text(text)
            (tools / name).chmod(0o755)
    rows = "".join(f"container {name} {name}\n" for name in started)
    log = folder / "waited"
    log.touch()
    subprocess.run(
        ["sh", str(scripts / "present.sh"), "apply"], input=f"planned=x\n{rows}", text=True,
        check=True, capture_output=True,
        env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "WAITED": str(log),
             "STARTED": "\n".join(f"{name} {at}" for name, at in started.items())},
    )  # fmt: skip
    return [float(line) for line in log.read_text().split()]


def test_a_second_is_counted_from_the_start_of_the_container_that_started_last(tmp_path):
    (seconds,) = waited(tmp_path, {"web01": ago(30), "web02": ago(0.4)})
    assert 0.2 < seconds < 0.6


def test_what_has_run_for_a_second_is_not_waited_for(tmp_path):
    assert waited(tmp_path, {"web01": ago(30), "web02": ago(1.1)}) == []


def test_a_start_that_is_still_to_come_by_this_clock_is_waited_for_a_second(tmp_path):
    assert waited(tmp_path, {"web01": ago(-50)}) == [1.0]


@pytest.mark.parametrize("started", ["-", "x"])
def test_a_second_is_waited_where_a_start_cannot_be_told(tmp_path, started):
    assert waited(tmp_path, {"web01": started}, OLD_DATE) == [1.0]
