"""How long a swarm takes, on hosts with Docker 28: lab/python -m lab.bench_swarm

Three hosts from nothing but Docker to the first ping by name across all of them, beside the same by
hand over SSH; then how long each step takes, and the join of many hosts beside that of one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Annotated, Any

import typer
import yaml
from rich.console import Console

from lab.keys import host_key
from lab.lab import CHECKOUT, Lab
from lab.progress import say
from lab.timing import Timing, pulumi

HOSTS = ("docker03", "docker04", "docker05")
STACK = "lab-swarm"
UP = ("up", "--yes", "--skip-preview")
DESTROY = ("destroy", "--yes", "--skip-preview")
MANY = "bench-join"
_STEP = re.compile(r"([\w:]+) (\S+)@(\S+) (?:created|deleted) \(([\d.]+)s\)")


class Bench:
    """Steps on the hosts of lab-swarm."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.timing = Timing()

    def first_up(self) -> None:
        text = pulumi(STACK, *UP)
        self.ping()
        for (name, _), seconds in {(n, h): s for _, n, h, s in _STEP.findall(text)}.items():
            self.timing.add(f"  {name}", float(seconds))

    def ping(self, names: Sequence[str] = ("web02", "web03")) -> None:
        """Until the first answer of each."""
        for name in names:
            loop = f"until docker exec web01 ping -c 1 -W 1 {name} >/dev/null 2>&1; do :; done"
            self.lab.ssh(HOSTS[0], loop)

    def by_hand(self) -> None:
        lab, first = self.lab, HOSTS[0]
        lab.ssh(first, f"docker swarm init --advertise-addr {lab.address(first)}")
        token = lab.ssh(first, "docker swarm join-token -q worker").stdout.strip()
        each(
            HOSTS[1:],
            lambda h: lab.ssh(h, f"docker swarm join --token {token} {lab.address(first)}:2377"),
        )
        lab.ssh(first, "docker network create -d overlay --attachable --subnet 172.16.1.0/24 ol1")
        names = dict(zip(HOSTS, ("web01", "web02", "web03"), strict=True))
        run = "docker run -d --network ol1 --name {} centos_ssh:v2"
        each(HOSTS, lambda host: lab.ssh(host, run.format(names[host])))
        self.ping()

    def undo_by_hand(self) -> None:
        each(HOSTS, lambda h: self.lab.ssh(h, "docker rm -f $(docker ps -aq)"))
        undo = "docker swarm leave --force; docker network rm docker_gwbridge"
        self.lab.ssh(HOSTS[0], "until docker network rm ol1 2>/dev/null; do sleep 0.1; done")
        each(HOSTS[1:], lambda h: self.lab.ssh(h, undo))
        self.lab.ssh(HOSTS[0], undo)

    def round(self) -> None:
        self.timing.timed("up, to the first ping by name", self.first_up)
        self.timing.timed("up without changes", lambda: pulumi(STACK, *UP))
        self.timing.timed("preview", lambda: pulumi(STACK, "preview"))
        self.timing.timed("destroy", lambda: pulumi(STACK, *DESTROY))
        self.timing.timed("up, to the first ping by name, by hand", self.by_hand)
        self.timing.timed("destroy, by hand", self.undo_by_hand)


def each(hosts: Sequence[str], step: Callable[[str], Any]) -> None:
    """A step on several hosts at once."""
    with ThreadPoolExecutor(len(hosts)) as pool:
        list(pool.map(step, hosts))


@contextmanager
def many_hosts(lab: Lab, count: int) -> Iterator[None]:
    """A stack of one manager and ``count`` workers with Docker 28, no containers."""
    lab.up_numbered({20 + number: "forky" for number in range(count + 1)})
    whole = yaml.safe_load((CHECKOUT / "stacks" / f"Pulumi.{STACK}.yaml").read_text())
    config = whole["config"]
    names = [f"docker{20 + number}" for number in range(count + 1)]
    config["crosshost:hosts"] = {
        name: {"address": lab.address(name), "host_key": host_key(name)} for name in names
    }
    config["crosshost:swarm"] = {"managers": names[:1]}
    del config["crosshost:containers"]
    file = CHECKOUT / "stacks" / f"Pulumi.{MANY}.yaml"
    file.write_text(yaml.safe_dump(whole))
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def joins(bench: Bench, count: int) -> list[float]:
    """Seconds of each of ``count`` hosts that join at once."""
    with many_hosts(bench.lab, count):
        text = pulumi(MANY, *UP)
        pulumi(MANY, *DESTROY)
        pulumi(MANY, "stack", "rm", "--yes")
    # A line is printed again for each message that its resource has.
    found = {h: float(s) for _, name, h, s in _STEP.findall(text) if name == "swarm"}
    del found["docker20"]
    return sorted(found.values())


def main(
    runs: Annotated[int, typer.Option(help="rounds, the first not counted")] = 3,
    many: Annotated[int, typer.Option(help="hosts that join at once")] = 10,
) -> None:
    """Print medians and ratios."""
    os.environ["CROSSHOST_LAB_NAME"] = "bench-swarm"
    lab = Lab.for_checkout()
    lab.up_for(STACK)
    try:
        _measure(lab, runs, many)
    finally:
        lab.clean()


def _measure(lab: Lab, runs: int, many: int) -> None:
    bench = Bench(lab)
    for number in range(runs + 1):
        say(f"round {number} of {runs}" + (" (not counted)" if number == 0 else ""))
        each(HOSTS, lambda host: lab.ssh(host, "docker pull -q centos_ssh:v2"))
        bench.round()
        if number == 0:
            bench.timing = Timing()
    Console().print(bench.timing.table())
    one, all_ = joins(bench, 1), joins(bench, many)
    print(
        f"one host joins: {one[0]:.2f} s; {many} at once: the slowest {all_[-1]:.2f} s, in sum {sum(all_):.1f} s"
    )


if __name__ == "__main__":
    typer.run(main)
