"""Every shell script of the project passes shellcheck."""

from __future__ import annotations

import subprocess
from pathlib import Path

from planning import facts

ROOT = Path(__file__).parents[2]


def scripts() -> list[Path]:
    named = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    files = [ROOT / name for name in named if (ROOT / name).is_file()]
    return [f for f in files if f.suffix == ".sh" or f.read_bytes()[:20].startswith(b"#!/bin/sh")]


def test_shellcheck_finds_nothing():
    found = scripts()
    assert len(found) > 8
    result = subprocess.run(
        ["shellcheck", "--external-sources", *map(str, found)],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout


def test_shellcheck_finds_nothing_in_the_facts_script_as_it_runs():
    result = subprocess.run(
        ["shellcheck", "-"], input=facts.script(), cwd=ROOT, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stdout


def test_scripts_for_hosts_are_posix_sh():
    folders = (ROOT / "components" / "scripts", ROOT / "planning" / "facts")
    for script in (script for folder in folders for script in folder.glob("*.sh")):
        first = script.read_text().splitlines()[0]
        assert first in ("#!/bin/sh", "# shellcheck shell=sh"), script
