"""A macvlan network's pool: each host's slice of it, and the addresses of its containers."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest

from planning import records
from tests.unit.fleet import (
    RecordingEngine,
    b64,
    facts_text,
    run_program,
    stack_values,
)

CONTAINER, NETWORK = "docker:index/container:Container", "docker:index/network:Network"
ADDRESS = {"docker01": "10.0.0.11", "docker02": "10.0.0.12", "docker03": "10.0.0.13"}


def values(hosts: int = 2, **lan: Any) -> dict[str, Any]:
    found = stack_values("lab-macvlan")
    key = found["hosts"]["docker01"]["host_key"]
    found["hosts"] = {
        name: {"address": ADDRESS[name], "host_key": key} for name in list(ADDRESS)[:hosts]
    }
    found["networks"]["macvlan_1"] |= {"pool": "10.0.0.64/26", **lan}
    for container in found["containers"].values():
        del container["ip"]
    return found


def seen(name: str, block: str = "", record: str | None = None, addresses6: str = "") -> str:
    row = json.dumps({"name": "macvlan_1", "range": block, "containers": {}})
    return facts_text(
        hostname=name,
        address=ADDRESS[name],
        records={"slices-macvlan_1": record} if record else None,
        more=(f"ranges {b64(row)}", f"addresses6 {b64(addresses6)}"),
    )


def fleet(hosts: int = 2, addresses6: str = "") -> dict[str, Any]:
    return {name: seen(name, addresses6=addresses6) for name in list(ADDRESS)[:hosts]}


def ranges(engine: RecordingEngine) -> dict[str, str]:
    return {
        name.partition("@")[2]: one["ipamConfigs"][0]["ipRange"]
        for name, one in engine.of_type(NETWORK).items()
    }


def address(engine: RecordingEngine, name: str) -> str:
    found: str = engine.of_type(CONTAINER)[name]["networksAdvanced"][0]["ipv4Address"]
    return found


def kept(engine: RecordingEngine, host: str) -> str:
    stdin: str = engine.resources[f"slices-macvlan_1@{host}"].inputs["stdin"]
    return stdin


def test_each_host_has_a_slice_and_each_container_an_address_of_it(monkeypatch, tmp_path):
    engine = run_program(monkeypatch, tmp_path, values(), fleet())
    assert ranges(engine) == {"docker01": "10.0.0.64/30", "docker02": "10.0.0.68/30"}
    assert address(engine, "ssh01@docker01") == "10.0.0.64"
    assert address(engine, "ssh02@docker02") == "10.0.0.68"
    assert records.body(kept(engine, "docker02")) == (
        "container ssh01 10.0.0.64\n"
        "container ssh02 10.0.0.68\n"
        "slice 10.0.0.11 10.0.0.64/30\n"
        "slice 10.0.0.12 10.0.0.68/30\n"
    )
    assert engine.lan_asked["docker01"] == {"10.0.0.64", "10.0.0.68"}


def test_a_host_more_or_less_moves_nobody(monkeypatch, tmp_path):
    first = run_program(monkeypatch, tmp_path, values(), fleet())
    facts = {
        "docker02": seen("docker02", "10.0.0.68/30", kept(first, "docker02")),
        "docker03": seen("docker03"),
    }
    stack = values(3)
    del stack["hosts"]["docker01"], stack["containers"]["ssh01"]
    engine = run_program(monkeypatch, tmp_path, stack, facts)
    assert ranges(engine) == {"docker02": "10.0.0.68/30", "docker03": "10.0.0.64/30"}
    assert address(engine, "ssh02@docker02") == "10.0.0.68"


@pytest.mark.parametrize("silent", ["docker01", "docker02"])
def test_a_host_that_does_not_answer_keeps_what_it_has(monkeypatch, tmp_path, silent):
    stack = values(slice=28)
    stack["networks"]["macvlan_1"]["ip_range"] = {"docker01": "10.0.0.112/28"}
    first = run_program(monkeypatch, tmp_path, stack, fleet())
    del stack["networks"]["macvlan_1"]["ip_range"]
    facts: dict[str, Any] = {
        name: seen(name, record=kept(first, name)) for name in ("docker01", "docker02")
    }
    facts[silent] = (255, "no route")
    engine = run_program(monkeypatch, tmp_path, stack, facts, preview=True)
    assert ranges(engine) == {"docker01": "10.0.0.112/28", "docker02": "10.0.0.64/28"}
    assert address(engine, "ssh01@docker01") == "10.0.0.112"


def test_what_others_have_no_container_gets(monkeypatch, tmp_path):
    stack = values(
        pool="10.0.0.0/27", slice=28, gateway="10.0.0.2", reserved=["10.0.0.1", "10.0.0.4/30"]
    )
    for name in ("a1", "a2"):
        stack["containers"][name] = {**stack["containers"]["ssh01"], "network": "macvlan_1"}
    stack["containers"]["a1"]["ip"] = "10.0.0.3"
    engine = run_program(monkeypatch, tmp_path, stack, fleet())
    assert ranges(engine)["docker01"] == "10.0.0.0/28"
    assert address(engine, "ssh01@docker01") == "10.0.0.8"
    assert address(engine, "a2@docker01") == "10.0.0.9"
    assert address(engine, "a1@docker01") == "10.0.0.3"


def refusal(monkeypatch, tmp_path, stack, facts=None, **more):
    with pytest.raises(pulumi.RunError) as caught:
        run_program(monkeypatch, tmp_path, stack, facts or fleet(), **more)
    return str(caught.value)


def test_a_pool_that_is_too_small_is_refused_with_what_would_fit(monkeypatch, tmp_path):
    said = refusal(monkeypatch, tmp_path, values(3, pool="10.0.0.64/28", slice=29), fleet(3))
    assert (
        "macvlan_1: the pool 10.0.0.64/28 has no slice of /29 for docker03 (addresses that containers "
        "of other hosts have are in none): write `slice: 30`, or a larger `pool`" in said
    )
    stack = values(slice=30)
    for n in range(4):
        stack["containers"][f"more{n}"] = dict(stack["containers"]["ssh01"])
    assert (
        "macvlan_1: the slice 10.0.0.64/30 of docker01 has no address left for more3: write "
        "`slice: 29` or less" in refusal(monkeypatch, tmp_path, stack)
    )


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"pool": "10.9.0.0/24"}, "pool: 10.9.0.0/24 is outside of 10.0.0.0/24"),
        ({"pool": "10.0.0.64/30"}, "pool: 10.0.0.64/30 has no room for slices: write a larger one"),
        ({"slice": 26}, "slice: 26 is no part of 10.0.0.64/26: write more than 26"),
        ({"pool": None, "slice": 28}, "slice: is of `pool`, which is missing"),
    ],
)
def test_what_does_not_fit_is_refused_before_any_host_is_asked(monkeypatch, tmp_path, keys, said):
    assert said in refusal(monkeypatch, tmp_path, values(**keys), {})


def test_a_reserved_address_cannot_be_chosen(monkeypatch, tmp_path):
    stack = values(reserved=["10.0.0.96/28"])
    stack["containers"]["ssh01"]["ip"] = "10.0.0.100"
    assert "10.0.0.100 is in 10.0.0.96/28, which is reserved: write another address" in refusal(
        monkeypatch, tmp_path, stack, {}
    )


def test_an_address_of_the_pool_that_somebody_has_is_to_be_reserved(monkeypatch, tmp_path):
    said = refusal(monkeypatch, tmp_path, values(), lan={"10.0.0.68": "52:54:00:00:00:01"})
    assert (
        "10.0.0.68, which ssh02 is to have on macvlan_1, is somebody's on the LAN: 52:54:00:00:00:01 "
        "answers docker01 for it: write 10.0.0.68 as one of the network's `reserved`" in said
    )


def test_names_come_with_a_pool_and_servers_have_addresses_of_the_lan(monkeypatch, tmp_path):
    stack = values(slice=29)
    stack["dns"] = {"image": "dnsmasq:2.85"}
    engine = run_program(monkeypatch, tmp_path, stack, fleet())
    assert address(engine, "dns:docker01@docker01") == "10.0.0.71"
    assert engine.of_type(CONTAINER)["ssh02@docker02"]["dns"] == ["10.0.0.79"]
    assert "10.0.0.64 ssh01 ssh01.macvlan_1\n" in records.body(
        engine.resources["dns@docker02"].inputs["stdin"]
    )
    assert "10.0.0.71" in engine.lan_asked["docker01"]
