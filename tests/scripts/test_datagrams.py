"""datagrams.sh between network namespaces with a router in between, by perl and by python3."""

from __future__ import annotations

import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from planning import datagrams
from planning.fleet_facts import UdpPath

ADDRESSES = {"one": "10.90.1.2", "two": "10.90.2.2"}
WAYS = [UdpPath("one", "two", 4789), UdpPath("two", "one", 4789)]
_number = count()


def ip(*words):
    subprocess.run(["ip", *words], check=True)


@pytest.fixture
def spaces():
    """Host -> its namespace; "router" is between them."""
    made = {name: f"dg{os.getpid()}-{next(_number)}" for name in ("one", "two", "router")}
    try:
        for space in made.values():
            ip("netns", "add", space)
        for number, host in enumerate(ADDRESSES, 1):
            router, nic = made["router"], f"to{number}"
            ip(
                "-n",
                made[host],
                "link",
                "add",
                "eth0",
                "type",
                "veth",
                "peer",
                nic,
                "netns",
                router,
            )
            ip("-n", made[host], "address", "add", f"10.90.{number}.2/24", "dev", "eth0")
            ip("-n", router, "address", "add", f"10.90.{number}.1/24", "dev", nic)
            ip("-n", made[host], "link", "set", "eth0", "up")
            ip("-n", router, "link", "set", nic, "up")
            ip("-n", made[host], "route", "add", "default", "via", f"10.90.{number}.1")
        forward = "echo 1 >/proc/sys/net/ipv4/ip_forward"
        ip("netns", "exec", made["router"], "sh", "-c", forward)
        yield made
    finally:
        for space in made.values():
            subprocess.run(["ip", "netns", "delete", space], check=False)


def without_perl(tmp_path):
    """A PATH on which there is no perl."""
    for tool in ("python3", "sh"):
        found = subprocess.run(["which", "-a", tool], capture_output=True, text=True, check=True)
        (tmp_path / tool).symlink_to(found.stdout.splitlines()[-1])
    return str(tmp_path)


def told(spaces, paths):
    """Host -> its answer; both are asked at once."""

    def one(host, way):
        text = datagrams.question(host, [way], ADDRESSES, "ab12") + "wait\nuptime end\n"
        began = time.monotonic()
        done = subprocess.run(
            ["ip", "netns", "exec", spaces[host], "env", f"PATH={paths[host]}", "/bin/sh", "-s"],
            input=text,
            capture_output=True,
            text=True,
            check=True,
        )
        return datagrams.understood(done.stdout, (began, time.monotonic()))

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(ADDRESSES, pool.map(one, ADDRESSES, WAYS), strict=True))


@pytest.fixture(params=["perl", "python3", "both"])
def paths(request, tmp_path):
    usual, other = os.environ["PATH"], without_perl(tmp_path)
    one, two = {"perl": (usual, usual), "python3": (other, other), "both": (usual, other)}[
        request.param
    ]
    return {"one": one, "two": two}


def test_datagrams_that_come_end_it_at_once(spaces, paths):
    answers = told(spaces, paths)
    assert list(datagrams.lost(WAYS, list(ADDRESSES), answers)) == []
    for answer in answers.values():
        assert answer.capture[1] - answer.capture[0] < datagrams.SECONDS
        [(left, came)] = answer.ports.values()
        assert left > 0
        assert came > 0


def test_what_the_router_drops_is_lost(spaces, paths):
    ip("-n", spaces["router"], "rule", "add", "iif", "to1", "ipproto", "udp", "dport", "4789", "blackhole")  # fmt: skip
    answers = told(spaces, paths)
    assert list(datagrams.lost(WAYS, list(ADDRESSES), answers)) == [WAYS[0]]


def test_what_a_host_itself_keeps_in_is_not_lost(spaces, paths):
    ip("-n", spaces["one"], "route", "add", "blackhole", "10.90.2.2")
    answers = told(spaces, paths)
    assert list(datagrams.lost(WAYS, list(ADDRESSES), answers)) == []
