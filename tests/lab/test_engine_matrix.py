"""Networks on fleets of every engine that the lab has, alone and mixed.

Each row boots three hosts of its own, and grows and shrinks a fleet on them. What passed goes to
docs/engine-matrix.json.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import permutations

import pytest

from lab import keys, network
from lab.hosts import name_of
from lab.lab import Lab
from reports import engine_matrix
from reports.engine_matrix import STEPS, Row
from tests.lab.conftest import WORKER
from tests.lab.environment import Environment
from tests.lab.host_state import difference, look
from tests.lab.waiting import wait

ENGINES = ("20.10.5", "20.10.24", "26.1.5", "28.5.2", "29.8.1")
# Every pair of engines meets, and both the oldest and the newest begin a fleet.
MIXED = (
    ("20.10.5", "28.5.2", "26.1.5"),
    ("26.1.5", "20.10.24", "20.10.5"),
    ("28.5.2", "20.10.5", "20.10.24"),
    ("29.8.1", "20.10.5", "28.5.2"),
    ("26.1.5", "29.8.1", "20.10.24"),
)
FLEETS = (*((engine,) * 3 for engine in ENGINES), *MIXED)
# The lab's kernel has no WireGuard, and the Debian of this engine no wireguard-go.
WITHOUT_WIREGUARD = "20.10.5"
ROWS = (
    *(Row("macvlan", None, fleet) for fleet in FLEETS),
    # As `auto` chooses.
    *(Row("overlay", "swarm", fleet) for fleet in FLEETS),
    Row("overlay", "consul", ("20.10.5",) * 3),
    *(Row("vxlan", None, fleet) for fleet in FLEETS),
    *(Row("vxlan, encrypted", None, fleet) for fleet in FLEETS if WITHOUT_WIREGUARD not in fleet),
)
WITHOUT_BACK_END = tuple(
    Row("overlay", "consul", (engine,) * 3) for engine in ENGINES if engine != "20.10.5"
)
NOT_ENCRYPTED = (
    Row("vxlan, encrypted", None, (WITHOUT_WIREGUARD,) * 3),
    Row("vxlan, encrypted", None, ("28.5.2", WITHOUT_WIREGUARD, "20.10.24")),
)
REFUSED = (*WITHOUT_BACK_END, *NOT_ENCRYPTED)
# Control plane, or network where there is none -> the environment that has it.
LIKE = {
    "consul": "lab-overlay",
    "swarm": "lab-auto",
    "macvlan": "lab-macvlan",
    "vxlan": "lab-vxlan",
    "vxlan, encrypted": "lab-vxlan-encrypted",
}
HOSTS = tuple(name_of(number) for number in (1, 2, 3))
WEBS = {f"web0{number}": host for number, host in enumerate(HOSTS, 1)}


def named(row: Row) -> str:
    return "-".join(filter(None, [row.network, row.control_plane, *dict.fromkeys(row.engines)]))


class Fleet:
    """The three hosts of a row and the stack on some of them."""

    def __init__(self, lab: Lab, stack: Environment, row: Row) -> None:
        self.lab, self.stack, self.row = lab, stack, row
        self._entries = {name: self._entry(name, number) for number, name in enumerate(HOSTS, 1)}

    def _entry(self, name: str, number: int) -> dict[str, str]:
        return {"address": network.address(number), "host_key": keys.host_key(name)}

    def _address(self, number: int) -> dict[str, str]:
        """Of a container on a network without names."""
        if self.row.network == "macvlan":
            return {"ip": f"10.0.0.10{number}"}
        return {} if self.row.network == "overlay" else {"ip": f"172.16.2.{16 * number + 2}"}

    def on(self, *hosts: str) -> None:
        """The stack file: the row's network on these hosts, with a container on each."""
        config = self.stack.config
        config["hosts"] = {host: self._entries[host] for host in hosts}
        (net,) = config["networks"]
        config["containers"] = {
            web: {
                "host": host, "network": net, "image": "centos_ssh:v2", "restart": "unless-stopped",
                **self._address(number),
            }
            for number, (web, host) in enumerate(WEBS.items(), 1)
            if host in hosts
        }  # fmt: skip
        self.stack.write()

    def reach_each_other(self, seconds: float) -> None:
        """Every container every other one: by name, or by address where there are no names."""
        webs = self.stack.config["containers"]
        for source, target in permutations(webs, 2):
            wait(partial(self._pings, source, webs[target].get("ip", target)), seconds)

    def _pings(self, source: str, target: str) -> bool:
        command = f"timeout 5 docker exec {source} ping -c 1 -W 1 {target}"
        return self.lab.ssh(WEBS[source], command, check=False).returncode == 0

    def pictures(self, *hosts: str) -> dict[str, str]:
        return {host: look(self.lab, host) for host in hosts}


