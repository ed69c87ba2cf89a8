"""Programs whose answer is not trusted are stopped in time, and before they fill the memory."""

from __future__ import annotations

import time

from components import processes


def run(script: str, **more):
    given = {"stdin": b"", "seconds": 10.0, "limit": 1000, **more}
    return processes.run(["sh", "-c", script], **given)


def test_what_a_program_prints_and_its_exit_code_come_back():
    ended = run("cat; echo oh >&2; exit 3", stdin=b"hello")
    assert (ended.code, ended.out, ended.err, ended.why) == (3, b"hello", b"oh\n", "")


def test_a_program_that_never_ends_is_stopped_in_time():
    began = time.monotonic()
    ended = run("echo begun; exec sleep 60", seconds=0.5)
    assert (ended.code, ended.out, ended.why) == (None, b"begun\n", "time")
    assert time.monotonic() - began < 5


def test_a_program_that_closes_its_outputs_and_goes_on_is_stopped_too():
    assert run("exec >&- 2>&-; exec sleep 60", seconds=0.5).why == "time"


def test_no_more_is_read_than_the_limit():
    for stream in ("", ">&2"):
        ended = run(f"cat /dev/zero {stream}", limit=100_000)
        assert ended.why == "size"
        assert len(ended.out + ended.err) < 300_000


def test_a_program_that_reads_nothing_does_not_hold_up_who_writes_to_it():
    assert run("exit 4", stdin=b"x" * 1_000_000).code == 4


def test_more_than_a_pipe_holds_goes_through():
    ended = run("cat", stdin=b"x" * 300_000, limit=400_000)
    assert len(ended.out) == 300_000


def test_stdin_stays_open_until_the_end_is_there():
    script = "read line; echo $line; read more || echo closed"
    assert run(script, stdin=b"end\n", until=b"end\n").out == b"end\nclosed\n"
    waits = run("read line; read more; echo closed", stdin=b"begin\n", until=b"end\n", seconds=0.5)
    assert (waits.out, waits.why) == (b"", "time")
