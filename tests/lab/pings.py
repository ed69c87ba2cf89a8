"""Pings that go on while something else happens, and what of them was lost."""

from __future__ import annotations

import re
import time
from itertools import count
from types import TracebackType

from lab.lab import Lab

_number = count()
_START = """
pid=$(docker inspect -f '{{.State.Pid}}' CONTAINER) || exit 1
nohup nsenter --target "$pid" --net ping -n -i EVERY TARGET >FILE 2>&1 </dev/null &
echo $! >FILE.pid
"""
_STOP = """
kill -INT "$(cat FILE.pid)"
until grep -q 'packets transmitted' FILE; do sleep 0.05; done
cat FILE
rm FILE FILE.pid
"""


def pinged6(lab: Lab, host: str, container: str, address: str, size: int = 56) -> bool:
    """Whether a container gets one answer from an IPv6 address. ``size``: of the data, in bytes."""
    ping = f"ping -6 -c 1 -W 2 -M do -s {size} {address}"
    return lab.ssh(host, f"docker exec {container} {ping}", check=False).returncode == 0


class Pings:
    """From a container to an address, from inside its network namespace, one every ``every`` seconds.

    with Pings(lab, "docker01", "web01", "172.16.1.2") as pings:
        ...
    assert pings.sent > 20 and pings.lost == []

    ``lost``: the numbers of those without an answer, from 1 on. Needs neither the daemon nor the
    container's programs; a container that is made anew loses all that follow.
    """

    def __init__(
        self, lab: Lab, host: str, container: str, target: str, *, every: float = 0.1
    ) -> None:
        self._lab, self._host = lab, host
        self._every = every
        self._words = {
            "CONTAINER": container, "TARGET": target, "EVERY": str(every),
            "FILE": f"/run/pings-{next(_number)}",
        }  # fmt: skip
        self.sent = 0
        self.lost: list[int] = []

    def _script(self, text: str) -> str:
        for word, value in self._words.items():
            text = text.replace(word, value)
        return text

    def __enter__(self) -> Pings:
        self._lab.ssh(self._host, self._script(_START))
        time.sleep(0.3)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: object, trace: TracebackType | None
    ) -> None:
        said = self._lab.ssh(self._host, self._script(_STOP), timeout=20).stdout
        found = re.search(r"(\d+) packets transmitted", said)
        assert found is not None, said
        self.sent = int(found[1])
        answered = {int(number) for number in re.findall(r"icmp_seq=(\d+) ttl=", said)}
        # The answer to the last one may still have been on its way.
        self.lost = sorted(set(range(1, self.sent)) - answered)

    @property
    def milliseconds(self) -> int:
        """For how long there was no answer, all times together."""
        return round(len(self.lost) * self._every * 1000)
