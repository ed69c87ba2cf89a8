"""Compose's tags `!reset` and `!override`: over another file, over a service that is extended, over nothing."""

from __future__ import annotations

import pytest

from tests.unit.test_compose_file import problems, read

pytestmark = pytest.mark.usefixtures("key_file")
MAIN = "include: [{path: [base.yaml, over.yaml]}]\n"
# That of Compose's own page on merging, and a service beside it.
BASE = """
services:
  app:
    image: myapp:1
    ports: ["8080:80"]
    environment: {FOO: BAR, KEPT: "1"}
    volumes: [data:/data, more:/more]
    healthcheck: {test: [CMD, "true"], interval: 5s}
  beside: {image: other:1}
volumes: {data: , more: }
"""


@pytest.fixture
def over(tmp_path):
    """Reads a file over the base, or says what is wrong; ``base``: another one."""

    def read_over(text, base=BASE):
        (tmp_path / "base.yaml").write_text(base)
        (tmp_path / "over.yaml").write_text(text)
        return read(tmp_path, MAIN, on="docker01").containers

    return read_over


def test_reset_takes_away_what_the_file_below_has(over):
    app = over("services: {app: {ports: !reset [], environment: {FOO: !reset null}}}\n")["app"]
    assert app.ports == []
    assert app.environment == {"KEPT": "1"}
    assert len(app.volumes) == 2


def test_override_replaces_what_would_be_joined(over):
    text = "services: {app: {ports: !override ['8443:443'], environment: !override {NEW: a}}}\n"
    app = over(text)["app"]
    assert [(port.published, port.target) for port in app.ports] == [(8443, 443)]
    assert app.environment == {"NEW": "a"}
    joined = over(text.replace("!override ", ""))["app"]
    assert len(joined.ports) == 2
    assert set(joined.environment) == {"FOO", "KEPT", "NEW"}


def test_values_without_quotes_keep_their_kind(over):
    base = BASE.replace("image: myapp:1", "image: myapp:1\n    privileged: false\n    cpus: 1")
    app = over("services: {app: {privileged: !override true, cpus: !override 0.5}}\n", base)["app"]
    assert (app.privileged, app.cpus) == (True, 0.5)


def test_a_whole_service_or_volume_goes(over):
    assert set(over("services: {beside: !reset null}\n")) == {"app"}
    text = "services: {app: {volumes: !override ['data:/data']}}\nvolumes: {more: !reset null}\n"
    assert [mount.source for mount in over(text)["app"].volumes] == ["prod_data"]
    replaced = over("services: {app: !override {image: 'new:1'}}\n")["app"]
    assert (replaced.image, replaced.ports, replaced.environment) == ("new:1", [], {})


EXTENDING = """
services:
  base: {image: 'a:1', ports: ['80:80'], environment: {A: '1', B: '2'}, cap_add: [NET_ADMIN]}
  web:
    extends: base
    ports: !override ['81:80']
    environment: {A: !reset null}
    cap_add: !reset []
"""


def test_they_work_on_a_service_that_is_extended(tmp_path):
    web = read(tmp_path, EXTENDING, on="docker01").containers["web"]
    assert [port.published for port in web.ports] == [81]
    assert web.environment == {"B": "2"}
    assert web.cap_add == []


def test_they_take_away_what_the_file_below_has_by_extends(over):
    web = over("services: {web: {image: 'b:1', cap_add: [], ports: !reset []}}\n", EXTENDING)["web"]
    assert (web.image, web.ports) == ("b:1", [])
    text = EXTENDING.replace("    ports: !override ['81:80']\n", "")
    web = over("services: {web: {ports: !reset []}}\n", text)["web"]
    assert web.ports == []


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ("services: {web: {image: 'a:1',\n  ports: !reset []}}\n", 2, "web.ports: !reset takes away"),
        ("services:\n  web: !reset null\n", 2, "services.web: !reset takes away"),
        ("services: {web: {image: !override 'a:1'}}\n", 1, "web.image: !override replaces"),
        ("services: {web: {image: 'a:1'}}\nvolumes:\n  a: !override {}\n", 3, "volumes.a: !override"),
        ("services:\n  a: {image: 'a:1'}\n  web:\n    extends: a\n    ports: !reset []\n", 5, "none does: take the line out"),
        ("services: {web: {image: 'a:1',\n  ports: [!reset '80:80']}}\n", 2, "!reset has no effect here"),
        ("services: {web: {image: 'a:1', environment: !override {\n  A: !reset x}}}\n", 2, "!reset has no effect here"),
        ("services: {web: {image: !other 'a:1'}}\n", 1, "the tag !other is not read"),
        ("services: {web: {<<: !override {image: 'a:1'}}}\n", 1, "the tag !override is not read"),
    ],
)  # fmt: skip
def test_where_they_have_no_effect_a_sentence_says_so(tmp_path, text, place, what):
    said = problems(tmp_path, text, on="docker01")
    assert said[0].startswith(f"compose.yaml:{place}: "), said
    assert what in said[0]


def test_in_a_file_over_another_one_it_is_that_files_line(tmp_path):
    (tmp_path / "base.yaml").write_text(BASE)
    (tmp_path / "over.yaml").write_text("services:\n  app:\n    devices: !reset []\n")
    (said,) = problems(tmp_path, MAIN, on="docker01")
    assert said.startswith("over.yaml:3: services.app.devices: !reset takes away")
    (tmp_path / "over.yaml").write_text("services: {}\nvolumes: {none: !reset }\n")
    (said,) = problems(tmp_path, MAIN, on="docker01")
    assert said.startswith("over.yaml:2: volumes.none: !reset takes away")
