"""Containers that people put on a VXLAN network are refused where two would have one address."""

from __future__ import annotations

import json

import pytest

from tests.unit.fleet import b64, containers, run_program
from tests.unit.meshes import recorded, refusal, seen, values


def here(kept, host, **addresses):
    """A host that has its slice, and these containers on it; those of a name with "web" are the stack's."""
    block = {"docker01": "172.16.2.0/28", "docker02": "172.16.2.16/28"}[host]
    joined = {
        str(n) * 64: {"Name": name, "IPv4Address": f"{address}/24"}
        for n, (name, address) in enumerate(addresses.items())
    }
    row = json.dumps({"name": "mesh", "range": block, "containers": joined})
    listed = [
        {
            "id": str(n) * 64,
            "name": name,
            "state": "running",
            "status": "Up",
            "stack": "test" if "web" in name else "",
        }
        for n, name in enumerate(addresses)
    ]
    return seen(host, records=kept[host], more=(f"ranges {b64(row)}", containers(*listed)))


@pytest.mark.parametrize(
    ("address", "whose"),
    [
        ("172.16.2.5", "172.16.2.5 on mesh is that of web01"),
        ("172.16.2.20", "172.16.2.20 on mesh is of the slice of docker02"),
    ],
)
def test_one_that_has_the_address_of_another_is_refused_with_the_command(
    monkeypatch, tmp_path, address, whose
):
    kept = recorded(monkeypatch, tmp_path)
    stack = values()
    stack["containers"]["web01"]["ip"] = "172.16.2.5"
    facts = {"docker01": here(kept, "docker01", other=address), "docker02": here(kept, "docker02")}
    said = refusal(monkeypatch, tmp_path, stack, facts)
    assert (
        f"{whose}, and container other on docker01 has it, which crosshost did not make: "
        "`docker network disconnect mesh other` there, and give it an address of 172.16.2.0/28"
        in said
    )


def test_one_of_its_own_hosts_slice_and_the_stacks_own_are_in_nobodys_way(monkeypatch, tmp_path):
    kept = recorded(monkeypatch, tmp_path)
    stack = values()
    stack["containers"]["web01"]["ip"] = "172.16.2.5"
    facts = {
        "docker01": here(kept, "docker01", other="172.16.2.6", web01="172.16.2.5"),
        "docker02": here(kept, "docker02", web02="172.16.2.19"),
    }
    run_program(monkeypatch, tmp_path, stack, facts)
