"""What holds for all tests."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from hypothesis import settings

from tests.scheduling import LabScheduling, give_way

# A busy machine is no fault of the code.
settings.register_profile("crosshost", deadline=None)
settings.load_profile("crosshost")

_KEY = "crosshost/seconds"
_seconds: defaultdict[str, float] = defaultdict(float)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LabScheduling | None:
    return LabScheduling(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_configure() -> None:
    give_way()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-graphs", action="store_true", help="write tests/unit/graphs/ anew (test_graphs.py)"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Files that take long come first: the last one would leave the other workers idle.

    How long a test takes is known from the runs before; of others only lab tests take long.
    """
    known = config.cache.get(_KEY, {}) if config.cache else {}
    of_file: defaultdict[str, float] = defaultdict(float)
    for item in items:
        of_file[_file(item.nodeid)] += known.get(item.nodeid, 15 if "/lab/" in item.nodeid else 0.1)
    items.sort(key=lambda item: (-of_file[_file(item.nodeid)], _file(item.nodeid)))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _seconds[report.nodeid] += report.duration


def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.config.cache and not hasattr(session.config, "workerinput"):
        known = session.config.cache.get(_KEY, {})
        session.config.cache.set(_KEY, {**known, **_seconds})


def _file(nodeid: str) -> str:
    return nodeid.partition("::")[0]
