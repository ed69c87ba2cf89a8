""".github: what the workflow for pull requests runs, run as a runner does, against a stand-in of GitHub's API."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from ci import comment
from tests.forge import State, serve
from tests.unit.fleet import ROOT
from tests.unit.pipelines import Tools
from tests.unit.previews import CONTAINER, container, document, step

GITHUB = ROOT / ".github"
FILES = [*(GITHUB / "workflows").glob("*.yml"), *(GITHUB / "actions").glob("*/action.yml")]
WORKFLOWS = {file.stem: yaml.safe_load(file.read_text()) for file in FILES}
STEPS = {
    step.get("name"): step
    for name in ("preview", "up")
    for step in WORKFLOWS[name]["jobs"][name]["steps"]
} | {step.get("name"): step for step in WORKFLOWS["preview"]["jobs"]["check"]["steps"]}
EDIT = document(
    step("replace", CONTAINER, "ssh01@docker01", container(), container(image="b")),
)
LABELS = ["crosshost lab-macvlan: exposed-port", "crosshost lab-macvlan: replace"]
MARK = "<!-- crosshost impact of lab-macvlan -->"


def git(folder: Path, *words: str) -> str:
    argv = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", *words]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def listed(folder: Path, *base: str) -> list[str]:
    argv = ["sh", str(ROOT / "ci" / "list-stacks.sh"), *base]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=True)
    names, options = done.stdout.splitlines()
    found: list[str] = json.loads(names.removeprefix("names="))
    assert options == "options=" + " ".join(f"-s {name}" for name in found)
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
        (["docs/x.md", "README.md", "tests/unit/x.py", ".github/workflows/x.yml", "ci/x"], []),
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


@pytest.fixture
def github() -> Iterator[State]:
    with serve() as state:
        yield state


@pytest.fixture
def runner(tmp_path, github, key_file):
    """Runs a step of the workflow as a runner does, with a pulumi that prints these events."""
    tools = Tools(tmp_path)
    (tmp_path / "output").touch()

    def run(
        name: str,
        text: str = "",
        fail_on: str = "",
        events: str = EDIT,
        code: int = 0,
        path: Path = ROOT,
        **more: str,
    ):
        tools.give(events, code)
        env = dict(
            os.environ,
            PATH=f"{tools.path}:{os.environ['PATH']}",
            PYTHONPATH=f"{path}:{ROOT}",
            STACK="lab-macvlan",
            TEXT=text,
            FAIL_ON=fail_on,
            CODE=str(code),
            GITHUB_OUTPUT=str(tmp_path / "output"),
            GITHUB_STEP_SUMMARY=str(tmp_path / "summary"),
            GITHUB_API_URL=github.url,
            COMMIT="ab12",
            FORK="false",
            NAMES='["lab-macvlan"]',
            OPTIONS="-s lab-macvlan",
            GITHUB_REPOSITORY="o/r",
            GITHUB_TOKEN="t",
        )
        env |= {} if name.endswith("an up") else {"PULL_REQUEST": "7"}
        env |= more
        argv = ["bash", "-e", "-c", STEPS[name]["run"]]
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
    for _ in range(150):
        github.add("something")
    github.add(f"{MARK}\nforged", by="somebody")
    assert "a comment is written" in reported(runner)
    assert github.comments[-1]["body"].startswith(f"{MARK}\n**lab-macvlan**: bounces 1 container")
    assert "the comment is patched" in reported(runner, text="Expected: replace ssh01")
    assert "⚠ container" not in github.comments[-1]["body"]
    assert github.labels == LABELS
    assert github.asked == [
        "POST /repos/o/r/issues/7/labels",
        "POST /repos/o/r/issues/7/comments",
        "PATCH /repos/o/r/issues/comments/152",
    ]
    assert github.comments[150]["body"] == f"{MARK}\nforged"


def test_where_nothing_changes_there_is_no_comment_but_an_old_one_says_so(runner, github):
    assert "so there is no comment" in reported(
        runner, events=document(step("same", CONTAINER, "a@docker01"))
    )
    assert (github.comments, github.labels) == ([], [])
    github.labels.append("crosshost other: restart")
    reported(runner)
    assert github.labels == ["crosshost other: restart", *LABELS]
    reported(runner, events=document(step("same", CONTAINER, "a@docker01")))
    assert [one["body"] for one in github.comments] == [
        f"{MARK}\n**lab-macvlan**: nothing changes\n"
    ]
    assert github.labels == ["crosshost other: restart"]


def test_a_comment_that_was_deleted_meanwhile_is_written_again(runner, github):
    github.add(f"{MARK}\nold")["gone"] = True
    assert "a comment is written" in reported(runner)
    assert len(github.comments) == 2


def test_a_refusal_of_github_is_one_sentence(runner, github):
    runner("Preview")
    runner("Report")
    github.status = 403
    done = runner("Comment")
    assert done.returncode == 1
    assert done.stdout.startswith(
        "lab-macvlan: the comment is not taken: 403 Forbidden: the token may not write there"
    )
    github.status = 404
    assert "404 Not Found: there is no such pull request any more" in runner("Comment").stdout


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


def test_an_up_after_the_merge_tells_the_pull_request_what_it_did(runner, github):
    events = (Path(__file__).parent / "events" / "up.stream.jsonl").read_text()
    events = events.replace("lab-modes", "lab-macvlan")
    assert "no pull request had this commit" in done_after_merge(runner, events=events)
    github.commits.append("ab12")
    assert "a comment is written" in done_after_merge(runner, events=events)
    assert github.comments[0]["body"].startswith(
        "<!-- crosshost outcome of lab-macvlan -->\n**lab-macvlan**: up succeeded in 17 s"
    )
    assert github.asked == ["POST /repos/o/r/issues/7/comments"]


def test_an_up_that_failed_is_told_and_fails(runner, github):
    events = (Path(__file__).parent / "events" / "up-failed.stream.jsonl").read_text()
    github.commits.append("ab12")
    done_after_merge(runner, events=events.replace("lab-modes", "lab-macvlan"), code=1)
    assert "up **failed** after 14 s" in github.comments[0]["body"]
    assert runner("Result", code=1).returncode == 1


def test_events_that_are_none_fail_the_report(runner):
    runner("Up", events="no such command")
    done = runner("Report of an up", events="no such command")
    assert done.returncode != 0
    assert "line 1 is no event of Pulumi's (no such command)" in done.stderr


def test_a_mistake_in_a_stack_file_is_an_annotation_and_a_fork_is_told_what_was_not_seen(
    runner, tmp_path
):
    (tmp_path / "stacks").mkdir()
    bad = (ROOT / "stacks" / "Pulumi.lab-macvlan.yaml").read_text().replace("ens33", "'e n'")
    done = runner("Check")
    assert (done.returncode, done.stdout) == (0, "")
    shadow = tmp_path / "shadow"
    (shadow / "stacks").mkdir(parents=True)
    for file in (ROOT / "stacks").glob("*.py"):
        (shadow / "stacks" / file.name).symlink_to(file)
    (shadow / "stacks" / "compose").symlink_to(ROOT / "stacks" / "compose")
    (shadow / "stacks" / "Pulumi.lab-macvlan.yaml").write_text(bad)
    done = runner("Check", path=shadow, FORK="true")
    assert done.returncode == 1
    assert done.stdout.startswith("::error file=stacks/Pulumi.lab-macvlan.yaml,line=")
    summary = (tmp_path / "summary").read_text()
    assert 'their hosts were not looked at: ["lab-macvlan"]' in summary


def done_after_merge(runner, **given):
    for name in ("Up", "Report of an up", "Comment on an up"):
        done = runner(name, **given)
        assert done.returncode == 0, (name, done.stdout, done.stderr)
    return done.stdout


def test_every_action_is_pinned_and_every_file_that_is_run_exists():
    steps = [
        one
        for flow in WORKFLOWS.values()
        for job in (flow["jobs"].values() if "jobs" in flow else [flow["runs"]])
        for one in job["steps"]
    ]
    used = [one["uses"] for one in steps if "uses" in one]
    assert [
        one
        for one in used
        if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", one)
        and not (one.startswith("./") and (ROOT / one / "action.yml").is_file())
    ] == []
    assert len(set(used)) == 6
    commands = "\n".join(one.get("run", "") for one in steps)
    files = re.findall(r"-r (\S+)|(?:^|sh )(\.?\w[\w./-]+\.sh|\.ci/run)", commands, re.MULTILINE)
    assert {name for pair in files for name in pair if name} == {
        "requirements.lock", "ci/list-stacks.sh", ".ci/run",
    }  # fmt: skip
    assert all((ROOT / name).is_file() for pair in files for name in pair if name)
    assert "${{" not in commands
    pythons = {
        one["with"]["python-version"] for one in steps if "setup-python" in one.get("uses", "")
    }
    assert pythons == {"3.12"}


def test_what_a_job_was_not_given_is_named(tmp_path, monkeypatch, capsys):
    for name in ("GITHUB_API_URL", "CROSSHOST_GITLAB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "report.md").touch()
    assert comment.main("outcome", "prod", str(tmp_path / "report.md")) == 1
    assert capsys.readouterr().out == (
        "prod: there is no comment: the environment or the report has no 'CROSSHOST_GITLAB_TOKEN'\n"
    )
