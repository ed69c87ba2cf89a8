"""GitLab's pipelines: what they are made of, and their scripts run as a runner does."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest
import yaml

from tests.forge import State, serve
from tests.unit.fleet import ROOT
from tests.unit.pipelines import Tools
from tests.unit.test_workflows import EDIT, LABELS, MARK, git

JOBS = yaml.safe_load((ROOT / "ci" / "gitlab-jobs.yml").read_text())
PIPELINE = yaml.safe_load((ROOT / ".gitlab-ci.yml").read_text())
UP = (ROOT / "tests" / "unit" / "events" / "up.stream.jsonl").read_text()


@pytest.fixture
def gitlab() -> Iterator[State]:
    with serve() as state:
        yield state


@pytest.fixture
def runner(tmp_path, gitlab, key_file):
    """Runs the script of a job with a pulumi that prints these events."""
    tools = Tools(tmp_path)

    def run(job: str, events: str = EDIT, code: int = 0, **more: str):
        tools.give(events, code)
        env = os.environ | {
            "PATH": f"{tools.path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "STACK": "lab-macvlan",
            "CI_API_V4_URL": gitlab.url, "CI_PROJECT_ID": "3", "CROSSHOST_GITLAB_TOKEN": "t",
            "CI_COMMIT_SHA": "ab12", "CI_MERGE_REQUEST_IID": "7", **more,
        }  # fmt: skip
        script = "\n".join(JOBS[job]["script"])
        argv = ["sh", "-e", "-c", script]
        return subprocess.run(
            argv, cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )

    return run


def test_a_merge_request_has_one_note_that_is_patched_labels_and_a_gate(runner, gitlab):
    gitlab.add(f"{MARK}\nforged", by="somebody")
    done = runner(".preview", CROSSHOST_FAIL_ON="replace")
    assert done.returncode == 3, done.stderr
    assert gitlab.comments[1]["body"].startswith(f"{MARK}\n**lab-macvlan**: bounces 1 container")
    assert gitlab.labels == LABELS
    declared = {"CI_MERGE_REQUEST_DESCRIPTION": 'Expected: replace ssh01 "$(touch ran)"'}
    assert runner(".preview", CROSSHOST_FAIL_ON="replace", **declared).returncode == 0
    assert "⚠ container" not in gitlab.comments[1]["body"]
    assert [one.partition("/merge_requests/7")[2] for one in gitlab.asked] == [
        "", "/notes", "/notes/2",
    ]  # fmt: skip
    assert gitlab.comments[0]["body"] == f"{MARK}\nforged"


def test_a_note_that_was_deleted_meanwhile_is_written_again(runner, gitlab):
    gitlab.add(f"{MARK}\nold")["gone"] = True
    done = runner(".preview")
    assert done.returncode == 0, done.stderr
    assert gitlab.comments[1]["body"].startswith(f"{MARK}\n**lab-macvlan**")


def test_a_preview_that_failed_fails_the_job_with_its_own_code(runner, gitlab):
    failed = '{"diagnostics": [{"severity": "error", "message": "no such host"}]}'
    assert runner(".preview", events=failed, code=255).returncode == 255
    assert "there is no whole preview: no such host" in gitlab.comments[0]["body"]


def test_what_an_up_did_is_a_note_on_the_request_that_was_merged(runner, gitlab):
    events = UP.replace("lab-modes", "lab-macvlan")
    assert "no pull request had this commit" in runner(".up", events=events).stdout
    gitlab.commits.append("ab12")
    done = runner(".up", events=events, code=1)
    assert done.returncode == 1
    assert "**lab-macvlan**: up succeeded in 17 s" in gitlab.comments[0]["body"]


@pytest.fixture
def checkout(tmp_path):
    """A repository with two stacks and a change to both."""
    (tmp_path / "stacks").mkdir()
    for name in ("prod", "staging", "lab-x"):
        (tmp_path / "stacks" / f"Pulumi.{name}.yaml").touch()
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "first")
    return tmp_path


def pipeline(folder, *words):
    argv = ["sh", str(ROOT / "ci" / "gitlab-pipeline.sh"), *words]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=True)
    return yaml.safe_load(done.stdout)


def test_each_stack_that_a_change_touches_has_a_job_and_ups_come_one_after_the_other(checkout):
    base = git(checkout, "rev-parse", "HEAD")
    jobs = pipeline(checkout, "preview")
    assert {name for name in jobs if name.startswith("preview ")} == {
        "preview prod", "preview staging",
    }  # fmt: skip
    assert jobs["preview prod"] == {"extends": ".preview", "variables": {"STACK": "prod"}}
    ups = pipeline(checkout, "up", "0" * 40)
    assert ups["up prod"]["environment"] == "prod"
    assert "needs" not in ups["up prod"]
    assert ups["up staging"]["needs"] == ["up prod"]
    assert "nothing" in pipeline(checkout, "up", base)
    (checkout / "stacks" / "Pulumi.staging.yaml").write_text("x")
    git(checkout, "commit", "-qam", "second")
    assert "up prod" not in pipeline(checkout, "up", base)
    for found in (jobs, ups):
        assert all(job["extends"] in JOBS for job in found.values() if "extends" in job)
        assert all((ROOT / one["local"]).is_file() for one in found["include"])


def test_the_pipeline_runs_files_that_exist_and_mistakes_are_its_code_quality():
    check = PIPELINE["check"]
    assert check["artifacts"]["reports"]["codequality"] in check["script"][-1]
    text = (ROOT / ".gitlab-ci.yml").read_text() + (ROOT / "ci" / "gitlab-jobs.yml").read_text()
    for name in ("list-stacks.sh", "gitlab-pipeline.sh", "install-pulumi.sh"):
        assert f"sh ci/{name}" in text
        assert (ROOT / "ci" / name).is_file()
