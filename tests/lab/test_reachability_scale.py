"""A proof of ten hosts with ten containers each, in time."""

from __future__ import annotations

import io
import json
import os
import tarfile
import time
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from components.reachability.request import Carrier, Request, Target
from components.scripts import SCRIPTS
from lab.lab import Lab
from planning.reachability.links import HostLink
from planning.reachability.probes import TABLES, Endpoint, plan
from tests.lab.conftest import WORKER
from tests.lab.proofs import wrong

HOSTS, CONTAINERS = 10, 10
SECONDS = 10.0
FOLDER = "/var/lib/crosshost/ten/scripts"
REACH = {
    "SAME_HOST": True, "ACROSS": True, "NAMES": False, "OWN_HOST": False,
    "OTHER_HOST": True, "FROM_LAN": True, "TO_LAN": True, "PUBLISHED": False,
}  # fmt: skip
START = """
docker network create -d macvlan --subnet 10.0.0.0/24 --gateway 10.0.0.2 -o parent=ens33 lan >/dev/null
docker pull -q busybox:1 >/dev/null
for n in $(seq 0 9); do
    docker run -d --init --name c$1-$n --network lan --ip 10.0.0.$((100 + $1 * 10 + n)) busybox:1 sleep 1d >/dev/null
done
"""


NEIGHBOURS = {"gc_thresh1": 4096, "gc_thresh2": 8192, "gc_thresh3": 16384}


@pytest.fixture
def room_for_neighbours():
    """The hosts of a lab share one kernel, whose 1024 neighbours are too few for those of ten hosts."""
    files = {Path("/proc/sys/net/ipv4/neigh/default", name): n for name, n in NEIGHBOURS.items()}
    before = {file: file.read_text() for file in files}
    for file, wanted in files.items():
        file.write_text(str(wanted))
    yield
    for file, text in before.items():
        file.write_text(text)


@pytest.fixture
def ten(room_for_neighbours):
    """A lab of its own with ten hosts, ten containers on the LAN on each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CROSSHOST_LAB_NAME", f"test-{WORKER}-ten")
        lab = Lab.for_checkout()
    lab.up(hosts=HOSTS)
    try:
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w:gz") as tar:
            for path in SCRIPTS.glob("*.sh"):
                tar.add(path, path.name)
        unpack = f"mkdir -p {FOLDER} && base64 -d | tar -xzf - -C {FOLDER}"

        def prepare(number: int) -> None:
            lab.ssh(name(number), unpack, input=b64encode(archive.getvalue()).decode())
            lab.ssh(name(number), f"set -- {number - 1}\n{START}", timeout=300)

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(prepare, range(1, HOSTS + 1)))
        yield lab
    finally:
        lab.clean()


def cpu_seconds() -> float:
    """What this machine's processors have worked, for whomever."""
    user, nice, system, *_ = Path("/proc/stat").read_text().split()[1:]
    return (int(user) + int(nice) + int(system)) / os.sysconf("SC_CLK_TCK")


def name(number: int) -> str:
    return f"docker{number:02}"


@pytest.mark.long
@pytest.mark.timeout(900)
def test_ten_hosts_with_ten_containers_each_are_proven_within_ten_seconds(ten):
    ends = [
        Endpoint(f"c{host}-{n}", name(host + 1), "lan", f"10.0.0.{100 + host * 10 + n}")
        for host in range(HOSTS)
        for n in range(CONTAINERS)
    ]
    addresses = {name(n): ten.address(name(n)) for n in range(1, HOSTS + 1)}
    # Both sessions of a host go by one connection, as with a stack's own ssh_config (components/ssh.py).
    shared = ["ControlMaster auto", "ControlPersist 60", f"ControlPath {ten.folder}/%h"]
    request = Request(
        os.path.relpath(ten.folder / "ssh_config"), FOLDER,
        {host: Target(host, address, [f"HostName {address}", *shared]) for host, address in addresses.items()},
        plan(ends, {"lan": REACH}, addresses),
        carriers="x", networks={"lan": Carrier("macvlan", (), REACH)}, endpoints=ends,
        links=[HostLink("lan", host, parent="ens33") for host in addresses],
    )  # fmt: skip
    run = ["python", "-m", "components.reachability.run"]
    began, used = time.monotonic(), cpu_seconds()
    done = ten.run(run, input=request.text, check=False)
    took = time.monotonic() - began
    used = cpu_seconds() - used
    print(f"{len(request.probes)} probes in {took:.1f} s, {used:.1f} s of processor")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert len(request.probes) > 1400
    tables = [row for row in rows if row["kind"] in TABLES]
    assert {row["from_host"] for row in tables} == set(addresses)
    assert len(rows) == len(request.probes) + len(tables)
    assert wrong(rows) == []
    assert took < SECONDS, took
