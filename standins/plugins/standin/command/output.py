"""Running a process: its two outputs, their mix, and their lines for the log."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from ..errors import PluginError

_LONGEST_LINE: Final = 64 * 1024

_SURELY_MISSED: Final = 2 * 1024 * 1024
"""Stdin that a command did not read: the official plugin fails for sure from this size on."""


@dataclass(frozen=True)
class Output:
    """What a finished process left."""

    code: int
    stdout: str
    stderr: str
    mixed: str
    stdin_unread: bool


class LineTooLong(PluginError):
    """A logged line that the official plugin would hang on."""

    def __init__(self, stream: str) -> None:
        super().__init__(
            f"a line of more than {_LONGEST_LINE} characters in {stream} hangs the official "
            "plugin for ever: leave this stream out by `logging`"
        )


class _Lines:
    """Cuts a stream into lines and sends them to the log."""

    def __init__(self, send: Callable[[str], None] | None, stream: str) -> None:
        self._send = send
        self._stream = stream
        self._rest = b""
        self.too_long = False

    def feed(self, data: bytes) -> None:
        if self._send is None:
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._line(line)
        if len(self._rest) > _LONGEST_LINE:
            self.too_long = True

    def end(self) -> None:
        if self._send is not None and self._rest:
            self._line(self._rest)

    def _line(self, line: bytes) -> None:
        if len(line) > _LONGEST_LINE:
            self.too_long = True
        elif self._send is not None:
            self._send(line.removesuffix(b"\r").decode(errors="replace"))

    def check(self) -> None:
        if self.too_long:
            raise LineTooLong(self._stream)


def loggers(
    logging: str | None, send: Callable[[str, str], None]
) -> dict[str, Callable[[str], None] | None]:
    """Which streams go to the engine's log."""
    wanted = {
        None: ("stdout", "stderr"),
        "stdoutAndStderr": ("stdout", "stderr"),
        "stdout": ("stdout",),
        "stderr": ("stderr",),
    }.get(logging, ())
    return {
        name: (lambda line: send("info", line)) if name in wanted else None
        for name in ("stdout", "stderr")
    }


def run(
    command: list[str],
    stdin: str | bytes | None,
    log: Mapping[str, Callable[[str], None] | None],
    *,
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
) -> Output:
    """Run to the end, feeding stdin and reading both outputs as they come."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=None if env is None else dict(env),
        cwd=cwd,
    )
    unread = threading.Event()
    if stdin is not None:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        threading.Thread(target=_feed, args=(process, data, unread), daemon=True).start()
    streams = {"stdout": process.stdout, "stderr": process.stderr}
    kept: dict[str, list[bytes]] = {"stdout": [], "stderr": [], "mixed": []}
    lines = {name: _Lines(log[name], name) for name in streams}
    with selectors.DefaultSelector() as selector:
        for name, stream in streams.items():
            assert stream is not None
            selector.register(stream, selectors.EVENT_READ, name)
        while selector.get_map():
            for key, _ in selector.select():
                data = os.read(key.fd, 65536)
                if not data:
                    selector.unregister(key.fileobj)
                    continue
                kept[key.data].append(data)
                kept["mixed"].append(data)
                lines[key.data].feed(data)
    code = process.wait()
    for stream in streams.values():
        assert stream is not None
        stream.close()
    for name in streams:
        lines[name].end()
        lines[name].check()
    out, err, mixed = (_text(b"".join(kept[name])) for name in ("stdout", "stderr", "mixed"))
    return Output(code, _trimmed(out), _trimmed(err), mixed, unread.is_set())


def _feed(process: subprocess.Popen[bytes], data: bytes, unread: threading.Event) -> None:
    assert process.stdin is not None
    try:
        process.stdin.write(data)
        process.stdin.close()
    except BrokenPipeError:
        if len(data) > _SURELY_MISSED:
            unread.set()


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        text = "grpc: error while marshaling: string field contains invalid UTF-8"
        raise PluginError(text, "INTERNAL") from None


def _trimmed(text: str) -> str:
    return text.removesuffix("\n")


def failure(what: str, command: str, output: str) -> PluginError:
    """The error of a command that failed."""
    return PluginError(f"{what}: running {json.dumps(command, ensure_ascii=False)}:\n{output}")
