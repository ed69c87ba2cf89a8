"""What tests ask of an up that holds pairs of containers to each other."""

from __future__ import annotations

import re

from tests.lab.proofs import rows
from tests.lab.waiting import wait

HOSTS = ("docker01", "docker02")
FOLDER = "/run/crosshost-watch.*"


def told(stack):
    """(from, to) -> row of what was held."""
    return {(r["from"], r["to"]): r for r in rows(stack) if r["kind"] == "uninterrupted"}


def lost(said):
    """The milliseconds that web01 and web02 lost, as an up says it."""
    pair = "web01 on docker01 and web02 on docker02 did not reach each other on ol1"
    found = re.search(rf"{pair} for (\d+) ms", said)
    assert found is not None, said
    return int(found[1])


def left(lab, host):
    """What a watch has on a host: its folders, and pings."""
    return lab.ssh(host, f"ls -d {FOLDER}; pgrep -x ping", check=False).stdout.split()


def nothing_is_left(lab, hosts=HOSTS):
    wait(lambda: not any(left(lab, host) for host in hosts), 10)


def another(stack, name="web"):
    """The container of that name is to be made anew."""
    environment = stack.config["containers"][name].setdefault("environment", {})
    environment["N"] = str(int(environment.get("N", 0)) + 1)
    stack.write()


def begin(lab, stack):
    """An up that watches docker01's containers by now."""
    run = stack.start("up", "--yes", "--skip-preview")
    lab.ssh("docker01", "until pgrep -x ping >/dev/null; do sleep 0.05; done")
    return run
