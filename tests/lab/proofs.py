"""What the tests of the proof share: environments that prove themselves, and what came of it."""

from __future__ import annotations

import json
import os
import subprocess

from tests.unit.fleet import ROOT


def within(container: str, command: str) -> str:
    pid = f"$(docker inspect -f '{{{{.State.Pid}}}}' {container})"
    return f"nsenter --target {pid} --net -- {command}"


def proven(environment, name):
    """An environment that proves itself at every up."""
    stack = environment(name)
    stack.config["prove"] = {"when": "always"}
    stack.write()
    return stack


def failed(stack):
    outcome = stack.up(check=False)
    assert outcome.code != 0, outcome.text
    return outcome.text


def rows(stack):
    """All rows of the last up's proof."""
    return json.loads(asked(stack, "--last").stdout)


def wrong(found):
    """The rows that are not as they are to be."""
    return [row for row in found if row["expected"] != row["observed"]]


def ask(stack, *words, **options):
    """A running `python -m crosshost reachability` of an environment."""
    command = ["python", "-m", "crosshost", "reachability", "-s", stack.name, *words]
    return subprocess.Popen(
        [str(ROOT / "lab" / "run"), *command], text=True,
        env={**os.environ, **stack.variables}, **options,
    )  # fmt: skip


def asked(stack, *words):
    """How `python -m crosshost reachability` of an environment ended."""
    with ask(stack, *words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        out, err = running.communicate(timeout=120)
    return subprocess.CompletedProcess(running.args, running.returncode, out, err)
