"""Shims: devices by which hosts reach their own containers on a macvlan network."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest

from components.networks.macvlan.shims import device_name, reached
from planning import records
from planning.problems import ProblemsError
from stacks.settings import parse
from tests.unit.fleet import b64, facts_text, routes, run_program, stack_values

pytestmark = pytest.mark.usefixtures("key_file")
COMMAND = "command:remote:Command"
DEVICE = device_name("test", "macvlan_1")


def values(**lan: Any) -> dict[str, Any]:
    found = stack_values("lab-macvlan")
    found["networks"]["macvlan_1"] |= {"pool": "10.0.0.64/26", "slice": 28, "shim": True, **lan}
    for container in found["containers"].values():
        del container["ip"]
    return found


def seen(name: str, shim: str = "", *rows: str, **kept: str | None) -> str:
    """A host; ``shim``: the address of its device, ``rows``: of its routes."""
    nics = {"ens33": "<UP>", **({DEVICE: "<UP>"} if shim else {})}
    address = {"docker01": "10.0.0.11", "docker02": "10.0.0.12"}[name]
    addresses = f"2: ens33    inet {address}/24 scope global ens33\n"
    addresses += f"9: {DEVICE}    inet {shim}/32 scope global {DEVICE}\n" if shim else ""
    records_ = {
        key.replace("_", "/", 1) if key.startswith("shim") else f"slices-{key[7:]}": text
        for key, text in kept.items()
        if text is not None
    }
    more = (f"addresses {b64(addresses)}", routes(*(f"{row} {DEVICE}" for row in rows)))
    return facts_text(hostname=name, address=address, nics=nics, records=records_, more=more)


def made(engine, host="docker01"):
    return engine.of_type(COMMAND)[f"macvlan_1-shim@{host}"]["stdin"]


def fields(stdin):
    return records.header_fields(stdin)


def test_each_host_has_one_with_the_last_address_of_its_slice(monkeypatch, tmp_path):
    engine = run_program(
        monkeypatch, tmp_path, values(), {name: seen(name) for name in ("docker01", "docker02")}
    )
    assert fields(made(engine)) | {"planned": ""} == {
        "planned": "", "network": "macvlan_1", "device": DEVICE, "parent": "ens33",
        "address": "10.0.0.79",
    }  # fmt: skip
    assert records.body(made(engine)) == "10.0.0.64/28\n"
    assert fields(made(engine, "docker02"))["address"] == "10.0.0.95"
    assert engine.lan_asked["docker01"] >= {"10.0.0.79", "10.0.0.95"}
    assert "macvlan_1-shim@docker01" in engine.after["ssh01@docker01"]
    kept = engine.resources["slices-macvlan_1@docker02"].inputs["stdin"]
    assert "container @shim 10.0.0.79\ncontainer @shim 10.0.0.95\n" in kept
    asked = engine.of_type("command:local:Command")["reachability"]["stdin"]
    assert " OWN_HOST=yes " in asked


def test_it_keeps_its_address_also_where_records_are_lost_or_a_host_is_silent(
    monkeypatch, tmp_path
):
    first = run_program(
        monkeypatch, tmp_path, values(), {name: seen(name) for name in ("docker01", "docker02")}
    )
    kept = first.resources["slices-macvlan_1@docker02"].inputs["stdin"]
    facts: dict[str, Any] = {
        # Chosen before by somebody else's rules.
        "docker01": seen("docker01", "10.0.0.70", "10.0.0.64/28"),
        "docker02": (255, "no route"),
    }
    engine = run_program(monkeypatch, tmp_path, values(), facts, preview=True)
    assert fields(made(engine))["address"] == "10.0.0.70"
    facts = {"docker01": (255, "no route"), "docker02": seen("docker02", slices_macvlan_1=kept)}
    engine = run_program(monkeypatch, tmp_path, values(), facts, preview=True)
    assert fields(made(engine))["address"] == "10.0.0.79"


@pytest.mark.parametrize(
    ("shim", "rows", "same"),
    [
        ("10.0.0.79", ("10.0.0.64/28",), True),
        ("10.0.0.79", (), False),
        ("10.0.0.79", ("10.0.0.64/28", "10.1.0.0/28"), False),
        ("", (), False),
    ],
    ids=["as made", "without its route", "with another route", "gone"],
)
def test_only_one_that_is_not_as_it_was_made_is_made_again(monkeypatch, tmp_path, shim, rows, same):
    header = f"planned=2026-01-01T00:00:00Z network=macvlan_1 device={DEVICE} parent=ens33"
    record = f"{header} address=10.0.0.79\n10.0.0.64/28\n"
    facts = {
        "docker01": seen("docker01", shim, *rows, shim_macvlan_1=record),
        "docker02": seen("docker02"),
    }
    stdin = made(run_program(monkeypatch, tmp_path, values(), facts))
    assert (stdin == record) is same


def test_what_others_have_is_not_reached_by_it_and_what_its_containers_have_elsewhere_is():
    block = IPv4Network("10.0.0.0/29")
    others = [IPv4Network("10.0.0.2/32"), IPv4Network("10.0.0.4/30"), IPv4Network("10.9.0.0/16")]
    found = reached(block, [IPv4Address("10.0.0.100"), IPv4Address("10.0.0.1")], others)
    assert [str(one) for one in found] == ["10.0.0.0/31", "10.0.0.3/32", "10.0.0.100/32"]
    assert reached(block, [], [IPv4Network("10.0.0.0/24")]) == []


def test_without_a_pool_it_is_refused_with_one_to_write():
    stack = values()
    for key in ("pool", "slice"):
        del stack["networks"]["macvlan_1"][key]
    stack["networks"]["macvlan_1"]["ip_range"] = {
        "docker01": "10.0.0.64/28", "docker02": "10.0.0.80/28",
    }  # fmt: skip
    with pytest.raises(ProblemsError) as caught:
        parse(stack)
    assert (
        "shim: needs an address of `pool`, which is missing: write e.g. `pool: 10.0.0.128/25` (an "
        "`ip_range` in it stays as it is)" in str(caught.value)
    )


def test_a_slice_without_room_for_it_is_refused(monkeypatch, tmp_path):
    stack = values(slice=30)
    for number in range(4):
        stack["containers"][f"more{number}"] = dict(stack["containers"]["ssh01"])
    with pytest.raises(Exception, match="has no address left for more3 and its shim") as caught:
        run_program(
            monkeypatch, tmp_path, stack, {name: seen(name) for name in ("docker01", "docker02")}
        )
    assert "write `slice: 29`" in str(caught.value)


def test_one_that_is_not_wanted_any_more_goes_before_the_proof_denies_what_it_let(
    monkeypatch, tmp_path
):
    before = run_program(
        monkeypatch, tmp_path, values(), {name: seen(name) for name in ("docker01", "docker02")}
    )
    kept = {host: made(before, host) for host in ("docker01", "docker02")}
    engine = run_program(
        monkeypatch,
        tmp_path,
        values(shim=False),
        {name: seen(name, shim_macvlan_1=text) for name, text in kept.items()},
    )
    lines = engine.of_type("command:local:Command")["conflicts"]["stdin"].splitlines()[1:]
    assert lines == [f"{host} shim macvlan_1" for host in kept]
    again = run_program(
        monkeypatch, tmp_path, values(), {n: seen(n, shim_macvlan_1=t) for n, t in kept.items()}
    )
    assert len(again.of_type("command:local:Command")["conflicts"]["stdin"].splitlines()) == 1
