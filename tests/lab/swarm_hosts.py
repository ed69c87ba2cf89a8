"""The three hosts of lab-swarm, and what tests ask of them."""

from __future__ import annotations

from functools import partial
from itertools import product

from tests.lab.waiting import wait

HOSTS = ("docker03", "docker04", "docker05")
WEBS = {"web01": "docker03", "web02": "docker04", "web03": "docker05"}


def pings(lab, source, target):
    ping = f"docker exec {source} ping -c 1 -W 2 {target}"
    return lab.ssh(WEBS[source], ping, check=False).returncode == 0


def all_reach_each_other(lab):
    for source, target in product(WEBS, WEBS):
        wait(partial(pings, lab, source, target), 20)


def nodes(lab, manager="docker03"):
    """Hostname -> (status, manager status) of every entry of the list."""
    form = "{{.Hostname}} {{.Status}} {{.ManagerStatus}}"
    rows = lab.ssh(manager, f"docker node ls --format '{form}'").stdout.splitlines()
    split = [row.split(" ") for row in rows]
    assert len({row[0] for row in split}) == len(split), rows
    return {name: (status, "".join(more)) for name, status, *more in split}


def pids(lab):
    form = "docker inspect -f {{.State.Pid}} "
    return {web: lab.ssh(host, form + web).stdout for web, host in WEBS.items()}
