"""Compose files of several parts: `include`, and `extends` of another file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.test_compose_file import PLAIN, problems, read

pytestmark = pytest.mark.usefixtures("key_file")
MAIN = "include: [{entry}]\nservices:\n  web: {{image: a:1, depends_on: [db]}}\n"
# db of the plain file, in a folder of its own.
DB = """
services:
  db:
    image: postgres:${VERSION:-17}
    env_file: db.env
    volumes: [data:/data, ./init.sql:/init.sql, ./conf:/conf]
    secrets: [password]
volumes: {data: }
secrets:
  password: {file: password.txt}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project's folder, with the file of a database and what it names in db/."""
    (tmp_path / "db").mkdir()
    for name, text in (
        ("compose.yaml", DB), ("db.env", "A=file\n"), ("init.sql", "select 1"), ("password.txt", "p"),
    ):  # fmt: skip
        (tmp_path / "db" / name).write_text(text)
    return tmp_path


def test_an_included_file_is_read_in_its_own_folder(folder):
    settings = read(folder, MAIN.format(entry="db/compose.yaml"), project_directory="/srv/app")
    db = settings.containers["db"]
    assert (db.image, db.environment) == ("postgres:17", {"A": "file"})
    assert [mount.source for mount in db.volumes] == [
        "prod_data", "/srv/app/db/init.sql", "/srv/app/db/conf",
    ]  # fmt: skip
    assert [file.content for file in settings.files["db"]] == [b"p"]
    assert list(settings.containers["web"].depends_on) == ["db"]


def test_files_beside_an_included_file_are_sent(folder):
    (folder / "db/compose.yaml").write_text(DB.replace(", ./conf:/conf", ""))
    settings = read(folder, MAIN.format(entry="db/compose.yaml"))
    assert [file.content for file in settings.files["db"]] == [b"p", b"select 1"]


def test_included_files_have_their_own_variables_and_those_of_the_includer_win(folder):
    (folder / "db/.env").write_text("VERSION=16\n")
    (folder / "db/conf").write_text("")
    text = MAIN.format(entry="db/compose.yaml")
    settings = read(folder, text)
    assert settings.containers["db"].image == "postgres:16"
    assert settings.is_secret("db"), "its image is from a file that may hold secrets"
    assert not settings.is_secret("web")
    assert read(folder, text, environment={"VERSION": "15"}).containers["db"].image == "postgres:15"
    (folder / "other.env").write_text("VERSION=14\n")
    long = MAIN.format(entry="{path: db/compose.yaml, env_file: other.env}")
    assert read(folder, long).containers["db"].image == "postgres:14"


def test_what_is_included_may_include_and_be_put_under_another_file(folder):
    (folder / "all.yaml").write_text(
        "include: [{path: [db/compose.yaml, over.yaml], project_directory: db}]\n"
    )
    (folder / "over.yaml").write_text(
        "services: {db: {image: mariadb:11, volumes: ['data:/data:ro'], command: [b]}}\n"
    )
    (folder / "db/conf").write_text("")
    db = read(folder, MAIN.format(entry="all.yaml")).containers["db"]
    assert (db.image, db.command) == ("mariadb:11", ["b"])
    assert [(mount.target, mount.read_only) for mount in db.volumes] == [("/data", True)]


def test_a_file_that_is_included_on_two_ways_is_there_once(folder):
    (folder / "all.yaml").write_text("include: [db/compose.yaml]\n")
    (folder / "db/compose.yaml").write_text(DB.replace(", ./conf:/conf", ""))
    text = MAIN.format(entry="all.yaml, db/compose.yaml")
    assert set(read(folder, text).containers) == {"web", "db"}


def test_a_file_of_includes_alone_is_a_compose_file(folder):
    (folder / "plain.yaml").write_text(PLAIN)
    assert set(read(folder, "include: [plain.yaml]\n").containers) == {"web", "db"}


