"""How long vxlan networks take, and how fast they are: lab/python -m lab.bench_vxlan

Three hosts from nothing but Docker to the first ping across all of them, a fourth host, destroy; plain and
encrypted. Then what one stream and eight carry between two hosts, beside the hosts themselves and an overlay on
Swarm, each in turn in every round; and plain vxlan with checksums made and checked in other ways.
"""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

import typer
import yaml
from rich.console import Console
from rich.table import Table

from lab.bench_swarm import DESTROY, UP, each
from lab.keys import host_key
from lab.lab import CHECKOUT, Lab
from lab.progress import say
from lab.timing import Timing, pulumi

NAME_SERVER = "dnsmasq:2.85"
HOSTS = ("docker03", "docker04", "docker05", "docker06")
STREAMS = (1, 8)
VXLAN: Mapping[str, Any] = {"strategy": "vxlan", "subnet": "172.16.2.0/24"}
KINDS: Mapping[str, Mapping[str, Any]] = {
    "vxlan": VXLAN,
    "vxlan, encrypted": {**VXLAN, "encrypted": True},
    "overlay on Swarm": {
        "strategy": "overlay",
        "control_plane": "swarm",
        "subnet": "172.16.1.0/24",
        "mtu": 1450,
    },
}
# How the device is made, and whether it leaves checksums of what is inside to the NIC.
CHECKSUMS: Mapping[str, tuple[str, int]] = {
    "vxlan, udpcsum": ("udpcsum", 1),
    "vxlan, noudpcsum": ("noudpcsum", 1),
    "vxlan, udpcsum, without tx offload": ("udpcsum", 0),
}
_REMAKE = r"""
set -- $(ip -d -o link show type vxlan | sed 's/^[0-9]*: \([^:@]*\).* mtu \([0-9]*\) .* master \([^ ]*\) .* vxlan id \([0-9]*\) local \([0-9.]*\) .* dstport \([0-9]*\) .*/\1 \2 \3 \4 \5 \6/')
peers=$(bridge fdb show dev "$1" | sed -n 's/^00:00:00:00:00:00 dst \([0-9.]*\).*/\1/p')
ip link del "$1"
ip link add "$1" mtu "$2" type vxlan id "$4" dstport "$6" local "$5" FLAG
for peer in $peers; do bridge fdb append 00:00:00:00:00:00 dev "$1" dst "$peer"; done
ip link set "$1" master "$3" up
perl -e 'socket(my $s, 2, 2, 0) or die;
    my $value = pack("LL", 0x17, TX); my $request = pack("a16P8", $ARGV[0], $value);
    ioctl($s, 0x8946, $request) or die "ethtool: $!"' "$1"
"""


