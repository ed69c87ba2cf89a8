"""A stack's state as the ``pulumi`` command exports and imports it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crosshost.writing import progress

State = dict[str, Any]


def export(stack: str) -> State:
    """The state of a stack. SystemExit where pulumi fails."""
    state: State = json.loads(_pulumi(stack, "export"))
    return state


def replace(stack: str, state: State) -> None:
    """Put a state in place of a stack's own. SystemExit where pulumi fails."""
    _pulumi(stack, "import", json.dumps(state))


def name_of(stack: str) -> str:
    """The last part of ORGANIZATION/PROJECT/STACK."""
    return stack.rpartition("/")[2]


def ssh_configs(state: Mapping[str, Any]) -> dict[str, str]:
    """Host -> path of the ssh_config that its docker provider uses."""
    found: dict[str, str] = {}
    for resource in state["deployment"].get("resources") or []:
        if resource["type"] == "pulumi:providers:docker":
            inputs = resource["inputs"]
            found[inputs["host"].removeprefix("ssh://")] = json.loads(inputs["sshOpts"])[1]
    return found


def written_ssh_config(state: Mapping[str, Any], stack: str) -> str:
    """The path of a stack's ssh_config. SystemExit where no preview or up has written it here."""
    for config in ssh_configs(state).values():
        if Path(config).is_file():
            return config
    raise SystemExit(
        f"there is no ssh_config here: run `pulumi preview -s {stack}`, which writes it"
    )


def _pulumi(stack: str, verb: str, text: str = "") -> str:
    argv = ["pulumi", "stack", verb, "--stack", stack]
    try:
        with progress(f"pulumi stack {verb}"):
            done = subprocess.run(argv, input=text, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise SystemExit("there is no pulumi command: see README.md, Your own hosts") from None
    if "no stack named" in done.stderr:
        raise SystemExit(
            f"there is no stack {stack!r} where pulumi is logged in (`pulumi whoami --verbose` says where): "
            "`pulumi stack ls` lists those that there are"
        )
    if done.returncode:
        raise SystemExit(f"pulumi stack {verb} failed: {done.stderr.strip()}")
    return done.stdout
