"""Whatever a Compose file says is read, or refused with a sentence and its place."""

from __future__ import annotations

import copy
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planning.problems import ProblemsError
from stacks.settings import parse
from tests.unit.fleet import stack_values
from tests.unit.test_fuzz_settings import ANYTHING, places, replaced

pytestmark = pytest.mark.usefixtures("key_file")
WHOLE: dict[str, Any] = {
    "name": "app",
    "x-crosshost": {"on": {"web": "docker01", "db": "docker02"}, "networks": {"default": "ol1"}},
    "services": {
        "base": {"image": "a:1", "environment": ["A=1", "B"], "profiles": ["never"]},
        "web": {
            "extends": {"service": "base"}, "image": "a:${TAG:-1}", "build": {"context": "."},
            "depends_on": {"db": {"condition": "service_healthy"}}, "links": ["db:database"],
            "networks": {"default": {"aliases": ["x"]}}, "ports": ["80:80"], "expose": [80],
            "volumes": ["./f:/f", {"type": "tmpfs", "target": "/t", "tmpfs": {"size": "1m"}}],
            "env_file": [{"path": "e", "required": False}], "environment": {"A": "$$", "B": "b"},
            "deploy": {"resources": {"limits": {"cpus": "1", "memory": "64m"}}, "replicas": 1,
                       "restart_policy": {"condition": "any"}},
            "secrets": ["s", {"source": "s", "target": "t", "mode": "0400"}], "configs": ["c"],
            "healthcheck": {"test": "true", "disable": False}, "pull_policy": "missing", "scale": 1,
            "logging": {"driver": "json-file", "options": {"max-file": 3}},
        },
        "db": {"image": "db:1", "network_mode": "service:web", "volumes": ["d:/d"]},
    },
    "volumes": {"d": {"driver": "local"}},
    "secrets": {"s": {"environment": "S"}},
    "configs": {"c": {"content": "${TAG}"}},
}  # fmt: skip
RUDE = [
    "services: {web: &a {image: *a}}", "services:\n  web: {<<: 1}", "services: {web: {<<: [1]}}",
    "services: {web: {extends: web}}", "services: {1: {image: a}}", "services: {'': {image: a}}",
    "services: []", "services: {}", "services: {web: }", "[" * 2000, "{" * 2000, "? [a]\n: b", "\t", "",
    "services: {web: {image: 'a${'}}", "services: {web: {image: '${a:-${b:-${c:?d}}}'}}", "---\n---\n",
    "services: {web: {image: a, networks: {default: {aliases: {a: b}}}}}", "x: !!binary aGk=", "\0",
    "services: {web: {image: a, volumes: [[], {}, {source: }, ':', '::', 'a:', ':a', '/a:/b:ro,rw,z']}}",
    "volumes: 1\nservices: {web: {image: a}}", "secrets: [a]\nservices: {web: {image: a, secrets: [a]}}",
    "x-crosshost: 1\nservices: {web: {image: a}}", "x-crosshost: {on: 1}\nservices: {web: {image: a}}",
    "services: {web: {image: a, depends_on: 1, links: 1, profiles: 1, env_file: 1, environment: 1}}",
    "include: 1", "include: [1, [], {}, {path: 1}, {path: []}, {path: [[]]}, '']\nservices: {web: {image: a}}",
    "include: [., .., /, '~x/y', {path: ., project_directory: [], env_file: {}}]\nservices: {web: {image: a}}",
    "services: {web: {image: a, extends: {file: [], service: a}}}", "services: {web: {extends: {file: ., service: a}}}",
    "services: {web: {image: a, profiles: a}}", "services: {web: {image: a, configs: a, volumes: ['./compose.yaml:/c']}}",
]  # fmt: skip


def read(folder: Path, text: str) -> None:
    """Anything but a ProblemsError is a fault; each problem is a sentence in its place."""
    (folder / "compose.yaml").write_bytes(text.encode(errors="replace"))
    values = stack_values("lab-overlay")
    del values["containers"]
    values["compose"] = {"file": "compose.yaml", "on": {"web": "docker01", "db": "docker01"}}
    try:
        parse(values, base=folder)
    except ProblemsError as error:
        for problem in error.problems:
            assert problem.sentence
            assert problem.place == "" or re.match(r"compose\.yaml(:\d+)?$", problem.place)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_any_value_of_a_compose_file_may_be_anything(tmp_path, data):
    path = data.draw(st.sampled_from(places(WHOLE)))
    changed = replaced(copy.deepcopy(WHOLE), path, data.draw(ANYTHING))
    read(tmp_path, yaml.safe_dump(changed, allow_unicode=True))


@pytest.mark.parametrize("text", RUDE, ids=range(len(RUDE)))
def test_a_rude_compose_file_is_refused_with_a_sentence(tmp_path, text):
    read(tmp_path, text)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(alphabet="${}:-?+ab\\$", max_size=20))
def test_any_text_is_a_variable_or_is_refused(text):
    from stacks.compose.interpolation import Interpolation

    with suppress(ValueError):
        assert isinstance(Interpolation({"a": "1"}).text(text), str)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=60))
def test_any_env_file_is_read_or_refused(tmp_path, content):
    from stacks import env_files

    (tmp_path / "e").write_bytes(content)
    with suppress(ValueError):
        assert isinstance(env_files.read(tmp_path, "e"), dict)