@pytest.mark.parametrize(
    ("entry", "files", "what"),
    [
        ("db/none.yaml", {}, "compose.yaml:1: include[0]: a Compose file of db/none.yaml cannot be read: there is no such file"),
        ("db/bad.yaml", {"db/bad.yaml": "services:\n  db: [\n"}, "db/bad.yaml:3: include[0]: a Compose file of db/bad.yaml is no YAML"),
        ("db/bad.yaml", {"db/bad.yaml": "a: 1\n"}, "db/bad.yaml:1: include[0]: a Compose file of db/bad.yaml has no `services:`"),
        ("plain.yaml", {"plain.yaml": PLAIN}, "compose.yaml:1: include[0]: plain.yaml has services.web, and so has compose.yaml"),
        ("compose.yaml", {}, "includes itself in the end"),
        ("a.yaml", {"a.yaml": "include: [b.yaml]", "b.yaml": "include: [a.yaml]"}, "b.yaml:1: include[0]: a.yaml includes itself"),
        ("a.yaml", {"a.yaml": "services: {db: {image: a, imagee: b}}"}, "a.yaml:1: services.db.imagee: unknown key"),
        ("a.yaml", {"a.yaml": "services: {db: {image: '$X'}}"}, "a.yaml:1: services.db.image: needs X, which is not set"),
        ("a.yaml", {"a.yaml": "services: {db: {image: a}}\nx-crosshost: {on: a}"}, "a.yaml:2: x-crosshost: is read in the file that the stack names"),
        ("a.yaml", {"a.yaml": "services: {db: {image: a}}\nvolumes: [a]"}, "a.yaml:2: volumes: must be a map of volumes"),
        ("{path: db/compose.yaml, files: a}", {}, "include[0].files: unknown key 'files'"),
        ("{env_file: a}", {}, "include[0]: must be a path, or a map with `path`"),
        ("https://example.com/compose.yaml", {}, "is not on this machine"),
        ("{path: db/compose.yaml, env_file: none.env}", {}, "include[0]: none.env: cannot be read"),
    ],
)  # fmt: skip
def test_what_cannot_be_included_is_told_with_its_line(folder, entry, files, what):
    for name, text in files.items():
        (folder / name).write_text(text)
    said = problems(folder, MAIN.format(entry=entry))
    assert any(what in one for one in said), said


COMMON = """
services:
  base:
    extends: {file: ../more.yaml, service: root}
    environment: [LEVEL=base]
    env_file: [base.env]
    volumes: [./run.sh:/run.sh, data:/data]
    dns: 1.1.1.1
    logging: {driver: syslog, options: {tag: a}}
"""


def test_extends_takes_services_of_another_file_with_paths_from_its_folder(tmp_path):
    (tmp_path / "common").mkdir()
    (tmp_path / "common/compose.yaml").write_text(COMMON)
    (tmp_path / "common/base.env").write_text("FROM=common\n")
    (tmp_path / "common/run.sh").write_text("#!/bin/sh\n")
    (tmp_path / "more.yaml").write_text("services: {root: {image: 'a:${TAG}', restart: always}}\n")
    text = """
services:
  web:
    extends: {file: common/compose.yaml, service: base}
    environment: {LEVEL: web}
    dns: [8.8.8.8]
    logging: {driver: json-file, options: {max-size: 1m}}
volumes: {data: }
"""
    settings = read(tmp_path, text, on="docker01", environment={"TAG": "3"})
    web = settings.containers["web"]
    assert (web.image, web.restart) == ("a:3", "always")
    assert web.environment == {"FROM": "common", "LEVEL": "web"}
    assert [str(address) for address in web.dns] == ["1.1.1.1", "8.8.8.8"]
    assert web.logging is not None
    assert web.logging.options == {"max-size": "1m"}
    assert [file.content for file in settings.files["web"]] == [b"#!/bin/sh\n"]
    on_host = read(
        tmp_path, text, on="docker01", environment={"TAG": "3"}, project_directory="/srv"
    ).containers["web"]
    assert on_host.volumes[0].source == "/srv/common/run.sh"


@pytest.mark.parametrize(
    ("words", "more", "what"),
    [
        ("{service: base, file: none.yaml}", "services: {}", "compose.yaml:3: services.web.extends.file: the Compose file none.yaml cannot be read"),
        ("{service: base, file: more.yaml}", "services: {a: {image: a}}", "there is no service 'base' in more.yaml: write one of a"),
        ("{service: base, file: more.yaml}", "services: {base: {extends: {service: web, file: compose.yaml}}}", "web extends itself"),
        ("{service: base, file: more.yaml}", "services: [", "more.yaml:1: services.web.extends.file: the Compose file more.yaml is no YAML"),
        ("{service: base, file: more.yaml}", "services:\n  base:\n    image: '${NONE}'", "more.yaml:3: services.base.image: needs NONE"),
        ("{service: base, file: more.yaml}", "services: {base: {image: a, volumes: ['d:/d']}}", "there is no volume 'd'"),
    ],
)  # fmt: skip
def test_what_extends_cannot_take_of_another_file_is_told(tmp_path, words, more, what):
    (tmp_path / "more.yaml").write_text(more)
    said = problems(
        tmp_path, f"services:\n  web:\n    extends: {words}\n    image: a:1\n", on="docker01"
    )
    assert any(what in one for one in said), said


def test_lists_and_maps_of_names_are_merged(tmp_path):
    text = """
services:
  base:
    image: a:1
    depends_on: [db]
    networks: [default]
  web:
    extends: base
    depends_on: {more: {condition: service_started}}
    networks: {default: {aliases: [shop]}}
  db: {image: a:1}
  more: {image: a:1}
"""
    web = read(tmp_path, text, on="docker01").containers["web"]
    assert sorted(web.depends_on) == ["db", "more"]
    assert web.attachments()["ol1"].aliases == ["shop"]
