"""Files of the machine that runs pulumi that a stack file names."""

from __future__ import annotations

from pathlib import Path

MOST_BYTES = 1 << 20


class MissingFileError(ValueError):
    """There is no such file."""


def content(base: Path, written: str, most: int = MOST_BYTES) -> bytes:
    """What is in a file; ``base``: what its path is from. ValueError, a sentence, where it cannot be read."""
    file = path(base, written)
    try:
        if not file.exists():
            raise MissingFileError("cannot be read: there is no such file")
        if not file.is_file():
            raise ValueError("cannot be read: it is no plain file")
        with file.open("rb") as opened:
            data = opened.read(most + 1)
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from None
    if len(data) > most:
        raise ValueError(f"is larger than {most >> 10} KiB")
    return data


def path(base: Path, written: str) -> Path:
    """The path that is written, ``~`` filled in; ValueError where it is none."""
    if not written or not written.isprintable():
        raise ValueError("is no path of a file")
    try:
        return base / Path(written).expanduser()
    except RuntimeError:
        raise ValueError("cannot be read: there is no such user, so `~` means nothing") from None
