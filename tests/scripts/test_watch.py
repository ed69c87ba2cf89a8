"""watch.sh: what it makes of packets that come back, late or not, and that nothing of it stays."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.scripts import watcher

A, B = "a" * 64, "b" * 64
# Seconds ago, and milliseconds until it came back, None where it did not.
Packet = tuple[float, float | None]
pytestmark = pytest.mark.skipif(not os.access("/run", os.W_OK), reason="only root writes to /run")
# What stands for the host's programs. A container's process is whatever its file says.
PROGRAMS = {
    "docker": """
case $* in
*Networks*) for id; do [ -e "$HOST/$id" ] && echo "$id $(cat "$HOST/$id") ol1 172.16.1.2"; done ;;
*) for id; do :; done; cat "$HOST/$id" 2>/dev/null || echo "Error: No such container: $id" ;;
esac
""",
    "nsenter": 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"',
    "ping": 'echo "PING 172.16.1.3"; cat "$HOST/packets"; exec sleep 600',
    "perl": "echo 40001; exec sleep 600",
    "bash": 'echo "open $(date +%s)" >"$5"; exec sleep 600',
}


class Session:
    """watch.sh as the program on the controller talks with it."""

    def __init__(self, folder: Path, *ids: str) -> None:
        self.folder = folder
        (folder / "bin").mkdir()
        for name, text in PROGRAMS.items():
            program = folder / "bin" / name
            program.write_text(f"#!/bin/sh\n{text}\n")
            program.chmod(0o755)
        self.processes = {id_: subprocess.Popen(["sleep", "600"]) for id_ in ids}
        for id_, process in self.processes.items():
            (folder / id_).write_text(f"{process.pid}\n")
        self.replies([])
        self.watch = subprocess.Popen(
            ["sh", "-s", *ids], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            start_new_session=True,
            env={"PATH": f"{folder}/bin:{os.environ['PATH']}", "HOST": str(folder)},
        )  # fmt: skip
        self.say(watcher())

    def replies(self, packets: list[Packet]) -> None:
        """What `ping -D -O` prints of packets: seconds ago, and after how many milliseconds it came back."""
        now = time.time()
        sends = [(now - ago, number) for number, (ago, _) in enumerate(packets, 1)]
        lines = [
            (at + ms / 1000, f"64 bytes from 172.16.1.3: icmp_seq={number} ttl=64 time={ms} ms")
            for (at, number), (_, ms) in zip(sends, packets, strict=True)
            if ms is not None
        ]
        back = {
            number: at + ms / 1000
            for (at, number), (_, ms) in zip(sends, packets, strict=True)
            if ms is not None
        }
        lines += [
            (at, f"no answer yet for icmp_seq={number - 1}")
            for at, number in sends[1:]
            if back.get(number - 1, at + 1) > at
        ]
        (self.folder / "packets").write_text(
            "".join(f"[{at:.6f}] {said}\n" for at, said in sorted(lines) if at <= now)
        )

    def say(self, text: str) -> None:
        assert self.watch.stdin is not None
        self.watch.stdin.write(text)
        self.watch.stdin.flush()

    def until(self, last: str) -> list[str]:
        stdout = self.watch.stdout
        assert stdout is not None
        found = list(iter(lambda: stdout.readline().rstrip("\n"), last))
        assert len(found) < 100
        return found

    def begin(self) -> list[str]:
        found = self.until("listed")
        self.say(f"pair 0 {A} 172.16.1.3 40001\n\n")
        self.until("watching")
        time.sleep(0.3)
        return found

    def report(self) -> list[str]:
        self.say("report\n")
        return self.until("reported")

    def left(self) -> list[str]:
        """What still runs of it, and its folder."""
        ran = subprocess.run(
            ["ps", "-s", str(self.watch.pid), "-o", "args="], capture_output=True, text=True
        )
        return ran.stdout.splitlines()

    def end(self) -> None:
        if self.watch.stdin is not None:
            self.watch.stdin.close()
        self.watch.wait(10)
        for process in self.processes.values():
            process.kill()
            process.wait()


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    one = Session(tmp_path, A, B)
    yield one
    one.end()


def sent(begin: float, end: float, ms: float | None = 0.1, every: float = 0.1) -> list[Packet]:
    """Packets sent from some seconds ago on until fewer ago."""
    return [(begin - n * every, ms) for n in range(round((begin - end) / every))]


def test_containers_are_listed_with_their_addresses_and_a_server_each(session):
    assert session.begin() == [
        f"container {A} ol1 172.16.1.2 40001",
        f"container {B} ol1 172.16.1.2 40001",
    ]
    assert session.report() == [
        f"container {A} same",
        f"container {B} same",
        "pair 0 never 0 0 0 0 open",
    ]


@pytest.mark.parametrize(
    ("packets", "said"),
    [
        (sent(2, 0), "on 0 0 0"),
        # One that is lost is none, two that are lost are one.
        ([*sent(2, 1.1), *sent(1.1, 1, None), *sent(1, 0)], "on 0 0 0"),
        ([*sent(2, 1.1), *sent(1.1, 0.9, None), *sent(0.9, 0)], "on 1 200 200"),
        ([*sent(3, 2.5), *sent(2.5, 2, None), *sent(2, 1.5), *sent(1.5, 0.9, None), *sent(0.9, 0)], "on 2 1100 600"),
        # All came back, those sent within a second too late.
        ([*sent(3, 2), *((2 - n / 10, 1000 - 100 * n) for n in range(9)), *sent(1, 0)], "on 1 1000 1000"),
        # A long way: one that is late while others come back is none.
        (sent(3, 0, 350), "on 0 0 0"),
        # A sender that is not run sends nothing, and reads late what came.
        ([*sent(4, 3), *sent(1, 0)], "on 0 0 0"),
        (sent(4, 0, 250, every=0.3), "on 0 0 0"),
        ([*sent(4, 3), (3, None), (1.1, None), *sent(1, 0)], "on 1 200 200"),
        ([*sent(9, 8), *sent(2, 0)], "silent 0 0 0"),
        (sent(5, 4), "silent 0 0 0"),
        ([*sent(5, 4), *sent(4, 0, None)], "off 1 4"),
        (sent(2, 0, None), "never 0 0 0"),
        ([], "never 0 0 0"),
    ],
)  # fmt: skip
def test_packets_that_bring_nothing_back_are_an_interruption_and_those_that_were_not_sent_are_none(
    session, packets, said
):
    session.until("listed")
    session.replies(packets)
    session.say(f"pair 0 {A} 172.16.1.3 40001\n\n")
    session.until("watching")
    time.sleep(0.3)
    assert f"pair 0 {said}" in session.report()[2]


def test_a_container_that_runs_again_is_followed_and_one_that_is_gone_is_told(session):
    session.begin()
    for id_ in (A, B):
        session.processes[id_].kill()
        session.processes[id_].wait()
    session.processes[A] = subprocess.Popen(["sleep", "600"])
    (session.folder / A).write_text(f"{session.processes[A].pid}\n")
    (session.folder / B).unlink()
    session.replies(sent(1, 0))
    time.sleep(1)
    assert session.report() == [
        f"container {A} restarted",
        f"container {B} gone",
        "pair 0 on 0 0 0 0 closed",
    ]


@pytest.mark.parametrize("how", ["its connection ends", "it is terminated"])
def test_nothing_of_it_stays(session, how):
    session.begin()
    assert len(session.left()) > 5
    folders = set(Path("/run").glob("crosshost-watch.*"))
    if how == "it is terminated":
        session.watch.terminate()
    session.end()
    for _ in range(20):
        if not session.left():
            break
        time.sleep(0.1)
    assert session.left() == []
    assert not any(folder.exists() for folder in folders)


def test_a_line_that_is_no_pair_is_nothing_to_it(session):
    session.until("listed")
    session.say(f"pair 0 {A} 172.16.1.3;reboot 40001\npair $(id) {A} 172.16.1.3 -\n\n")
    session.until("watching")
    assert not [line for line in session.report() if line.startswith("pair")]
