"""Pulumi's engine reads stack files as tests/yaml_cases.py says, which our own reader is held to."""

from __future__ import annotations

import json

import pytest

from tests.unit.fleet import ROOT
from tests.yaml_cases import DOCUMENTS, REFUSED, SCALARS

PROGRAM = """\
import os
with open("config.json", "w") as file:
    file.write(os.environ.get("PULUMI_CONFIG", "null"))
"""


@pytest.fixture(scope="module")
def project(lab, tmp_path_factory):
    """A project that only writes down its configuration; call it with a stack file's content."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "Pulumi.yaml").write_text("name: yt\nruntime: python\n")
    (folder / "__main__.py").write_text(PROGRAM)
    (folder / "state").mkdir()
    pulumi = f"PULUMI_BACKEND_URL=file://{folder}/state exec pulumi --non-interactive --color never"

    def run(words, check=True):
        return lab.run(["sh", "-c", f"{pulumi} {words}"], cwd=folder, check=check)

    (folder / "Pulumi.t.yaml").write_text("config: {}\n")
    run("stack init t")
    salt = (folder / "Pulumi.t.yaml").read_bytes().decode().partition("encryptionsalt")[2]

    def read(content):
        """What the program gets, or the engine's refusal."""
        plain = content.encode() if isinstance(content, str) else content
        wide = plain.startswith(b"\xff\xfe")
        tail = f"encryptionsalt{salt}".encode()
        # Without the salt the engine would write the file anew, before it reads it.
        if wide:
            plain += tail.decode().encode("utf-16-le")
        elif b"\n---" in plain:
            plain = tail + plain
        else:
            plain += tail
        (folder / "Pulumi.t.yaml").write_bytes(plain)
        (folder / "config.json").unlink(missing_ok=True)
        outcome = run("--stack t preview", check=False)
        if outcome.returncode != 0:
            return outcome.stdout + outcome.stderr
        given = json.loads((folder / "config.json").read_text())
        return {name: json.loads(value) for name, value in (given or {}).items()}

    return read


def test_the_engine_makes_of_every_value_what_is_recorded(project):
    rows = [f"    k{i}: {text}\n" for i, text in enumerate(SCALARS)]
    found = project(f"config:\n  yt:v:\n{''.join(rows)}")["yt:v"]
    assert {text: repr(found[f"k{i}"]) for i, text in enumerate(SCALARS)} == {
        text: repr(value) for text, value in SCALARS.items()
    }


@pytest.mark.long
def test_the_engine_makes_of_every_file_what_is_recorded(project):
    assert {name: project(content) for name, (content, _) in DOCUMENTS.items()} == {
        name: value for name, (_, value) in DOCUMENTS.items()
    }


@pytest.mark.long
def test_the_engine_refuses_every_file_that_is_recorded_so(project):
    assert {
        name: isinstance(project(content), str) for name, content in REFUSED.items()
    } == dict.fromkeys(REFUSED, True)


def test_a_file_with_a_key_twice_is_refused_with_its_line_by_both(lab, environment):
    stack = environment("lab-modes")
    stack.file.write_text(
        stack.file.read_text().replace(
            "config:", "config:\n  crosshost:networks: {}\n  crosshost:networks: {}", 1
        )
    )
    said = stack.preview(check=False)
    assert said.code != 0
    assert 'line 3: mapping key "crosshost:networks" already defined at line 2' in said.text
    doctor = lab.run(
        ["python", "-m", "crosshost", "doctor", "-s", stack.name], cwd=ROOT, check=False
    )
    assert doctor.returncode == 1
    assert (
        f"stacks/{stack.file.name} cannot be read: line 3: the key 'crosshost:networks' is there already"
        in doctor.stderr
    )
    stack.write()


def test_a_value_that_yaml_changes_is_refused_with_its_line_by_both(lab, environment):
    stack = environment("lab-modes")
    text = stack.file.read_text().replace(
        "image: busybox:1", "image: busybox:1\n      labels: {version: 1.10}", 1
    )
    for encoding in ("utf-8", "utf-16"):
        stack.file.write_bytes(text.encode(encoding))
        line = next(i for i, row in enumerate(text.splitlines(), 1) if "1.10" in row)
        expected = f"stacks/{stack.file.name}:{line}: crosshost:containers.alone.labels.version: 1.10 is read as '1.1': put it in quotes"
        said = stack.preview(check=False)
        assert said.code != 0
        assert expected in said.text
        doctor = lab.run(
            ["python", "-m", "crosshost", "doctor", "-s", stack.name], cwd=ROOT, check=False
        )
        assert expected in doctor.stderr
    stack.write()
