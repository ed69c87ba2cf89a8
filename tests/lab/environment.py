"""An environment of its own for a lab test: a stack with a stack file that the test may change."""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
from dataclasses import dataclass
from typing import Any

import yaml

from lab.lab import Lab
from tests.unit.fleet import ROOT


@dataclass(frozen=True)
class Outcome:
    """How a pulumi command ended: exit code, what it printed, and its count of changes."""

    code: int
    text: str

    @property
    def changes(self) -> dict[str, int]:
        """Operation -> count of the summary, "unchanged" left out."""
        rows = re.findall(
            r"^\s+\S*\s*(\d+) (created|updated|replaced|deleted|changes|to \w+)\b", self.text, re.M
        )
        return {operation: int(count) for count, operation in rows}


class Environment:
    """A stack in the lab. ``config`` is a copy of an environment's, free to be changed.

    ``variables`` are added to the environment of every pulumi command.
    """

    def __init__(self, lab: Lab, name: str, like: str) -> None:
        self.lab = lab
        self.name = name
        self.variables: dict[str, str] = {}
        self.file = ROOT / "stacks" / f"Pulumi.{name}.yaml"
        text = (ROOT / "stacks" / f"Pulumi.{like}.yaml").read_text()
        whole = yaml.safe_load(text)
        self._salt = whole["encryptionsalt"]
        self._like: dict[str, Any] = {
            key.removeprefix("crosshost:"): value for key, value in whole["config"].items()
        }
        self.reset()

    def reset(self) -> None:
        """The stack file is again that of the environment that this one is like."""
        self.config = copy.deepcopy(self._like)
        # Tests say themselves what they look at; those of the proof take this out.
        self.config["prove"] = {"when": "never"}
        self.write()

    def write(self) -> None:
        config = {f"crosshost:{key}": value for key, value in self.config.items()}
        self.file.write_text(yaml.safe_dump({"config": config, "encryptionsalt": self._salt}))

    def restart_containers(self) -> None:
        """Write the stack file with containers that run again after a boot or the daemon's restart."""
        for container in self.config["containers"].values():
            container["restart"] = "unless-stopped"
        self.write()

    def up(self, *flags: str, check: bool = True) -> Outcome:
        return self._run("up", "--yes", "--skip-preview", *flags, check=check)

    def preview(self, *flags: str, check: bool = True) -> Outcome:
        return self._run("preview", "--diff", *flags, check=check)

    def destroy(self, *flags: str, check: bool = True) -> Outcome:
        return self._run("destroy", "--yes", "--skip-preview", *flags, check=check)

    def outputs(self) -> Any:
        return json.loads(self._run("stack", "output", "--json", check=True).text)

    def state(self) -> str:
        return self._run("stack", "export", check=True).text

    def remove(self) -> None:
        """Destroy what is left and forget the stack, also where the former fails.

        Then its hosts get new disks, so that one failed test makes no other fail.
        """
        state = self.lab.folder / "state/.pulumi/stacks/crosshost" / f"{self.name}.json"
        try:
            if state.exists() and _resources(state.read_text()):
                self.destroy()
        except Exception:
            self.lab.reset()
            raise
        finally:
            if state.exists():
                self._run("stack", "rm", "--yes", "--force", check=False)
            self.file.unlink(missing_ok=True)

    def run(self, *words: str, check: bool = True) -> Outcome:
        """Any pulumi command on the stack."""
        return self._run(*words, check=check)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Begin a pulumi command, in a process group of its own."""
        return subprocess.Popen(
            self._command(*words), env={**os.environ, **self.variables}, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip

    def _command(self, *words: str) -> list[str]:
        return [
            str(ROOT / "lab" / "run"), "pulumi", "--non-interactive", "--color", "never",
            "--stack", self.name, *words,
        ]  # fmt: skip

    def _run(self, *words: str, check: bool) -> Outcome:
        result = subprocess.run(
            self._command(*words), capture_output=True, text=True, timeout=200, stdin=subprocess.DEVNULL,
            env={**os.environ, **self.variables},
        )  # fmt: skip
        data = words[0] == "stack" and result.returncode == 0
        outcome = Outcome(result.returncode, result.stdout + ("" if data else result.stderr))
        if check:
            assert outcome.code == 0, outcome.text
        return outcome


def _resources(state: str) -> bool:
    """Whether a stack's state, Pulumi's file of it, has anything that a destroy would look at."""
    latest = json.loads(state)["checkpoint"]["latest"] or {}
    return bool(latest.get("resources") or latest.get("pending_operations"))
