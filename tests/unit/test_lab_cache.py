"""The lab's cache never shows an entry that is not whole."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from lab import cache


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "crosshost"


def test_the_cache_follows_xdg(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache.root() == root
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/someone")
    assert cache.root() == Path("/home/someone/.cache/crosshost")


def test_an_entry_is_built_once() -> None:
    built = []

    def build(folder: Path) -> None:
        built.append(folder)
        (folder / "file").write_text("content")

    first = cache.entry("kind", "key", build)
    assert cache.entry("kind", "key", build) == first
    assert len(built) == 1
    assert (first / "file").read_text() == "content"


def test_a_build_that_fails_leaves_no_entry(root: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.entry("kind", "key", fail)
    assert list((root / "kind").iterdir()) == []


def test_what_a_killed_build_left_is_thrown_away_by_the_next(root: Path) -> None:
    (root / "kind/.key.partial").mkdir(parents=True)
    (root / "kind/.key.partial/half").touch()
    entry = cache.entry("kind", "key", lambda folder: (folder / "whole").touch())
    assert [path.name for path in entry.iterdir()] == ["whole"]


def test_digests_tell_where_a_part_ends() -> None:
    assert cache.digest("ab", "c") != cache.digest("a", "bc")
    assert cache.digest("ab") == cache.digest(b"ab")


def test_a_trees_digest_sees_contents_and_execute_bits_but_no_compiled_files(
    tmp_path: Path,
) -> None:
    (tmp_path / "tree").mkdir()
    file = tmp_path / "tree/script"
    file.write_text("one")
    first = cache.digest_tree(tmp_path / "tree")
    (tmp_path / "tree/__pycache__").mkdir()
    (tmp_path / "tree/__pycache__/script.pyc").touch()
    assert cache.digest_tree(tmp_path / "tree") == first
    file.chmod(0o755)
    executable = cache.digest_tree(tmp_path / "tree")
    file.write_text("two")
    assert len({first, executable, cache.digest_tree(tmp_path / "tree")}) == 3


def test_a_read_only_folder_is_removed_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "module/below").mkdir(parents=True)
    (tmp_path / "module/below/file").touch()
    (tmp_path / "module/below").chmod(0o500)
    cache.remove(tmp_path / "module")
    assert not (tmp_path / "module").exists()


def test_a_failure_is_remembered_for_a_while() -> None:
    memo = cache.Memo("download", seconds=60)
    assert not memo.fresh()
    memo.set()
    assert memo.fresh()
    old = time.time() - 61
    os.utime(cache.root() / "memo/download", (old, old))
    assert not memo.fresh()


def test_shared_things_stay_while_a_lab_needs_them(root: Path) -> None:
    (root / "roots/bullseye").mkdir(parents=True)
    (root / "venv-1").mkdir()
    (root / "labs/other").mkdir(parents=True)
    assert cache.clear() == ["other"]
    assert (root / "roots/bullseye").exists()
    (root / "labs/other").rmdir()
    assert cache.clear() == []
    assert not (root / "roots").exists()
    assert (root / "venv-1").exists(), "it is the Python that runs"
