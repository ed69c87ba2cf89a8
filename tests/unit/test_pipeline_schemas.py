"""The pipelines against the schemas that GitHub's and GitLab's files have, those that are written by a job too."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.unit.fleet import ROOT
from tests.unit.test_gitlab import checkout  # noqa: F401

LINT = (ROOT / "Makefile").read_text()
GITLAB = ["vendor.gitlab-ci", "--data-transform", "gitlab-ci"]
WORKFLOWS, ACTIONS = ["vendor.github-workflows"], ["vendor.github-actions"]


def checked(schema, *files):
    """The exit code of the check, and what it says."""
    argv = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", *schema]
    done = subprocess.run([*argv, *map(str, files)], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_make_lint_checks_every_pipeline_of_the_repository():
    files = " ".join(re.findall(r"^\t\$\(SCHEMA\) \S+ (?:\$\(GITLAB\) )?(.*)$", LINT, re.MULTILINE))
    named = {file for pattern in files.split() for file in ROOT.glob(pattern)}
    there = {ROOT / ".gitlab-ci.yml"}
    there |= {*(ROOT / ".github").rglob("*.yml"), *(ROOT / ".github").rglob("*.yaml")}
    assert named == there


def text_of(file):
    """A pipeline's text; names of jobs that others extend without their dot, with which no schema looks at them."""
    return re.sub(r"^\.(\w+:)$", r"\1", (ROOT / file).read_text(), flags=re.MULTILINE)


def test_jobs_that_others_extend_are_as_their_schema_says(tmp_path):
    jobs = tmp_path / "jobs.yml"
    jobs.write_text(text_of("ci/gitlab-jobs.yml"))
    assert re.findall(r"^\w+:$", jobs.read_text(), re.MULTILINE) == ["stack:", "preview:", "up:"]
    jobs.write_text(jobs.read_text().replace("stack:\n", "stack:\n  script: [a]\n", 1))
    assert checked(GITLAB, jobs) == (0, "ok -- validation done\n")


@pytest.mark.parametrize(
    ("schema", "file", "right", "wrong"),
    [
        (GITLAB, ".gitlab-ci.yml", "    when: always\n", "    when: allways\n"),
        (GITLAB, ".gitlab-ci.yml", "    strategy: depend\n", "    strategy: depends\n"),
        (GITLAB, "ci/gitlab-jobs.yml", "  resource_group: up\n", "  resource_group: [up]\n"),
        (WORKFLOWS, ".github/workflows/test.yml", "runs-on:", "run-on:"),
        (WORKFLOWS, ".github/workflows/up.yml", "    steps:\n", "    step:\n"),
        (ACTIONS, ".github/actions/setup/action.yml", "using: composite", "using: compose"),
    ],
)
def test_a_broken_pipeline_is_refused(tmp_path, schema, file, right, wrong):
    text = text_of(file)
    assert right in text
    broken = tmp_path / "pipeline.yml"
    broken.write_text(text.replace(right, wrong, 1))
    code, said = checked(schema, broken)
    assert code == 1, said
    assert "Schema validation errors were encountered" in said


@pytest.mark.parametrize("kind", ["preview", "up"])
def test_the_pipeline_that_a_job_writes_is_as_its_schema_says(checkout, kind):  # noqa: F811
    argv = ["sh", str(ROOT / "ci" / "gitlab-pipeline.sh"), kind, "0" * 40]
    written = checkout / "pipeline.yml"
    for base in ("0" * 40, "HEAD"):
        argv[-1] = base
        done = subprocess.run(argv, cwd=checkout, capture_output=True, text=True, check=True)
        written.write_text(done.stdout)
        assert checked(GITLAB, written)[0] == 0, done.stdout
