"""The demonstration: real hosts, `pulumi up` on an environment, and the evidence that it works.

python -m lab.demo [STACK...]; without one, the notes' two networks.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from lab.errors import LabError
from lab.lab import Lab
from lab.progress import say

NOTES = ("lab-macvlan", "lab-overlay")


@dataclass(frozen=True)
class Evidence:
    """One thing to see: ``argv`` after lab/run, and what its output must hold.

    ``fails``: the command is expected to fail, as the network promises. ``meanwhile``: a command
    that runs beside it, to give it something to see.
    """

    claim: str
    argv: tuple[str, ...]
    holds: str
    fails: bool = False
    meanwhile: tuple[str, ...] = ()


def _on(host: str, command: str) -> tuple[str, ...]:
    return ("ssh", host, command)


_PING_200 = _on("docker01", "docker exec ssh01 ping -c 3 -i 0.3 10.0.0.200")
EVIDENCE: dict[str, tuple[Evidence, ...]] = {
    "lab-macvlan": (
        Evidence("a container on docker01 pings one on docker02 by address", _PING_200, " 0% packet loss"),
        Evidence(
            "tcpdump in the other container sees the icmp",
            _on("docker02", "docker exec ssh02 timeout 5 tcpdump -lnc 2 -i eth0 icmp"),
            "10.0.0.100 > 10.0.0.200: ICMP echo request",
            meanwhile=_PING_200,
        ),
        Evidence(
            "ssh from the LAN straight to the container, no port mapping",
            ("ssh", "10.0.0.100", "ip -brief address show eth0"),
            "10.0.0.100/24",
        ),
        Evidence(
            "the container's own host cannot reach it, as macvlan is",
            _on("docker01", "ping -c 1 -W 1 10.0.0.100"),
            "100% packet loss",
            fails=True,
        ),
    ),
    "lab-overlay": (
        Evidence(
            "a container on docker01 pings one on docker02 by name",
            _on("docker01", "docker exec web01 ping -c 3 -i 0.3 web02"),
            " 0% packet loss",
        ),
        Evidence(
            "Consul lists both Docker hosts",
            _on("docker01", "docker exec consul consul kv get -keys docker/nodes/"),
            "docker/nodes/10.0.0.12:0",
        ),
    ),
    "lab-swarm": (
        Evidence(
            "a container on docker03 pings one on docker04 by name",
            _on("docker03", "docker exec web01 ping -c 3 -i 0.3 web02"),
            " 0% packet loss",
        ),
        Evidence(
            "and one on docker05",
            _on("docker03", "docker exec web01 ping -c 3 -i 0.3 web03"),
            " 0% packet loss",
        ),
        Evidence(
            "the manager lists all three Docker hosts",
            _on("docker03", "docker node ls"),
            "docker05   Ready     Active",
        ),
    ),
    "lab-auto": (
        Evidence(
            "a container on Docker 20.10.5 pings one on Docker 28 by name",
            _on("docker06", "docker exec web01 ping -c 3 -i 0.3 web03"),
            " 0% packet loss",
        ),
        Evidence(
            "and one on Docker 20.10.24, which has no Consul back end",
            _on("docker06", "docker exec web01 ping -c 3 -i 0.3 web02"),
            " 0% packet loss",
        ),
    ),
    "lab-vxlan": (
        Evidence(
            "a container on docker01 pings one on docker02 by address",
            _on("docker01", "docker exec web01 ping -c 3 -i 0.3 172.16.2.18"),
            " 0% packet loss",
        ),
        Evidence(
            "and docker02 reaches the one on docker01",
            _on("docker02", "ping -c 3 -i 0.3 172.16.2.2"),
            " 0% packet loss",
        ),
        Evidence(
            "docker01's VXLAN device knows docker02",
            _on("docker01", "bridge fdb show | grep ^00:00:00:00:00:00"),
            "dst 10.0.0.12",
        ),
    ),
    "lab-lan": (
        Evidence(
            "a container on docker03 pings one on docker04 by name",
            _on("docker03", "docker exec web01 ping -c 3 -i 0.3 web02"),
            " 0% packet loss",
        ),
        Evidence(
            "docker03 reaches its own container",
            _on("docker03", "ping -c 3 -i 0.3 10.0.0.160"),
            " 0% packet loss",
        ),
        Evidence(
            "and is reached by it",
            _on("docker03", "docker exec web01 ping -c 3 -i 0.3 10.0.0.166"),
            " 0% packet loss",
        ),
        Evidence(
            "ssh from the LAN straight to the container",
            ("ssh", "10.0.0.168", "ip -brief address show eth0"),
            "10.0.0.168/24",
        ),
    ),
    "lab-vxlan-encrypted": (
        Evidence(
            "a container on Docker 20.10.24 pings one on Docker 28 by address",
            _on("docker07", "docker exec web01 ping -c 3 -i 0.3 172.16.2.18"),
            " 0% packet loss",
        ),
        Evidence(
            "docker07's WireGuard device has spoken with docker08's",
            _on("docker07", "wg show all latest-handshakes | grep -v '[[:space:]]0$' && wg show all endpoints"),
            "10.0.0.18:51820",
        ),
    ),
    "lab-modes": (
        Evidence("none: only the loopback", _on("docker01", "docker exec alone ip -brief link || docker exec alone ifconfig -a"), "lo"),
        Evidence("host: the host's own NIC", _on("docker01", "docker exec onhost ip address show ens33"), "10.0.0.11/24"),
        Evidence("bridge: reached by its published port", ("curl", "--silent", "--head", "http://10.0.0.11:8080/"), "HTTP/1.1 404"),
        Evidence("container:bridged: the same address as bridged", _on("docker01", "docker exec beside wget -S -O- http://127.0.0.1:80/ 2>&1 || true"), "404"),
    ),
}  # fmt: skip

NEXT = """[bold]What to try next[/]
  lab/run pulumi -s lab-overlay stack output      what is there, as data
  lab/run pulumi -s lab-macvlan preview --diff    after an edit of stacks/Pulumi.lab-macvlan.yaml
  lab/run ssh docker01                            a host, as you would log in to it
  lab/run pulumi -s lab-overlay destroy           and the host is as it was
  make clean                                      the lab is gone
  README.md, "Your own hosts"                     the same on your Docker hosts"""


def main(stacks: Sequence[str]) -> int:
    """Bring the lab and the stacks up and show the evidence; the number of claims that failed."""
    unknown = [stack for stack in stacks if stack not in EVIDENCE]
    if unknown:
        raise LabError(f"no demonstration of {', '.join(unknown)}: there are {', '.join(EVIDENCE)}")
    began = time.monotonic()
    lab = Lab.for_checkout()
    for stack in stacks:
        lab.up_for(stack)
    lab.prepare()
    for stack in stacks:
        say(f"pulumi -s {stack} up")
        _pulumi_up(lab, stack)
    console = Console(width=max(Console().width, 100))
    failed = 0
    for stack in stacks:
        table = Table(title=f"\n{stack}", title_justify="left", title_style="bold", box=None)
        for column in ("", "claim", "seen"):
            table.add_column(column, no_wrap=column == "")
        for evidence in EVIDENCE[stack]:
            good, seen = _look(lab, evidence)
            failed += not good
            mark = "[green]✓[/]" if good else "[red]✗[/]"
            command = f"[dim]lab/run {shlex.join(evidence.argv)}[/]"
            table.add_row(mark, f"{evidence.claim}\n{command}\n", seen)
        console.print(table)
    for stack in stacks:
        failed += not _proven(lab, stack)
    console.print(NEXT)
    say(
        f"{'all shown' if not failed else f'{failed} claims failed'} in {time.monotonic() - began:.0f} s"
    )
    return failed


def _pulumi_up(lab: Lab, stack: str) -> None:
    """`pulumi up` with its own output on the terminal, outputs left out."""
    argv = [lab.checkout / "lab" / "run", "pulumi", "--stack", stack, "up", "--yes"]
    argv += ["--skip-preview", "--suppress-outputs", "--non-interactive"]
    if subprocess.run([str(word) for word in argv], check=False).returncode:
        raise LabError(f"pulumi up of {stack} failed, see above; hosts: lab/python -m lab status")


def _proven(lab: Lab, stack: str) -> bool:
    """Whether every promise and denial of the stack's networks holds; shows the matrix of hosts."""
    say(f"python -m crosshost reachability -s {stack}")
    argv = [str(lab.checkout / "lab" / "run"), *("python", "-m", "crosshost", "reachability")]
    return subprocess.run([*argv, "-s", stack], check=False, timeout=120).returncode == 0


def _look(lab: Lab, evidence: Evidence) -> tuple[bool, str]:
    run: Callable[[tuple[str, ...]], subprocess.CompletedProcess[str]] = lambda argv: subprocess.run(  # noqa: E731
        [str(lab.checkout / "lab" / "run"), *argv],
        capture_output=True, text=True, check=False, timeout=60, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    with ThreadPoolExecutor() as pool:
        looking = pool.submit(run, evidence.argv)
        if evidence.meanwhile:
            time.sleep(1)
            pool.submit(run, evidence.meanwhile)
        result = looking.result()
    output = result.stdout + result.stderr
    lines = [line.strip() for line in output.splitlines() if evidence.holds in line]
    good = bool(lines) and (result.returncode != 0) == evidence.fails
    return good, lines[0] if lines else (output.strip().splitlines() or ["nothing"])[-1]


if __name__ == "__main__":
    try:
        sys.exit(min(main(sys.argv[1:] or NOTES), 1))
    except LabError as error:
        say(str(error))
        sys.exit(1)
