"""What is written by programs is up to date, and what CI's workflow calls exists."""

from __future__ import annotations

import json
import socket
from typing import Any

import jsonschema
import pytest
import yaml

from components.networks import contracts
from reports import engine_matrix, pictures, strategies
from reports.engine_matrix import STEPS, Row
from stacks import pulumi_yaml, reference, schema
from stacks.files import opened
from stacks.settings import SECTIONS, parse
from tests.unit.fleet import ROOT, put_key, stack_values

VALIDATOR = jsonschema.Draft202012Validator(json.loads(schema.FILE.read_text()))
STACK_FILES = sorted((ROOT / "stacks").glob("Pulumi.*.yaml"))
COMMITTED = [file for file in STACK_FILES if not file.name.startswith("Pulumi.test-")]


@pytest.fixture(autouse=True)
def agent(monkeypatch, tmp_path):
    """A socket where the examples' ssh-agent would be."""
    monkeypatch.chdir(tmp_path)  # a socket's path is short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("agent")
        monkeypatch.setenv("SSH_AUTH_SOCK", "agent")
        yield


def complaints(whole: Any) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(whole)]


def example() -> dict[str, Any]:
    """The examples of the reference as one stack file."""
    examples = [pulumi_yaml.value(pulumi_yaml.node_of(e)) for _, e in reference.ABOUT.values()]
    return {"config": {key: value for one in examples for key, value in one.items()}}


def test_the_schema_is_what_the_settings_say():
    assert schema.FILE.read_text() == schema.text(), "run `lab/python -m stacks.schema`"


def test_the_reference_is_what_the_settings_say():
    assert reference.FILE.read_text() == reference.text(), "run `lab/python -m stacks.reference`"


def test_the_pictures_are_what_the_contracts_say():
    there = {file.name: file.read_text() for file in pictures.FOLDER.iterdir()}
    assert there == pictures.pictures(), "run `lab/python -m reports.pictures`"


def test_the_strategies_are_what_the_contracts_and_the_matrix_say():
    assert strategies.FILE.read_text() == strategies.text(), (
        "run `lab/python -m reports.strategies`"
    )


def test_the_matrix_shows_what_passed_what_did_not_and_what_was_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(engine_matrix, "FILE", tmp_path / "matrix.json")
    rows = [
        Row("overlay", "swarm", ("28", "26"), STEPS[:1]),
        Row("overlay", "consul", ("28",), (engine_matrix.REFUSED,)),
        Row("gone", None, ("20",)),
    ]
    for row in reversed(rows):
        engine_matrix.save(row, rows)
    engine_matrix.save(rows[0], rows[:2])
    assert engine_matrix.load() == rows[:2]
    lines = engine_matrix.table().splitlines()[2:]
    assert lines[0].startswith("| overlay, swarm | 28, 26 | yes | **no** |")
    assert lines[1].startswith("| overlay, consul | 28 | refused |")


def test_make_format_writes_them():
    recipe = (ROOT / "Makefile").read_text().partition("\nformat:\n")[2].partition("\n\n")[0]
    assert "-m stacks.schema" in recipe
    assert "-m stacks.reference" in recipe
    assert "-m reports.strategies" in recipe


@pytest.mark.parametrize("file", COMMITTED, ids=lambda file: file.name)
def test_stack_files_fit_the_schema_that_they_name(file):
    assert file.read_text().startswith("# yaml-language-server: $schema=fleet.schema.json\n")
    assert complaints(yaml.safe_load(file.read_text())) == []


@pytest.mark.parametrize("file", COMMITTED, ids=lambda file: file.name)
def test_stack_files_are_right_also_beyond_the_schema(file, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    put_key(monkeypatch, tmp_path / ".ssh")
    assert parse(stack_values(file.name.split(".")[1])).containers


def test_every_strategy_and_control_plane_has_an_example_for_hosts_of_ones_own():
    assert {file.name for file in COMMITTED} >= {
        f"Pulumi.example-{contract.key.removeprefix('overlay-').replace('consul', 'overlay')}.yaml"
        for contract in contracts()
    }


def test_the_examples_of_the_reference_are_a_right_stack_file():
    assert complaints(example()) == []
    config = example()["config"]
    values = {name: opened(config[f"crosshost:{name}"]) for name in SECTIONS}
    assert parse(values, base=ROOT).containers


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("ports", [80, "8080:80", {"target": 80, "published": 8081}]),
        ("volumes", ["/a:/b:ro", {"type": "volume", "target": "/b"}]),
        ("command", "sleep 1d"),
        ("environment", {"A": 1, "B": True, "C": 1.5, "D": "x"}),
        ("environment", ["A=1"]),
        ("labels", ["a=b"]),
        ("dns", "10.0.0.1"),
        ("extra_hosts", ["a:10.0.0.1"]),
        ("ulimits", {"nofile": 4096, "nproc": {"soft": 1, "hard": 2}}),
        ("mem_limit", "64m"),
        ("restart", False),
        ("networks", ["backend"]),
        ("networks", {"backend": None}),
        ("healthcheck", {"test": "true", "interval": "1m30s"}),
        ("group_add", [20, "audio"]),
        ("tmpfs", "/run"),
    ],
)
def test_short_forms_that_the_program_reads_fit_the_schema(word, value):
    whole = example()
    container = whole["config"]["crosshost:containers"]["db"]
    del container["network"], container["mem_limit"]
    container[word] = value
    assert complaints(whole) == []
    assert parse({n: opened(whole["config"][f"crosshost:{n}"]) for n in SECTIONS}, base=ROOT)


def test_a_secret_environment_fits_the_schema():
    whole = example()
    whole["config"]["crosshost:containers"]["db"]["environment"]["PASSWORD"] = {"secure": "v1:a:b"}
    assert complaints(whole) == []


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("containers.db.imagee", "x"),
        ("containers.db.ports", [{"published": 1}]),
        ("containers.db.cpus", "many"),
        ("hosts.docker01.adress", "10.0.0.1"),
        ("networks.lan.strategy", "flannel"),
        ("ssh.port", 70000),
    ],
)
def test_mistakes_do_not_fit_the_schema(place, value):
    whole = example()
    section, *parents, last = place.split(".")
    node = whole["config"][f"crosshost:{section}"]
    for part in parents:
        node = node[part]
    node[last] = value
    assert complaints(whole) != []


def test_every_key_of_a_stack_file_has_a_description():
    bare = []

    def look(node: Any, name: str) -> None:
        for key, prop in (node.get("properties") or {}).items() if isinstance(node, dict) else ():
            if not prop.get("description"):
                bare.append(f"{name}.{key}")
        for key, item in node.items() if isinstance(node, dict) else enumerate(node):
            if isinstance(item, (dict, list)):
                look(item, f"{name}.{key}")

    whole = schema.schema()
    for part in whole["properties"]["config"]["properties"].values():
        look(part, "config")
    look({k: d for k, d in whole["$defs"].items() if k != "Encrypted"}, "$defs")
    assert bare == []
