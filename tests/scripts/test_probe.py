"""probe.sh: yes, no, or not known, by what the host's own programs and kernel say."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "components" / "scripts"
BYTES = 262144
IP = """case $* in
*route*) echo "$4 dev eth0 src 10.0.0.9 uid 0" ;;
*) echo "2: eth0@if5: <UP> mtu 1500 qdisc noqueue" ;;
esac"""
ANSWERS = "echo '64 bytes from 10.0.0.1: icmp_seq=1 ttl=64 time=0.042 ms'"
SILENT = "echo '1 packets transmitted, 0 received'; exit 1"
# A time-out strikes soon, and one of a program that never came to run.
SOON = 'shift; exec /usr/bin/timeout 1 "$@"'
BUSY = "exit 124"


@pytest.fixture
def probed(tmp_path):
    """Asks one probe of this host; its promise is to come about within a time that is over."""

    def ask(
        kind: str, target: str, more: str, want: str, before: tuple[str, ...] = (), **programs: str
    ) -> str:
        for name, text in {"sleep": "", "ip": IP, **programs}.items():
            program = tmp_path / name
            program.write_text(f"#!/bin/sh\necho {name} >>{tmp_path}/log\n{text}\n")
            program.chmod(0o755)
        done = subprocess.run(
            [*before, "sh", str(SCRIPTS / "probe.sh"), "all", f"0,{kind},{target},{more},{want}"],
            capture_output=True, text=True, check=True,
            env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "END": "0"},
        )  # fmt: skip
        number, outcome, _, *why = done.stdout.rstrip("\n").split(" ")
        assert number == "0"
        return " ".join([outcome, *why]).rstrip()

    return ask


def ran(folder: Path, program: str) -> int:
    return (folder / "log").read_text().split().count(program)


@contextmanager
def server(serve: Callable[[socket.socket], object]) -> Iterator[str]:
    """The port of a server on this host."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def run() -> None:
            while True:
                try:
                    client, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=serve, args=(client,), daemon=True).start()

        threading.Thread(target=run, daemon=True).start()
        yield str(listening.getsockname()[1])
        listening.shutdown(socket.SHUT_RDWR)


def takes(client: socket.socket, size: int = BYTES) -> None:
    while size:
        size -= len(client.recv(size))


def answers(client: socket.socket) -> None:
    takes(client)
    client.sendall(b"0" * (BYTES - 4) + b"done")
    client.close()


def breaks_off(client: socket.socket) -> None:
    takes(client)
    client.sendall(b"0" * 1000)
    client.close()


HELD: list[socket.socket] = []


def holds(client: socket.socket) -> None:
    takes(client)
    HELD.append(client)


def test_a_ping_that_is_answered_is_a_yes_with_its_time(probed, tmp_path):
    assert probed("ping", "10.0.0.1", "-", "yes", ping=ANSWERS) == "yes"
    assert ran(tmp_path, "ping") == 1


def test_a_promise_is_broken_after_a_second_chance_of_several_packets(probed, tmp_path):
    assert probed(
        "ping", "10.0.0.1", "-", "yes", ping=f'echo "$*" >>{tmp_path}/words; {SILENT}'
    ) == ("no no answer")
    first, second = (tmp_path / "words").read_text().splitlines()
    assert first.startswith("-c 1 ")
    assert second.startswith("-c 3 ")
    assert "-W 3" in second


def test_a_denial_takes_more_than_one_packet(probed, tmp_path):
    words = f'echo "$*" >>{tmp_path}/words; {SILENT}'
    assert probed("ping", "10.0.0.1", "-", "no", ping=words) == "no no answer"
    assert (tmp_path / "words").read_text().startswith("-c 3 ")


def test_a_connection_that_was_never_tried_is_not_known(probed):
    assert probed("tcp", "127.0.0.1", "9", "yes", timeout=BUSY) == (
        "unknown the host is too busy to try it"
    )


def test_a_port_that_refuses_is_an_answer(probed):
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = str(unused.getsockname()[1])
    assert probed("tcp", "127.0.0.1", port, "yes") == "yes refused"
    assert probed("port", "127.0.0.1", port, "no") == "no refused"


def test_a_transfer_that_comes_back_is_a_yes(probed):
    with server(answers) as port:
        assert probed("transfer", "127.0.0.1", port, "yes") == "yes"


@pytest.mark.parametrize("serve", [HELD.append, holds])
def test_a_server_that_is_slow_is_not_a_lost_packet(probed, serve):
    with server(serve) as port:
        assert probed("transfer", "127.0.0.1", port, "yes", timeout=SOON, ping=ANSWERS) == (
            "unknown it connects, and what is sent takes more than 8 s"
        )


def test_a_transfer_that_stands_still_where_large_packets_get_lost_is_a_no(probed):
    with server(HELD.append) as port:
        assert probed("transfer", "127.0.0.1", port, "yes", timeout=SOON, ping=SILENT) == (
            "no it connects, and large packets get lost"
        )


def test_a_transfer_that_breaks_off_is_a_no(probed):
    with server(breaks_off) as port:
        assert probed("transfer", "127.0.0.1", port, "yes") == "no it breaks off"


# Its network goes away when somebody connects.
LOST = """
import os, signal, socket, subprocess, sys
server = socket.create_server(("127.0.0.1", 4000))
if os.fork() == 0:
    os.closerange(1, 3)
    signal.alarm(20)
    held = server.accept()
    subprocess.run(["/sbin/ip", "link", "set", "lo", "down"])
    signal.pause()
os.execvp(sys.argv[1], sys.argv[1:])
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes network namespaces")
def test_what_the_kernel_sends_again_and_again_is_lost_though_pings_arrive(probed):
    before = (
        "unshare", "--net", "--kill-child", "--fork", "sh", "-c", 'ip link set lo up && exec python3 -c "$0" "$@"', LOST,
    )  # fmt: skip
    programs = {"ip": 'exec /sbin/ip "$@"', "ping": ANSWERS, "timeout": SOON.replace("1", "2.5")}
    assert probed("transfer", "127.0.0.1", "4000", "no", before, **programs) == (
        "no it connects, and large packets get lost"
    )


@pytest.mark.parametrize(
    ("getent", "serves", "said"),
    [
        ("echo '10.0.0.1      STREAM web'", "exit 1", "yes"),
        ("echo '10.0.0.7      STREAM web'", "exit 1", "no it is 10.0.0.7"),
        ("exit 2", "exit 0", "no no such name"),
        ("exit 2", "exit 124", "no no name server answers"),
        ("exit 124", "exit 124", "no no name server answers"),
        ("exit 124", "exit 0", "unknown its name servers take more than 12 s"),
    ],
)
def test_a_name_is_not_known_where_its_servers_answer_too_late(probed, getent, serves, said):
    timeout = f"case $* in *getent*) {getent} ;; *) {serves} ;; esac"
    servers = 'case $* in *nameserver*) echo 10.0.0.3 ;; *) exec /usr/bin/sed "$@" ;; esac'
    assert probed("name", "10.0.0.1", "web", "yes", timeout=timeout, sed=servers) == said


def test_a_name_is_asked_for_as_long_as_resolvers_wait(probed, tmp_path):
    probed("name", "10.0.0.1", "web", "yes", getent=f"echo $RES_OPTIONS >>{tmp_path}/waits; exit 2")
    assert (tmp_path / "waits").read_text() == "timeout:3 attempts:1\ntimeout:5 attempts:2\n"
