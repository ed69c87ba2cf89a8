"""Stack files are read as the engine reads them (tests/lab/test_stack_file_text.py asks the engine)."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from planning.problems import Problem, ProblemsError
from stacks import files, pulumi_yaml
from stacks.placed import message, placed
from stacks.settings import parse, source_lines
from tests.unit.fleet import stack_values
from tests.yaml_cases import DOCUMENTS, REFUSED, SCALARS

pytestmark = pytest.mark.usefixtures("key_file")


def written(folder: Path, content: str | bytes) -> Path:
    file = folder / "Pulumi.test.yaml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


@pytest.mark.parametrize(("text", "value"), SCALARS.items())
def test_a_value_is_what_the_engine_makes_of_it(tmp_path, text, value):
    found = pulumi_yaml.value(pulumi_yaml.node(written(tmp_path, f"a: {text}\n")))
    assert repr(found["a"]) == repr(value)


@pytest.mark.parametrize(("content", "value"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_file_is_what_the_engine_makes_of_it(tmp_path, content, value):
    assert pulumi_yaml.value(pulumi_yaml.node(written(tmp_path, content))) == {"config": value}


@pytest.mark.parametrize("content", REFUSED.values(), ids=REFUSED)
def test_a_file_that_the_engine_refuses_is_refused_with_its_line(tmp_path, content):
    with pytest.raises(yaml.YAMLError) as caught:
        pulumi_yaml.value(pulumi_yaml.node(written(tmp_path, content)))
    assert "line " in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"config:\n", "has no `config:`, a map of settings"),
        (b"", "has no `config:`, a map of settings"),
        (b"config: [a]\n", "has no `config:`, a map of settings"),
        (b"config: {}\n# caf\xe9\n", "line 2: it is not UTF-8 text: save it as UTF-8"),
        (
            b"config:\n  a: 1\n  a: 2\n",
            "line 3: the key 'a' is there already, in line 2: remove one",
        ),
        (b"config:\n  a: !!binary aGk=\n", "line 2: the tag !!binary is not read"),
        (b"config:\n  a: .inf\n", "line 2: .inf is no number that Pulumi carries"),
        (b"config: &a {b: *a}\n", "line 1: an anchor holds itself"),
    ],
)
def test_a_file_that_is_none_is_one_sentence(tmp_path, content, said):
    written(tmp_path, content)
    with pytest.raises(files.StackFileError) as caught:
        files.read("test", tmp_path)
    assert said in str(caught.value)
    assert f"{tmp_path.name}/Pulumi.test.yaml" in str(caught.value)


@pytest.mark.parametrize("content", [b"config:\n", b"\xff\xfe\x00", b"# caf\xe9\n", b"a: [", b""])
def test_an_error_is_told_without_a_line_where_the_file_is_another_one(tmp_path, content):
    file = written(tmp_path, content)
    error = ProblemsError([Problem(("crosshost:ssh", "user"), "is wrong")], "")
    places = source_lines(file, {"ssh": {"user": "x"}, "hosts": None})
    assert message(placed(error, file, places)).splitlines()[1:] == [
        "  crosshost:ssh.user: is wrong"
    ]


def test_lines_are_told_in_every_encoding_and_through_anchors(tmp_path):
    values = {"hosts": {"a": {"address": "x", "port": 8}, "b": {"port": 8, "address": "y"}}}
    text = (
        "config:\n"
        "  crosshost:hosts:\n"
        "    a: &one\n"
        "      address: x\n"
        "      port: 010\n"
        "    b:\n"
        "      <<: *one\n"
        "      address: y\n"
    )
    for content in (text.encode(), text.encode("utf-16"), text.encode("utf-8-sig")):
        places = source_lines(written(tmp_path, content), values)
        assert places.line(("crosshost:hosts", "a", "port")) == 5
        assert places.line(("crosshost:hosts", "b", "port")) == 5
        assert places.line(("crosshost:hosts", "b", "address")) == 8
        assert places.line(("crosshost:hosts", "b", "user")) == 6


@pytest.mark.parametrize(
    ("word", "value", "said"),
    [
        ("labels", "{a: 1.10}", "labels.a: 1.10 is read as '1.1': put it in quotes"),
        ("labels", "{a: 1e3}", "labels.a: 1e3 is read as '1000': put it in quotes"),
        ("labels", "{a: 2026-10-01}", "labels.a: 2026-10-01 is read as '2026-10-01 00:00:00 +0000 UTC'"),
        ("labels", "{a: True}", "labels.a: True is read as 'true': put it in quotes"),
        ("labels", "{1.10: a}", "labels.1.1: 1.10 is read as '1.1': put it in quotes"),
        ("environment", "{a: 1_000}", "environment.a: the value is not read as it is written: put it"),
        ("environment", "{a: 010}", "environment.a: the value is not read as it is written: put it"),
        ("group_add", "[0x10]", "group_add[0]: 0x10 is read as '16': put it in quotes"),
        ("command", "[run, 2026-10-01]", "command[1]: 2026-10-01 is read as '2026-10-01 00:00:00"),
        ("cpu_shares", "0100", "cpu_shares: 0100 is read as 64: write 64, or put it in quotes"),
        ("ports", "[8080]", None),
        ("labels", "{a: 1, b: 1.5, c: true, d: yes, e: '010', f: 1:30, 7: g}", None),
        ("cpus", "1.0", None),
        ("init", "True", None),
        ("restart", "no", None),
        ("restart", "false", None),
    ],
)  # fmt: skip
def test_what_yaml_makes_something_else_of_is_refused_with_its_line(tmp_path, word, value, said):
    values = stack_values("lab-modes")
    head = yaml.safe_dump({"config": {f"crosshost:{key}": values[key] for key in ("ssh", "hosts")}})
    content = (
        f"{head}  crosshost:containers:\n"
        "    one:\n"
        "      host: docker01\n"
        "      image: busybox:1\n"
        f"      {word}: {value}\n"
    )
    written(tmp_path, content)
    if said is None:
        assert files.read("test", tmp_path).containers["one"]
        return
    with pytest.raises(files.StackFileError) as caught:
        files.read("test", tmp_path)
    line = len(content.splitlines())
    assert f"Pulumi.test.yaml:{line}: crosshost:containers.one.{said}" in str(caught.value)


def test_a_stack_file_whose_values_are_given_otherwise_is_not_judged_by_its_text(tmp_path):
    values = stack_values("lab-modes")
    file = written(tmp_path, yaml.safe_dump({"config": {"crosshost:ssh": {"user": "else"}}}))
    assert parse(values, source=source_lines(file, values)).hosts
