""".github: what the workflow for pull requests runs, run as a runner does, against a stand-in of GitHub's API."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.fleet import ROOT
from tests.unit.previews import CONTAINER, container, document, step

GITHUB = ROOT / ".github"
WORKFLOW = yaml.safe_load((GITHUB / "workflows" / "preview.yml").read_text())
STEPS = {step.get("name"): step for step in WORKFLOW["jobs"]["preview"]["steps"]}
EDIT = document(
    step("replace", CONTAINER, "ssh01@docker01", container(), container(image="b")),
)
MARK = "<!-- crosshost impact of lab-macvlan -->"


def git(folder: Path, *words: str) -> str:
    argv = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", *words]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def listed(folder: Path, *base: str) -> list[str]:
    argv = ["sh", str(GITHUB / "list-stacks.sh"), *base]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=True)
    name, _, value = done.stdout.strip().partition("=")
    assert name == "names"
    found: list[str] = json.loads(value)
    return found


@pytest.fixture
def checkout(tmp_path):
    """A repository with two stacks, and its first commit."""
    (tmp_path / "stacks").mkdir()
    for name in ("prod", "lab-overlay", "example-macvlan", "staging", "test-0-x"):
        (tmp_path / "stacks" / f"Pulumi.{name}.yaml").touch()
    (tmp_path / "stacks" / "fleet.schema.json").touch()
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "first")
    return tmp_path, git(tmp_path, "rev-parse", "HEAD")


def test_ci_previews_the_stacks_but_the_labs_and_the_examples(checkout, tmp_path_factory):
    assert listed(checkout[0]) == ["prod", "staging"]
    empty = tmp_path_factory.mktemp("empty")
    assert listed(empty) == []


@pytest.mark.parametrize(
    ("files", "stacks"),
    [
        (["stacks/Pulumi.prod.yaml"], ["prod"]),
        (["stacks/Pulumi.prod.yaml", "docs/x.md"], ["prod"]),
        (["docs/x.md", "README.md", "tests/unit/x.py", ".github/workflows/x.yml"], []),
        (["stacks/Pulumi.lab-overlay.yaml"], []),
        (["components/host.py"], ["prod", "staging"]),
        (["stacks/settings.py"], ["prod", "staging"]),
        (["requirements.lock", "stacks/Pulumi.prod.yaml"], ["prod", "staging"]),
        (["a file with\ta tab"], ["prod", "staging"]),
        ([], []),
    ],
)
def test_ci_previews_only_the_stacks_that_a_change_touches(checkout, files, stacks):
    folder, base = checkout
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text("changed")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "second", "--allow-empty")
    assert listed(folder, base) == stacks


class GitHub(BaseHTTPRequestHandler):
    """The part of GitHub's API that has the comments of pull requests."""

    comments: list[dict[str, Any]] = []
    asked: list[str] = []
    status = 200

    def log_message(self, *_args: object) -> None:
        pass

    def answer(self, status: int, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        assert self.headers["Authorization"] == "Bearer t"
        if self.status != 200:
            return self.answer(self.status, {})
        page = int(re.search(r"[?&]page=(\d+)", self.path)[1])  # type: ignore[index]
        return self.answer(200, self.comments[100 * (page - 1) : 100 * page])

    def body(self) -> str:
        text = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append(f"{self.command} {self.path}")
        found: str = json.loads(text)["body"]
        return found

    def do_POST(self) -> None:
        made = comment(len(self.comments) + 1, self.body())
        self.comments.append(made)
        self.answer(201, made)

    def do_PATCH(self) -> None:
        body, number = self.body(), int(self.path.rpartition("/")[2])
        found = next((c for c in self.comments if c["id"] == number and not c.get("gone")), None)
        if found is None:
            return self.answer(404, {"message": "Not Found"})
        found["body"] = body
        return self.answer(200, found)


def comment(number: int, body: str, by: str = "github-actions[bot]") -> dict[str, Any]:
    return {"id": number, "body": body, "user": {"login": by}}


@pytest.fixture
def github() -> Iterator[type[GitHub]]:
    kind = type("GitHub", (GitHub,), {"comments": [], "asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    kind.url = f"http://127.0.0.1:{server.server_port}"  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield kind
    server.shutdown()
    server.server_close()


@pytest.fixture
def runner(tmp_path, github, key_file):
    """Runs a step of the workflow as a runner does, with a pulumi that prints these events."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "pulumi").write_text(
        f'#!/bin/sh\ncase $1 in\npreview) cat "{tmp_path}/given.json"; exit "$(cat "{tmp_path}/code")" ;;\n'
        """stack) echo '{"deployment": {}}' ;;\nesac\n"""
    )
    (tools / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    for tool in tools.iterdir():
        tool.chmod(0o755)
    (tmp_path / "output").touch()

    def run(name: str, text: str = "", fail_on: str = "", events: str = EDIT, code: int = 0):
        (tmp_path / "given.json").write_text(events)
        (tmp_path / "code").write_text(str(code))
        env = dict(
            os.environ,
            PATH=f"{tools}:{os.environ['PATH']}",
            PYTHONPATH=str(ROOT),
            STACK="lab-macvlan",
            TEXT=text,
            FAIL_ON=fail_on,
            CODE=str(code),
            GITHUB_OUTPUT=str(tmp_path / "output"),
            GITHUB_STEP_SUMMARY=str(tmp_path / "summary"),
            GITHUB_API_URL=github.url,
            GITHUB_REPOSITORY="o/r",
            GITHUB_TOKEN="t",
            PULL_REQUEST="7",
        )
        script = STEPS[name]["run"].replace(".github/comment.py", str(GITHUB / "comment.py"))
        argv = ["bash", "-e", "-c", script]
        return subprocess.run(
            argv, cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )

    return run


def reported(runner, **given):
    for name in ("Preview", "Report", "Comment"):
        done = runner(name, **given)
        assert done.returncode == 0, (name, done.stdout, done.stderr)
    return done.stdout


def test_one_comment_is_written_and_then_patched(runner, github):
    github.comments += [comment(n, "something") for n in range(1, 151)]
    github.comments.append(comment(151, f"{MARK}\nforged", by="somebody"))
    assert "a comment is written" in reported(runner)
    assert github.comments[-1]["body"].startswith(f"{MARK}\n**lab-macvlan**: bounces 1 container")
    assert "the comment is patched" in reported(runner, text="Expected: replace ssh01")
    assert "⚠ container" not in github.comments[-1]["body"]
    assert github.asked == [
        "POST /repos/o/r/issues/7/comments",
        "PATCH /repos/o/r/issues/comments/152",
    ]
    assert github.comments[150]["body"] == f"{MARK}\nforged"


def test_where_nothing_changes_there_is_no_comment_but_an_old_one_says_so(runner, github):
    assert "so there is no comment" in reported(
        runner, events=document(step("same", CONTAINER, "a@docker01"))
    )
    assert github.comments == []
    reported(runner)
    reported(runner, events=document(step("same", CONTAINER, "a@docker01")))
    assert [one["body"] for one in github.comments] == [
        f"{MARK}\n**lab-macvlan**: nothing changes\n"
    ]


def test_a_comment_that_was_deleted_meanwhile_is_written_again(runner, github):
    github.comments.append(comment(1, f"{MARK}\nold") | {"gone": True})
    assert "a comment is written" in reported(runner)
    assert len(github.comments) == 2


def test_a_refusal_of_github_is_one_sentence(runner, github):
    runner("Preview")
    runner("Report")
    github.status = 403
    done = runner("Comment")
    assert done.returncode == 1
    assert done.stdout == "lab-macvlan: GitHub does not take the comment: 403 Forbidden\n"


def test_gates_stay_shut_until_it_is_declared(runner):
    reported(runner)
    assert runner("Gates", fail_on="restart").returncode == 0
    assert runner("Gates", fail_on="").returncode == 0
    assert runner("Gates", fail_on="replace").returncode == 3
    reported(runner, text='Expected: replace ssh01 "$(touch ran)" `touch ran`')
    assert runner("Gates", fail_on="replace").returncode == 0


def test_a_preview_that_failed_is_reported_and_fails(runner, github):
    failed = json.dumps({"diagnostics": [{"severity": "error", "message": "no such host"}]})
    reported(runner, events=failed, code=255)
    assert "there is no whole preview: no such host" in github.comments[0]["body"]
    assert runner("Gates", events=failed, code=255).returncode == 255


def test_every_action_is_pinned_and_every_file_that_is_run_exists():
    jobs = WORKFLOW["jobs"]
    steps = [one for job in jobs.values() for one in job["steps"]]
    used = [one["uses"] for one in steps if "uses" in one]
    assert used
    assert [one for one in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", one)] == []
    commands = "\n".join(one.get("run", "") for one in steps)
    files = re.findall(r"-r (\S+)|(?:sh|python) (\.\S+)", commands)
    assert {name for pair in files for name in pair if name} == {
        "requirements.lock", ".github/list-stacks.sh", ".github/comment.py",
    }  # fmt: skip
    assert all((ROOT / name).is_file() for pair in files for name in pair if name)
    assert "${{" not in commands
    assert {job.get("needs") for job in jobs.values()} == {None, "stacks"}
    python = next(
        one["with"]["python-version"] for one in steps if "setup-python" in one.get("uses", "")
    )
    assert tuple(map(int, python.split("."))) >= (3, 11)
