"""What the tests of the proof share: environments that prove themselves, and what came of it."""

from __future__ import annotations

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
    return stack.outputs()["reachability"]


def asked(stack, *words):
    """How `python -m crosshost reachability` of an environment ended."""
    command = ["python", "-m", "crosshost", "reachability", "-s", stack.name, *words]
    return subprocess.run(
        [str(ROOT / "lab" / "run"), *command], capture_output=True, text=True, timeout=120,
        env={**os.environ, **stack.variables},
    )  # fmt: skip
