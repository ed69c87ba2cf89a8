"""Endpoints that a cluster store keeps of containers that run nowhere are named, and freed by an up."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.fleet import b64, containers, facts_text, networks, run_program, stack_values

OL1 = {"id": "n1", "name": "ol1", "driver": "overlay", "scope": "global", "stack": "test"}
WEB = {"name": "web01", "status": "", "stack": "test"}


def overlay(*names: str) -> str:
    rows = {
        f"ep-{n}": {"Name": name, "IPv4Address": f"172.16.1.{n}/24"}
        for n, name in enumerate(names, 1)
    }
    row: dict[str, Any] = {
        "id": "n1",
        "configs": [],
        "options": {},
        "peers": None,
        "containers": rows,
    }
    return "overlays " + b64(json.dumps(row) + "\n")


@pytest.mark.parametrize(
    ("state", "there", "told"),
    [
        (
            "exited",
            ("web01", "web02"),
            "ol1 has endpoints of web01 and web02 still, which do not run",
        ),
        ("running", ("web01", "web02"), "ol1 has an endpoint of web02 still, which does not run"),
        ("running", ("web01", "stranger"), ""),
        ("restarting", ("web01",), ""),
    ],
)
def test_endpoints_of_containers_that_run_nowhere_are_named_and_freed(
    monkeypatch, tmp_path, said, state, there, told
):
    web01 = containers({**WEB, "id": "c1", "state": state})
    more = (web01, networks(OL1), overlay(*there))
    texts = {
        "docker01": facts_text(hostname="docker01", more=more),
        "docker02": facts_text(hostname="docker02"),
    }
    engine = run_program(monkeypatch, tmp_path, stack_values("lab-overlay"), texts)
    found = [text for text in said if "endpoint" in text]
    assert bool(found) == bool(told)
    assert all(told in text for text in found)
    stdin = engine.of_type("command:remote:Command")["ol1-endpoints@docker01"]["stdin"]
    assert (" free=" in stdin) == bool(told)
