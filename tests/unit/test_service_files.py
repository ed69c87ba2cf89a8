"""Secrets and configs of containers: files on their hosts, and what is said of those that cannot be."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import pytest

from planning.problems import ProblemsError
from planning.service_files import MountedFile, folder_of
from stacks.settings import Settings, parse
from tests.unit.fleet import facts_text, run_program, stack_values

pytestmark = pytest.mark.usefixtures("key_file")
FACTS = {name: facts_text(hostname=name) for name in ("docker01", "docker02")}
CONTAINER = "docker:index/container:Container"
COMMAND = "command:remote:Command"


def stack(**words: Any) -> dict[str, Any]:
    values = stack_values("lab-modes")
    values["secrets"] = {"password": {"content": "hunter2"}}
    values["configs"] = {"motd": {"content": "hello\n"}}
    values["containers"] = {"one": {"host": "docker01", "image": "busybox:1", **words}}
    return values


def composed(folder: Path, text: str, **section: Any) -> Settings:
    (folder / "compose.yaml").write_text(text)
    values = stack_values("lab-overlay")
    del values["containers"]
    values["compose"] = {"file": "compose.yaml", "on": "docker01", **section}
    return parse(values, base=folder)


def plain(value: Any) -> Any:
    """What the engine got, a secret opened."""
    return value["value"] if isinstance(value, dict) and "value" in value else value


def test_files_are_written_on_the_host_and_mounted_from_there(monkeypatch, tmp_path):
    values = stack(
        secrets=["password"],
        configs=[{"source": "motd", "target": "/etc/motd", "uid": 5, "mode": "0400"}],
    )
    engine = run_program(monkeypatch, tmp_path, values, FACTS, secret_keys=("secrets",))
    files = engine.of_type(COMMAND)["files-one@docker01"]
    assert files["stdin"] != plain(files["stdin"]), (
        "what is in them went to the engine as plain text"
    )
    header, first, second = plain(files["stdin"]).splitlines()
    assert " container=one name=" in header
    assert first == f"444 0 0 {base64.b64encode(b'hunter2').decode()}"
    assert second == f"400 5 0 {base64.b64encode(b'hello' + bytes([10])).decode()}"
    mounts = engine.of_type(CONTAINER)["one@docker01"]["volumes"]
    mounts = plain(mounts)
    assert [(one["containerPath"], one["readOnly"]) for one in mounts] == [
        ("/run/secrets/password", True),
        ("/etc/motd", True),
    ]
    name = header.partition("name=")[2].partition(" ")[0]
    assert plain(mounts[0]["hostPath"]) == f"/var/lib/crosshost/test/files-one/{name}/10"
    assert "files-one@docker01" in engine.after["one@docker01"]


def test_another_content_owner_or_mode_is_another_folder():
    one = MountedFile("/a", b"x", 0o444, 0, 0)
    others = [
        MountedFile("/a", b"y", 0o444, 0, 0),
        MountedFile("/a", b"x", 0o400, 0, 0),
        MountedFile("/a", b"x", 0o444, 1, 0),
    ]
    assert len({folder_of((one,)), *(folder_of((other,)) for other in others)}) == 4
    assert folder_of((one,)) == folder_of((MountedFile("/b", b"x", 0o444, 0, 0),))
    assert "x" not in repr(one).removeprefix("MountedFile")


def test_a_host_that_has_them_is_left_alone_and_one_that_was_edited_is_not(monkeypatch, tmp_path):
    values = stack(configs=["motd"])
    del values["secrets"]

    def sent(facts: dict[str, str]) -> str:
        engine = run_program(monkeypatch, tmp_path, values, facts)
        return str(plain(engine.of_type(COMMAND)["files-one@docker01"]["stdin"]))

    first = sent(FACTS)
    first = re.sub("planned=[^ ]*", "planned=2020-01-01T00:00:00Z", first)
    record = first.partition("\n")[0] + "\n"
    name, hash_ = (first.partition(f"{word}=")[2].split()[0] for word in ("name", "hash"))

    def host(seen: str) -> dict[str, str]:
        more = (f"certificates {name} {seen} 444",)
        return {**FACTS, "docker01": facts_text(records={"files-one": record}, more=more)}

    assert sent(host(hash_)) == first
    assert sent(host("0" * 64)) != first


def test_a_secret_in_the_open_is_refused(monkeypatch, tmp_path):
    with pytest.raises(Exception, match=r"secrets[.]password[.]content: is in the open"):
        run_program(monkeypatch, tmp_path, stack(), FACTS)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"secrets": ["pasword"]}, "one.secrets[0]: there is no 'pasword' in crosshost:secrets: there is password"),
        ({"secrets": [{"source": "password", "mode": "0999"}]}, "'0999' is no mode of a file"),
        ({"configs": ["motd", {"source": "motd"}]}, "one.configs[1]: /motd is mounted twice"),
        ({"configs": ["motd"], "volumes": ["/x:/motd"]}, "one.configs[0]: /motd is mounted twice"),
        ({"configs": [{"source": "motd", "target": "/a:b"}]}, "'/a:b' is no path in a container"),
    ],
)  # fmt: skip
def test_what_cannot_be_mounted_is_refused(words, said):
    with pytest.raises(ProblemsError) as caught:
        parse(stack(**words))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ({"file": "nothing"}, "nothing: cannot be read: there is no such file"),
        ({"file": "."}, "it is no plain file"),
        ({}, "write either `file` or `content`"),
        ({"external": True}, "external is not carried over: crosshost has no store of its own"),
    ],
)
def test_a_source_that_cannot_be_read_is_refused(tmp_path, source, said):
    values = stack(configs=["motd"])
    values["configs"]["motd"] = source
    with pytest.raises(ProblemsError) as caught:
        parse(values, base=tmp_path)
    assert said in str(caught.value)


def test_a_compose_files_secrets_and_configs_are_from_beside_it_or_from_variables(tmp_path):
    (tmp_path / "password.txt").write_text("hunter2")
    text = """
services:
  web:
    image: a:1
    secrets: [password, {source: token, target: /token, mode: 0400}]
    configs: [page]
secrets:
  password: {file: ./password.txt}
  token: {environment: TOKEN}
configs:
  page: {content: "hello ${TOKEN}"}
"""
    files = composed(tmp_path, text, environment={"TOKEN": "t"}).files["web"]
    assert [(one.target, one.content, one.mode) for one in files] == [
        ("/run/secrets/password", b"hunter2", 0o444),
        ("/token", b"t", 0o400),
        ("/page", b"hello t", 0o444),
    ]
    with pytest.raises(
        ProblemsError, match=r"compose\.yaml:9: secrets\.token\.environment: TOKEN is not set"
    ):
        composed(tmp_path, text)


def test_a_file_beside_a_compose_file_that_a_service_mounts_is_sent_to_its_host(tmp_path):
    (tmp_path / "run.sh").write_text("echo\n")
    (tmp_path / "run.sh").chmod(0o755)
    text = "services:\n  web:\n    image: a:1\n    volumes: ['./run.sh:/run.sh', '/srv:/srv']\n"
    settings = composed(tmp_path, text)
    (file,) = settings.files["web"]
    assert (file.target, file.content, file.mode) == ("/run.sh", b"echo\n", 0o555)
    assert [one.target for one in settings.containers["web"].volumes] == ["/srv"]
    there = composed(tmp_path, text, project_directory="/srv/app")
    assert there.files["web"] == ()
    assert there.containers["web"].volumes[0].source == "/srv/app/run.sh"
