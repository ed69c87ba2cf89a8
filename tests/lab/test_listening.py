"""The table of docs/ports.md on what listens where, held against real hosts."""

from __future__ import annotations

import pytest

from planning.facts.listeners import Listener, listeners
from tests.unit.fleet import ROOT

ADDRESS = {"all": {"*", "0.0.0.0", "[::]"}}
PROGRAM = {"the kernel": None}


def table() -> list[dict[str, str]]:
    """The rows of the table, by the words at its head."""
    part = (ROOT / "docs" / "ports.md").read_text().partition("## What listens where")[2]
    lines = [line for line in part.partition("\n## ")[0].splitlines() if line.startswith("|")]
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [dict(zip(head, row, strict=True)) for row in rows]


def listening(lab, host) -> set[tuple[str, str, int, str | None]]:
    found: list[Listener] = listeners(lab.ssh(host, "ss -Hlntup").stdout) or []
    return {(one.protocol, one.address, one.port, one.program) for one in found}


def promised(network: str, roles: set[str], own: str) -> set[tuple[str, str, int, str | None]]:
    """Each row for a host with these roles, once for every address that its words stand for."""
    found = set()
    for row in table():
        if row["network"] == network and row["on"] in roles and row["port"] != "none":
            protocol, port = row["port"].split()
            for address in ADDRESS.get(row["address"], {own}):
                program = PROGRAM.get(row["program"], row["program"])
                found.add((protocol, address, int(port), program))
    return found


@pytest.mark.parametrize(
    ("stack", "network", "hosts", "special"),
    [
        pytest.param("lab-macvlan", "macvlan", ("docker01", "docker02"), {}, marks=pytest.mark.long),
        ("lab-overlay", "overlay on Consul", ("docker01", "docker02"), {"docker01": "Consul's host"}),
        pytest.param(
            "lab-swarm", "overlay on Swarm", ("docker03", "docker04", "docker05"), {"docker03": "managers"},
            marks=pytest.mark.long,
        ),
        pytest.param(
            "lab-vxlan", "vxlan", ("docker01", "docker02"), {},
            marks=pytest.mark.long,
        ),
        pytest.param(
            "lab-vxlan-encrypted", "vxlan, encrypted", ("docker07", "docker08"), {},
            marks=pytest.mark.long,
        ),
    ],
)  # fmt: skip
def test_after_an_up_listens_what_the_table_says_and_nothing_else(
    lab, environment, stack, network, hosts, special
):
    assert network in {row["network"] for row in table()}
    lab.up_for(stack)
    before = {host: listening(lab, host) for host in hosts}
    running = environment(stack)
    running.up()
    for host in hosts:
        new = listening(lab, host) - before[host]
        rows = promised(network, {"every host", special.get(host, "")}, lab.address(host))
        assert new <= rows, host
        # A row that stands for several addresses holds where one of them listens.
        assert {(p, n, by) for p, _, n, by in new} == {(p, n, by) for p, _, n, by in rows}, host
    running.destroy()
    assert {host: listening(lab, host) for host in hosts} == before
