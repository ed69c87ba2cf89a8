"""Where the engine and the plugins come from, without a network."""

from __future__ import annotations

import subprocess
import tarfile
import time
from pathlib import Path

import pytest

from lab import cache, download, engine, plugin_source
from lab.errors import LabError


@pytest.fixture(autouse=True)
def cache_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache/crosshost"


@pytest.mark.parametrize(
    ("version", "will_do"),
    [
        ("v3.259.0", True),
        ("3.250.0", True),
        ("v3.300.1-alpha.1", True),
        ("v3.249.9", False),
        ("v4.0.0", False),
        ("", False),
        ("pulumi", False),
    ],
)
def test_pulumi_from_3_250_to_below_4_will_do(version: str, will_do: bool) -> None:
    assert engine.version_will_do(version) is will_do


def fake_pulumi(folder: Path, version: str) -> Path:
    folder.mkdir(parents=True)
    for name in ("pulumi", "pulumi-language-python"):
        (folder / name).write_text(f"#!/bin/sh\necho v{version}\n")
        (folder / name).chmod(0o755)
    return folder


def test_a_pulumi_on_path_wins_unless_it_is_too_old(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = fake_pulumi(tmp_path / "old", "3.100.0")
    good = fake_pulumi(tmp_path / "good", "3.255.0")
    found = engine.find(f"{old}:{good}:/bin:/usr/bin")
    assert found.binary == good / "pulumi"
    assert "found on PATH" in found.source
    assert f"{old}/pulumi is left alone" in capsys.readouterr().err


def test_a_download_that_cannot_work_is_given_up_in_silence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    began = time.monotonic()
    assert not download.reachable("http://127.0.0.1:9/plugin.tar.gz")
    assert not download.fetch("http://127.0.0.1:9/plugin.tar.gz", tmp_path / "file")
    assert time.monotonic() - began < 5
    assert capsys.readouterr() == ("", "")


def test_given_plugins_get_a_home_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = tmp_path / "plugins"
    given.mkdir()
    monkeypatch.setenv("CROSSHOST_PLUGINS", str(given))
    pulumi = engine.Engine(tmp_path, "test")
    with pytest.raises(LabError, match=r"pulumi-resource-docker and .*-resource-command"):
        plugin_source.find(pulumi)
    homes = set()
    for content in ("one", "two"):
        for name in plugin_source.VERSIONS:
            file = given / plugin_source.binary_of(name)
            file.write_text(content)
            file.chmod(0o755)
        found = plugin_source.find(pulumi)
        assert found == plugin_source.find(pulumi)
        homes.add(found.home)
        installed = found.home / "plugins/resource-docker-v5.1.0/pulumi-resource-docker"
        assert installed.read_text() == content
        assert installed.stat().st_mode & 0o111
    assert len(homes) == 2


def test_a_stand_in_ignores_the_callers_python_settings(tmp_path: Path) -> None:
    script = tmp_path / "plugin"
    script.write_text('printf "%s|" "$PYTHONPATH" "$@"')
    launcher = tmp_path / "launcher"
    launcher.write_text(plugin_source.launcher_text(Path("/bin/sh"), script))
    argv = ["sh", str(launcher), "a b", "*"]
    said = subprocess.run(argv, capture_output=True, text=True, env={"PYTHONPATH": "/x"})
    assert said.stdout == "|a b|*|"


def test_the_official_engine_is_downloaded_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_pulumi(tmp_path / "official/pulumi", engine.VERSION)
    asked: list[str] = []

    def fetch(url: str, file: Path) -> bool:
        asked.append(url)
        with tarfile.open(file, "w:gz") as packed:
            packed.add(tmp_path / "official/pulumi", "pulumi")
        return True

    monkeypatch.setattr(download, "fetch", fetch)
    found = engine.find("/nowhere")
    assert found == engine.find("/nowhere")
    assert (found.folder / "pulumi").exists()
    assert (found.folder / "pulumi-language-python").exists()
    assert len(asked) == 1
    assert f"/pulumi-v{engine.VERSION}-linux-" in asked[0]


@pytest.mark.parametrize("content", [None, b"an error page"])
def test_a_download_that_fails_is_followed_by_a_build_and_not_tried_again(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def fetch(url: str, file: Path) -> bool:
        asked.append(url)
        file.write_bytes(content or b"")
        return content is not None

    def fail(folder: Path) -> None:
        raise LabError("no Go")

    monkeypatch.setattr(download, "fetch", fetch)
    monkeypatch.setattr(engine, "_build", fail)
    for _ in range(2):
        with pytest.raises(LabError, match="no Go"):
            engine.find("/nowhere")
    assert len(asked) == 1
    monkeypatch.setattr(engine, "_build", lambda folder: fake_pulumi(folder / "bin", "3.259.0"))
    assert "built from the published Go modules" in engine.find("/nowhere").source


def fake_installer(folder: Path, install: str) -> engine.Engine:
    folder.mkdir()
    (folder / "pulumi").write_text(f"#!/bin/sh\n{install}\n")
    (folder / "pulumi").chmod(0o755)
    return engine.Engine(folder, "test")


def test_official_plugins_are_installed_by_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CROSSHOST_PLUGINS", raising=False)
    monkeypatch.setattr(download, "reachable", lambda url: True)
    pulumi = fake_installer(tmp_path / "bin", 'mkdir -p "$PULUMI_HOME/plugins/resource-$4-v$5"')
    found = plugin_source.find(pulumi)
    assert found.source == "the official plugins"
    assert sorted(path.name for path in (found.home / "plugins").iterdir()) == [
        "resource-command-v1.2.1",
        "resource-docker-v5.1.0",
    ]


@pytest.mark.parametrize("reachable", [True, False])
def test_without_the_official_plugins_the_stand_ins_are_taken(
    reachable: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CROSSHOST_PLUGINS", raising=False)
    asked: list[str] = []

    def ask(url: str) -> bool:
        asked.append(url)
        return reachable

    monkeypatch.setattr(download, "reachable", ask)
    pulumi = fake_installer(tmp_path / "bin", "exit 1")
    found = plugin_source.find(pulumi)
    assert found == plugin_source.find(pulumi)
    assert found.source == "the lab's stand-ins"
    assert len(asked) == 1, "a failure is remembered for a while"
    for name in plugin_source.VERSIONS:
        launcher = plugin_source.folder_of(found.home, name) / plugin_source.binary_of(name)
        assert launcher.stat().st_mode & 0o111
        assert str(cache.root()) in launcher.read_text(), "it runs a copy, not the work tree"
