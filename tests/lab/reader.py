"""Somebody who reads a page of docs/ and does what it says, on the lab's hosts."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from lab.lab import Lab
from tests import pages
from tests.unit.fleet import ROOT

LEFT_OUT = (".git", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", ".crosshost")


class Reader:
    """A checkout, a home and a backend of its own in ``folder``; the stack is called ``stack``."""

    def __init__(self, lab: Lab, folder: Path, page: str, stack: str) -> None:
        self.lab, self.stack = lab, stack
        self.said = ""
        self.page = ROOT / "docs" / page
        self.origin, self.project = folder / "origin", folder / "crosshost"
        self.home = folder / "home"
        self.file = self.project / "stacks" / f"Pulumi.{stack}.yaml"
        self._make_home()
        self._make_checkout()
        self._env = {
            "HOME": str(self.home),
            "PATH": f"{folder / 'bin'}:{lab.environment()['PATH']}",
            "PULUMI_CREDENTIALS_PATH": str(self.home / ".pulumi"),
            # Pulumi asks whether to do it; nobody sits here.
            "PULUMI_SKIP_CONFIRMATIONS": "true",
            "PYTHONPATH": "",
            "GIT_CONFIG_GLOBAL": "/dev/null",
        }  # fmt: skip
        _program(folder / "bin" / "ssh", f'exec /usr/bin/ssh -F {lab.folder}/ssh_config "$@"')
        self.types(f"pulumi login file://{self.home}/state")

    def _make_home(self) -> None:
        keys = self.home / ".ssh"
        keys.mkdir(parents=True, mode=0o700)
        (self.home / "state").mkdir()
        (self.home / "new-state").mkdir()
        for name in ("id_ed25519", "id_ed25519.pub"):
            shutil.copy(self.lab.folder / name, keys / name)

    def _make_checkout(self) -> None:
        shutil.copytree(ROOT, self.origin, ignore=shutil.ignore_patterns(*LEFT_OUT))
        git("init", "-q", "-b", "main", at=self.origin)
        commit(self.origin, "A release")
        git("clone", "-q", str(self.origin), str(self.project), at=self.home)

    def begins(self, page: str | None = None) -> None:
        """Has the stack up, from the file that the page, or another one, shows first."""
        self.writes(page=page)
        self.types(f"pulumi stack select --create {self.stack} && pulumi up -s {self.stack}")

    def writes(self, heading: str | None = None, *, page: str | None = None) -> None:
        """Has the stack file that a section shows, of the page or of another one."""
        at = ROOT / "docs" / page if page else self.page
        (shown,) = [b.text for b in pages.blocks(at, heading) if b.language == "yaml"]
        kept = [line for line in self._text().splitlines() if line.startswith("encryptionsalt")]
        self.file.write_text(shown + "".join(f"{line}\n" for line in kept))

    def _text(self) -> str:
        return self.file.read_text() if self.file.exists() else ""

    def does(self, heading: str, part: slice = slice(None)) -> str:
        """What a section's blocks say, or some of them, in order; what was printed."""
        return "".join(self._does(block) for block in pages.blocks(self.page, heading)[part])

    def _does(self, block: pages.Block) -> str:
        if block.language == "diff":
            self.file.write_text(pages.edited(self._text(), block.text))
        elif block.language == "text":
            assert block.text.strip() in self.said, self.said
        elif block.language == "sh":
            self.said = self.types(block.text)
            return self.said
        return ""

    def types(self, script: str, *, check: bool = True) -> str:
        """A script in the project's folder; what it printed. Fails with its first command that does."""
        argv = [
            "env",
            "-u",
            "PULUMI_BACKEND_URL",
            "bash",
            "-e",
            "-o",
            "pipefail",
            "-c",
            f"exec 2>&1\n{script}",
        ]
        done = self.lab.run(argv, cwd=self.project, env=self._env, check=False, timeout=240)
        print(script, done.stdout)
        assert not check or done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
        return done.stdout

    def nothing_is_left_to_do(self) -> None:
        """A preview is empty."""
        self.types(f"pulumi preview -s {self.stack} --expect-no-changes")

    def leaves(self) -> None:
        """Nothing stays of the stack, wherever its state is by now."""
        self.types(f"pulumi destroy -s {self.stack}")

    def __repr__(self) -> str:
        return f"a reader of {self.page.name}"


def git(*words: str, at: Path) -> None:
    identity = ["-c", "user.name=reader", "-c", "user.email=reader@example.org"]
    subprocess.run(["git", *identity, *words], cwd=at, check=True, stdout=subprocess.DEVNULL)


def commit(at: Path, why: str) -> None:
    git("add", "--all", at=at)
    git("commit", "-q", "-m", why, at=at)


def _program(file: Path, line: str) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{line}\n")
    file.chmod(0o755)
