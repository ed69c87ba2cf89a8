"""python -m crosshost check: stack files without hosts, for people and as annotations."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from crosshost.__main__ import app
from stacks import files

pytestmark = pytest.mark.usefixtures("key_file")
GOOD = """config:
  crosshost:ssh: {user: root, private_key_file: '${CROSSHOST_LAB}/id_ed25519'}
  crosshost:hosts:
    docker01: {address: 10.0.0.11, host_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMDiBLryL5561Efx3XKB+rK/77e73Wg6a+3QKagle+HK}
"""
BAD = (
    GOOD
    + """  crosshost:containers:
    web: {host: docker02, image: "nginx:1"}
    "50%, x": {host: docker01, image: "nginx:1"}
"""
)


@pytest.fixture
def check(tmp_path, monkeypatch):
    """Runs the command on files of stacks, name -> text."""
    folder = tmp_path / "stacks"
    folder.mkdir()
    monkeypatch.setattr(files, "FOLDER", folder)
    monkeypatch.setattr(files.names, "__defaults__", (folder,))
    monkeypatch.setattr(files.read, "__defaults__", (folder,))

    def run(texts, *words):
        for name, text in texts.items():
            (folder / f"Pulumi.{name}.yaml").write_text(text)
        return CliRunner().invoke(app, ["check", *words])

    return run


def test_every_stack_is_checked_and_one_mistake_fails_the_command(check):
    done = check({"good": GOOD, "bad": BAD})
    assert done.exit_code == 1
    assert "good: nothing is wrong with its file" in done.stdout
    assert "bad: 2 problem(s) in the stack file; nothing was changed:" in done.stdout
    assert "stacks/Pulumi.bad.yaml:6: crosshost:containers.web.host: " in done.stdout
    assert check({}, "-s", "good").exit_code == 0


def test_a_mistake_is_an_annotation_at_its_line(check):
    done = check({"bad": BAD}, "--format", "github")
    assert done.exit_code == 1
    first, second = done.stdout.splitlines()
    assert {first.partition(",title")[0], second.partition(",title")[0]} == {
        "::error file=stacks/Pulumi.bad.yaml,line=6",
        "::error file=stacks/Pulumi.bad.yaml,line=7",
    }
    assert "50%25, x" in done.stdout
    assert check({"bad": GOOD}, "--format", "github").stdout == ""


def test_a_mistake_is_a_finding_of_gitlabs_code_quality(check, tmp_path):
    report = tmp_path / "report.json"
    done = check({"bad": BAD}, "--format", "gitlab", "--output", str(report))
    assert done.exit_code == 1
    found = json.loads(report.read_text())
    assert {one["location"]["lines"]["begin"] for one in found} == {6, 7}
    assert {one["location"]["path"] for one in found} == {"stacks/Pulumi.bad.yaml"}
    assert len({one["fingerprint"] for one in found}) == 2
    assert {one["check_name"] for one in found} == {"crosshost"}


def test_a_file_that_is_no_yaml_is_told_at_its_line_too(check):
    done = check({"bad": "config:\n  a: [\n  b: {\n"}, "--format", "github")
    assert done.exit_code == 1
    assert done.stdout.startswith("::error file=stacks/Pulumi.bad.yaml,line=")
    assert done.stdout.count("\n") == 1


def test_a_key_that_is_not_here_is_no_mistake_where_it_need_not_be(check):
    elsewhere = {"good": GOOD.replace("CROSSHOST_LAB", "KEY_OF_CI")}
    done = check(elsewhere)
    assert done.exit_code == 1
    assert "crosshost:ssh.private_key_file: " in done.stdout
    done = check({}, "--no-key")
    assert (done.exit_code, done.stdout) == (0, "good: nothing is wrong with its file\n")


def test_a_stack_without_a_file_is_one_sentence(check):
    done = check({"good": GOOD}, "-s", "other")
    assert done.exit_code == 1
    assert "stack 'other' has no file in stacks/; those that have one: good" in done.output
