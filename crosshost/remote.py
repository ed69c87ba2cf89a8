"""Commands on a stack's hosts, by the ssh_config that its last preview or up wrote."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from components.preflight import reach
from components.processes import run
from components.ssh import JUMP
from crosshost.writing import progress

SECONDS = 30
_LIMIT = 4 << 20
T = TypeVar("T")


@dataclass(frozen=True)
class Done:
    """How a command on a host ended. ``code``: 255 is ssh's own, None where it took too long."""

    code: int | None
    out: str
    err: str


class Remote:
    """SSH to a stack's hosts. ``hosts``: name -> address, port and user, as the state has them."""

    def __init__(self, config: str, hosts: Mapping[str, Mapping[str, Any]]) -> None:
        self._config = config
        self._hosts = hosts
        self._jumps = f"Host {JUMP}\n" in Path(config).read_text()

    def run(self, host: str, command: str) -> Done:
        """Run a shell command on a host, for SECONDS at most."""
        # A host that the stack file has lost already is not in the ssh_config.
        where = self._hosts[host]
        options = ["-o", f"HostName={where['address']}", "-o", f"Port={int(where['port'])}"]
        if self._jumps:
            options += ["-o", f"ProxyJump={JUMP}"]
        argv = ["ssh", "-F", self._config, *options, "-T", f"{where['user']}@{host}", command]
        ended = run(argv, stdin=b"", seconds=SECONDS, limit=_LIMIT)
        err = f"more than {_LIMIT >> 20} MB printed" if ended.why == "size" else _text(ended.err)
        return Done(ended.code, _text(ended.out), err)

    def on_all(self, do: Callable[[str], T]) -> dict[str, T]:
        """Host -> what ``do`` gives for it, all hosts at once."""
        count = len(self._hosts)
        with progress(f"asking {count} hosts"), ThreadPoolExecutor(max(1, count)) as pool:
            return dict(zip(self._hosts, pool.map(do, self._hosts), strict=True))

    def silence(self, host: str) -> str | None:
        """Why ssh gets no answer from a host, None where it gets one, whatever it says."""
        done = self.run(host, ":")
        if done.code is None:
            return f"no answer within {SECONDS} s"
        return reach.silence(done.err) if done.code == 255 else None


def _text(printed: bytes) -> str:
    return printed.decode(errors="replace")
