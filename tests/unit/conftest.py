"""What several files of unit tests need."""

from __future__ import annotations

from pathlib import Path

import pulumi
import pytest

from tests.unit.fleet import put_key


@pytest.fixture
def key_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The private key that the lab's stack files name."""
    put_key(monkeypatch, tmp_path)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the program says, with its level."""
    lines: list[str] = []
    for level in ("info", "warn"):
        monkeypatch.setattr(
            pulumi.log, level, lambda text, *_, level=level, **__: lines.append(f"{level} {text}")
        )
    return lines
