"""The running lab that all tests here share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

import pytest

from lab.lab import Lab
from lab.record import Record
from tests.lab.environment import Environment
from tests.unit.fleet import ROOT

# pytest-xdist's name of the process that runs these tests; the first one's where there is but one.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
# A lab of each worker's own, whose state only its tests change. The demo's stays as it is.
os.environ["CROSSHOST_LAB_NAME"] = f"test-{WORKER}"
NEWER = f"test-{WORKER}-28"
_number = count()


@pytest.fixture(scope="session")
def lab() -> Lab:
    """The checkout's lab with two hosts (docker01 and docker02, Docker 20.10.5), running.

    It is left running, so that the next test run finds it again.
    """
    for file in (ROOT / "stacks").glob(f"Pulumi.test-{WORKER}-*.yaml"):
        file.unlink()  # of a run that was killed
    lab = Lab.for_checkout()
    lab.up(hosts=2)
    return lab


@pytest.fixture(scope="module")
def spare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A running lab with one host, docker01, whose host may be harmed."""
    spare = Lab.for_checkout(tmp_path_factory.mktemp("spare"))
    spare.up(hosts=1)
    yield spare
    spare.clean()


@contextmanager
def lab_of_its_own(name: str, *, engine: str, hosts: int = 1) -> Iterator[Lab]:
    """A running lab with hosts docker01, ... of one engine; it is removed afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CROSSHOST_LAB_NAME", name)
        lab = Lab.for_checkout()
    lab.up(hosts=hosts, engines=[engine])
    try:
        yield lab
    finally:
        lab.clean()


@pytest.fixture(scope="module")
def newer() -> Iterator[Lab]:
    """A lab of its own with one host, docker01, Docker 28.5.2."""
    with lab_of_its_own(NEWER, engine="28") as lab:
        yield lab


@pytest.fixture
def newer_environment(newer: Lab) -> Iterator[Environment]:
    """An environment on the host of `newer`, without containers; destroyed afterwards."""
    one = Environment(newer, "test-newer", "lab-modes")
    one.variables["CROSSHOST_LAB_NAME"] = NEWER
    one.config["hosts"] = {"docker01": one.config["hosts"]["docker01"]}
    one.config["containers"] = {}
    one.write()
    yield one
    one.remove()


@pytest.fixture
def other_lab(tmp_path: Path) -> Iterator[Lab]:
    """A lab of another checkout, not started yet; it is removed after the test."""
    other = Lab.for_checkout(tmp_path)
    yield other
    other.clean()


@pytest.fixture
def boot_with(lab: Lab) -> Iterator[Callable[[str], None]]:
    """Boots docker02 from its own disk over another Debian; afterwards it has a new disk."""

    def over(suite: str) -> None:
        lab.power_off("docker02")
        file = lab.folder / "lab.json"
        record = Record.load(file)
        record.hosts["docker02"].suite = suite
        record.save(file)

    def boot(suite: str) -> None:
        over(suite)
        lab.power_on("docker02")

    yield boot
    over("bullseye")
    lab.reset("docker02")


MakeEnvironment = Callable[[str], Environment]


@pytest.fixture
def environment(lab: Lab) -> Iterator[MakeEnvironment]:
    """Makes an environment like one of stacks/, under a name of its own; destroyed afterwards."""
    with _environments(lab) as make:
        yield make


@pytest.fixture(scope="module")
def shared_environment(lab: Lab) -> Iterator[MakeEnvironment]:
    """As `environment`, for all tests of a file."""
    with _environments(lab) as make:
        yield make


@contextmanager
def _environments(lab: Lab) -> Iterator[MakeEnvironment]:
    with ExitStack() as made:

        def make(like: str) -> Environment:
            name = f"test-{WORKER}-{next(_number)}-{like.removeprefix('lab-')}"
            one = Environment(lab, name, like)
            made.callback(one.remove)
            return one

        yield make