class Bench:
    """Steps on the lab's hosts, and their figures."""

    def __init__(self, lab: Lab, names: bool) -> None:
        self.lab = lab
        self.timing = Timing()
        # Whether containers have names, and pings go to these.
        self.names = names
        # What carries -> number of streams -> Gbit/s, one figure a round.
        self.speed: dict[str, dict[int, list[float]]] = {}

    @contextmanager
    def stack(self, kind: str, count: int) -> Iterator[str]:
        """The name of a stack of a kind on the first hosts, with a container on each; not up yet."""
        name = "bench-vxlan"
        file = CHECKOUT / "stacks" / f"Pulumi.{name}.yaml"
        file.write_text(self._text(kind, count))
        # The first command makes the stack, which is not what is timed.
        pulumi(name, "config")
        try:
            yield name
        finally:
            pulumi(name, *DESTROY)
            pulumi(name, "stack", "rm", "--yes")
            # Pulumi removes it together with the stack.
            file.unlink(missing_ok=True)

    def _text(self, kind: str, count: int) -> str:
        whole = yaml.safe_load((CHECKOUT / "stacks" / "Pulumi.lab-swarm.yaml").read_text())
        config = whole["config"]
        config["crosshost:hosts"] = {
            name: {"address": self.lab.address(name), "host_key": host_key(name)}
            for name in HOSTS[:count]
        }
        config["crosshost:networks"] = {"mesh": dict(KINDS[kind])}
        config["crosshost:swarm"] = {"managers": [HOSTS[0]]}
        config["crosshost:containers"] = {
            f"web0{n}": {"host": name, "image": "centos_ssh:v2", "network": "mesh"}
            for n, name in enumerate(HOSTS[:count], 1)
        }
        if self.names and KINDS[kind]["strategy"] == "vxlan":
            config["crosshost:dns"] = {"image": NAME_SERVER}
        config["crosshost:prove"] = {"when": "never"}
        return str(yaml.safe_dump(whole))

    def address(self, number: int) -> str:
        """The address of the container on a host."""
        form = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        said = self.lab.ssh(HOSTS[number - 1], f"docker inspect -f '{form}' web0{number}")
        return said.stdout.strip()

    def first_ping(self, name: str, *numbers: int) -> None:
        """Up, until the first answer of these containers to the first host's."""
        pulumi(name, *UP)
        to = [f"web0{number}" if self.names else self.address(number) for number in numbers]
        answers = " && ".join(f"ping -c 1 -W 1 {one}" for one in to)
        self.lab.ssh(
            HOSTS[0], f"until docker exec web01 sh -c '{answers}' >/dev/null 2>&1; do :; done"
        )

    def times(self, kind: str) -> None:
        """One run of a kind, from hosts that run only Docker to hosts that run only Docker."""
        with self.stack(kind, 3) as name:
            file = CHECKOUT / "stacks" / f"Pulumi.{name}.yaml"
            timed = self.timing.timed
            timed(f"{kind}: up, to the first ping", lambda: self.first_ping(name, 2, 3))
            timed(f"{kind}: up without changes", lambda: pulumi(name, *UP))
            file.write_text(self._text(kind, 4))
            timed(f"{kind}: a fourth host, to its first ping", lambda: self.first_ping(name, 4))
            file.write_text(self._text(kind, 3))
            pulumi(name, *UP)
            timed(f"{kind}: destroy", lambda: pulumi(name, *DESTROY))

    def carry(self, what: str, inside: str, to: str) -> None:
        """What some streams carry from the first host to the second. ``inside``: where they begin."""
        for streams in STREAMS:
            client = f"{inside} iperf3 -J -t 4 -O 1 -P {streams} -c {to}"
            done = json.loads(self.lab.ssh(HOSTS[0], client).stdout)
            speed = done["end"]["sum_received"]["bits_per_second"] / 1e9
            self.speed.setdefault(what, {}).setdefault(streams, []).append(speed)

    def carried(self, runs: int) -> None:
        """Each way in turn in every round."""
        run = "docker run -d --name {} --net host centos_ssh:v2 {}"
        self.lab.ssh(HOSTS[1], run.format("perf", "iperf3 -s"))
        self.lab.ssh(HOSTS[0], run.format("perf", "sleep 9999"))
        try:
            for number in range(runs):
                say(f"throughput, round {number + 1} of {runs}")
                self.carry("host to host", "docker exec perf", self.lab.address(HOSTS[1]))
                for kind in KINDS:
                    with self.stack(kind, 2) as name:
                        self.first_ping(name, 2)
                        self.lab.ssh(HOSTS[1], "docker exec -d web02 iperf3 -s")
                        self.carry(kind, "docker exec web01", self.address(2))
                        if kind == "vxlan":
                            self._checksums()
        finally:
            each(HOSTS[:2], lambda host: self.lab.ssh(host, "docker rm -f perf"))

    def _checksums(self) -> None:
        for what, (flag, offload) in CHECKSUMS.items():
            for host in HOSTS[:2]:
                self.lab.ssh(host, _REMAKE.replace("FLAG", flag).replace("TX", str(offload)))
            self.carry(what, "docker exec web01", self.address(2))

    def table(self) -> Table:
        """Medians of what was carried, and their ratio to the hosts' own."""
        table = Table("Gbit/s", *(f"{n} stream(s), of the hosts'" for n in STREAMS), box=None)
        hosts = {n: statistics.median(v) for n, v in self.speed["host to host"].items()}
        for what, by_streams in self.speed.items():
            medians = {n: statistics.median(v) for n, v in by_streams.items()}
            table.add_row(what, *(f"{m:.2f}  {m / hosts[n]:.2f}" for n, m in medians.items()))
        return table


def main(
    runs: Annotated[int, typer.Option(help="rounds, the first not counted for times")] = 3,
    times: Annotated[bool, typer.Option(help="how long steps take")] = True,
    speed: Annotated[bool, typer.Option(help="what streams carry")] = True,
    names: Annotated[bool, typer.Option(help="name servers for vxlan, and pings by name")] = True,
) -> None:
    """Print medians and ratios."""
    os.environ["CROSSHOST_LAB_NAME"] = "bench-vxlan"
    lab = Lab.for_checkout()
    lab.up_numbered({int(name[-2:]): "forky" for name in HOSTS})
    bench = Bench(lab, names)
    try:
        pull = f"docker pull -q centos_ssh:v2 && docker pull -q {NAME_SERVER}"
        each(HOSTS, lambda host: lab.ssh(host, pull))
        for number in range(runs + 1 if times else 0):
            say(f"times, round {number} of {runs}" + (" (not counted)" if number == 0 else ""))
            if number == 1:
                bench.timing = Timing()
            for kind in list(KINDS)[:2]:
                bench.times(kind)
        if times:
            Console(width=120).print(bench.timing.table())
        if speed:
            bench.carried(runs)
            Console(width=120).print(bench.table())
    finally:
        lab.clean()


if __name__ == "__main__":
    typer.run(main)
