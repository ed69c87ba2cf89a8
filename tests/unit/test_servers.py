"""Servers that transfers are made with: where there is none, or none any more, a transfer says nothing."""

from __future__ import annotations

import contextlib
import time

import pytest

from components.reachability.servers import Servers
from planning.reachability.probes import Probe
from planning.reachability.results import Result

TRANSFER = Probe("transfer", "ol1", "web01", "h1", "web02", "h2", "172.16.1.3", "", True)
PING = Probe("ping", "ol1", "web01", "h1", "web02", "h2", "172.16.1.3", "", True)
NO = Result(TRANSFER, "no", None, "no connection: refused")


@pytest.fixture
def started():
    """Servers of h2 by a program that stands for its session."""
    with contextlib.ExitStack() as stack:

        def start(program: str) -> Servers:
            servers = Servers()
            place = ("h2", "web02", "172.16.1.3")
            servers.start("h2", ["sh", "-c", f"read -r _; {program}"], [place], stack)
            return servers

        yield start


def test_a_transfer_with_a_server_that_runs_is_what_it_is(started):
    servers = started("echo 0 port 4000; echo ready; cat >/dev/null")
    assert servers.port(TRANSFER) == "4000"
    assert servers.ended() == set()
    assert servers.doubted(NO, servers.ended()) is NO


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("echo 0 unknown its container does not run; echo ready", "its container does not run"),
        ("echo ready", "h2 started no server for it"),
        ("exit 255", "h2 started no server for it"),
    ],
)
def test_where_there_is_no_server_it_is_not_known_and_says_why(started, program, why):
    servers = started(program)
    assert servers.port(TRANSFER) == "none"
    told = servers.doubted(Result(TRANSFER, "unknown", None, "no server"), set())
    assert (told.observed, told.why) == ("unknown", why)


def test_a_server_whose_session_ended_refuses_for_no_fault_of_the_network(started):
    servers = started("echo 0 port 4000; echo ready")
    until = time.monotonic() + 5
    while not servers.ended() and time.monotonic() < until:
        time.sleep(0.01)
    told = servers.doubted(NO, servers.ended())
    assert (told.observed, told.why) == (
        "unknown",
        "the session with h2 that held its server ended",
    )
    held = Result(TRANSFER, "yes", 3.0)
    assert servers.doubted(held, servers.ended()) is held
    ping = Result(PING, "no", None, "no answer")
    assert servers.doubted(ping, servers.ended()) is ping
