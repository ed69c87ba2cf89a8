"""How long things take: crosshost beside the same done by hand, on the same hosts in one run.

lab/python -m lab.bench [--runs N]
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

import typer
from rich.console import Console

from lab.lab import Lab
from lab.progress import say
from lab.timing import Timing, pulumi

UP = ("up", "--yes", "--skip-preview")
MACVLAN = (
    "ip link set ens33 promisc on; docker network create --driver macvlan --subnet 10.0.0.0/24 "
    "--gateway 10.0.0.2 -o parent=ens33 macvlan_1"
)
CONSUL = (
    "docker run -d -p 8500:8500 --restart=always -h consul --name consul consul:1.8.7 agent -server "
    "-bootstrap-expect=1 -data-dir=/data -advertise=127.0.0.1 -client=0.0.0.0 -ui; until docker exec "
    "consul consul kv get -keys docker/ >/dev/null 2>&1; do sleep 0.1; done"
)
STORE = (
    "cp -p /etc/docker/daemon.json /root/daemon.json; cat >/etc/docker/daemon.json; "
    "systemctl reload docker; until docker info 2>/dev/null | grep -q 'Cluster Store'; do sleep 0.1; "
    "done; until ss -ltn | grep -q :7946; do sleep 0.1; done"
)
UNSTORE = (
    "docker network rm ol1 2>/dev/null; mv /root/daemon.json /etc/docker/daemon.json; "
    "systemctl restart docker; docker network rm docker_gwbridge"
)


class Bench:
    """Steps on the lab's first two hosts."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.timing = Timing()

    def both(self, command: str, stdin: Callable[[int], str | None] = lambda _: None) -> None:
        """A command on both hosts at once; ``stdin`` of the host's number."""
        with ThreadPoolExecutor() as pool:
            list(
                pool.map(
                    lambda n: self.lab.ssh(f"docker0{n}", command, input=stdin(n), check=False),
                    (1, 2),
                )
            )

    def ping(self, container: str, target: str) -> None:
        """Until the first answer."""
        loop = f"until docker exec {container} ping -c 1 -W 1 {target} >/dev/null 2>&1; do :; done"
        self.lab.ssh("docker01", loop)

    def macvlan_by_hand(self) -> None:
        self.both(MACVLAN)
        for n, ip in ((1, "100"), (2, "200")):
            run = f"docker run -d --name ssh0{n} --network macvlan_1 --ip 10.0.0.{ip} centos_ssh:v2"
            self.lab.ssh(f"docker0{n}", run)
        self.ping("ssh01", "10.0.0.200")

    def overlay_by_hand(self) -> None:
        self.lab.ssh("docker01", CONSUL)
        self.both(
            STORE,
            lambda n: (
                '{"registry-mirrors": ["http://10.0.0.2:5000"], "cluster-store": '
                f'"consul://10.0.0.11:8500", "cluster-advertise": "10.0.0.1{n}:0"}}'
            ),
        )
        create = "docker network create -d overlay --subnet 172.16.1.0/24 ol1"
        self.lab.ssh("docker01", create)
        self.both("docker run -d --name web-$(hostname) --network ol1 centos_ssh:v2")
        self.ping("web-docker01", "web-docker02")

    def round(self) -> None:
        """One run of everything, from hosts that run only Docker to hosts that run only Docker."""
        for stack, container, target in (
            ("lab-macvlan", "ssh01", "10.0.0.200"),
            ("lab-overlay", "web01", "web02"),
        ):
            name = stack.removeprefix("lab-")

            def first(stack: str = stack, container: str = container, target: str = target) -> None:
                pulumi(stack, *UP)
                self.ping(container, target)

            self.timing.timed(f"{name}: up, to the first ping", first)
            self.timing.timed(f"{name}: up without changes", lambda s=stack: pulumi(s, *UP))  # type: ignore[misc]
            self.timing.timed(f"{name}: preview", lambda s=stack: pulumi(s, "preview"))  # type: ignore[misc]
            self.timing.timed(
                f"{name}: destroy",
                lambda s=stack: pulumi(s, "destroy", "--yes", "--skip-preview"),  # type: ignore[misc]
            )
        self.timing.timed("macvlan: up, to the first ping, by hand", self.macvlan_by_hand)
        undo = "docker rm -f $(docker ps -aq); docker network rm macvlan_1; ip link set ens33 promisc off"
        self.timing.timed("macvlan: destroy, by hand", lambda: self.both(undo))
        self.timing.timed("overlay: up, to the first ping, by hand", self.overlay_by_hand)
        self.both("docker rm -f web-$(hostname)")
        self.timing.timed("overlay: destroy, by hand", lambda: self.both(UNSTORE))
        self.both("docker rm -f consul; docker volume prune -f")


def main(runs: Annotated[int, typer.Option(help="rounds, the first not counted")] = 3) -> None:
    """Time both networks on two lab hosts and print medians and ratios."""
    lab = Lab.for_checkout()
    lab.up()
    bench = Bench(lab)
    for number in range(runs + 1):
        say(f"round {number} of {runs}" + (" (not counted)" if number == 0 else ""))
        bench.both("docker pull -q centos_ssh:v2; docker pull -q consul:1.8.7")
        bench.round()
        if number == 0:
            bench.timing = Timing()
    Console().print(bench.timing.table())


if __name__ == "__main__":
    typer.run(main)