@pytest.fixture
def fleet(row: Row) -> Iterator[Fleet]:
    """Three new hosts with the row's engines, in a lab that is gone afterwards."""
    name = f"test-{WORKER}-matrix"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CROSSHOST_LAB_NAME", name)
        lab = Lab.for_checkout()
    lab.clean()  # of a run that was killed
    lab.up(hosts=3, engines=row.engines)
    stack = Environment(lab, name, LIKE[row.control_plane or row.network])
    stack.variables["CROSSHOST_LAB_NAME"] = name
    try:
        yield Fleet(lab, stack, row)
    finally:
        stack.file.unlink()
        lab.clean()


@pytest.fixture
def sample(request: pytest.FixtureRequest) -> bool:
    """Whether this is `make test`, which has little time."""
    return request.config.option.markexpr == "not long"


@pytest.fixture
def passed(row: Row, sample: bool) -> Iterator[list[str]]:
    """What passes goes in here, and then to the data file, but for the sample."""
    steps: list[str] = []
    yield steps
    if not sample:
        engine_matrix.save(replace(row, passed=tuple(steps)), [*ROWS, *REFUSED])


@pytest.mark.timeout(900)
@pytest.mark.long
@pytest.mark.parametrize("row", [pytest.param(row, id=named(row)) for row in ROWS])
def test_a_fleet_of_these_engines_grows_reboots_shrinks_and_goes(row, fleet, passed, sample):
    lab, stack = fleet.lab, fleet.stack
    before = fleet.pictures(*HOSTS)
    two, third = HOSTS[:2], HOSTS[2]
    steps = iter(STEPS)

    fleet.on(*two)
    stack.up()
    fleet.reach_each_other(20)
    passed.append(next(steps))

    assert stack.up().changes == {}
    passed.append(next(steps))

    fleet.on(*HOSTS)
    stack.up()
    fleet.reach_each_other(20)
    passed.append(next(steps))

    for host in HOSTS[-1:] if sample else HOSTS:
        lab.power_off(host)
        lab.power_on(host, wait=False)
        # Docker 20.10 waits for a minute for a Consul that is on its own host.
        fleet.reach_each_other(240)
    assert stack.preview().changes == {}
    passed.append(next(steps))

    fleet.on(*two)
    stack.up()
    fleet.reach_each_other(20)
    assert not difference({third: before[third]}, fleet.pictures(third))
    passed.append(next(steps))

    stack.destroy()
    assert not difference(before, fleet.pictures(*HOSTS))
    passed.append(next(steps))


@pytest.mark.long
@pytest.mark.parametrize("row", [pytest.param(row, id=named(row)) for row in WITHOUT_BACK_END])
def test_an_overlay_on_consul_is_refused_where_the_engine_has_no_back_end(row, fleet, passed):
    before = fleet.pictures(*HOSTS)
    fleet.on(*HOSTS)
    refused = fleet.stack.up(check=False)
    assert refused.code != 0
    for host, engine in zip(HOSTS, row.engines, strict=True):
        assert re.search(rf"Docker {engine}\S* on {host} has no Consul back end", refused.text)
    assert not difference(before, fleet.pictures(*HOSTS))
    passed.append(engine_matrix.REFUSED)


@pytest.mark.long
@pytest.mark.parametrize("row", [pytest.param(row, id=named(row)) for row in NOT_ENCRYPTED])
def test_what_is_to_be_encrypted_is_refused_with_the_packages_where_wireguard_is_missing(
    row, fleet, passed
):
    before = fleet.pictures(*HOSTS)
    fleet.on(*HOSTS)
    refused = fleet.stack.up(check=False)
    assert refused.code != 0
    for host, engine in zip(HOSTS, row.engines, strict=True):
        said = re.search(
            rf"{host} has no WireGuard and no module for it in its kernel \(\S+\): install the packages "
            "wireguard-tools and wireguard-go there, or a kernel that has the module",
            refused.text,
        )
        assert bool(said) == (engine == WITHOUT_WIREGUARD), host
    assert not difference(before, fleet.pictures(*HOSTS))
    passed.append(engine_matrix.REFUSED)
