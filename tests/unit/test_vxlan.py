"""VXLAN networks under mocks: what is made on each host, and what is told of a host's device."""

from __future__ import annotations

import pytest

from components.networks.vxlan.device import bridge_name, device_name, own_number
from planning import records
from planning.facts import parse
from tests.unit.fleet import b64, facts_text, run_program
from tests.unit.meshes import (
    BRIDGE,
    DEVICE,
    NETWORK,
    device,
    fleet,
    recorded,
    seen,
    sent,
    values,
)


def test_each_host_has_a_bridge_with_its_slice_and_a_device_that_knows_the_others(
    monkeypatch, tmp_path
):
    engine = run_program(monkeypatch, tmp_path, values(3), fleet(3))
    networks = engine.of_type(NETWORK)
    assert {name: one["ipamConfigs"] for name, one in networks.items()} == {
        f"mesh@docker0{n + 1}": [
            {
                "subnet": "172.16.2.0/24",
                "ipRange": f"172.16.2.{16 * n}/28",
                "gateway": f"172.16.2.{16 * n + 1}",
            }
        ]
        for n in range(3)
    }
    options = networks["mesh@docker01"]["options"]
    assert options["com.docker.network.bridge.name"] == BRIDGE
    assert options["com.docker.network.driver.mtu"] == "1450"
    header, content = sent(engine, "docker02")
    assert content == "10.0.0.11 172.16.2.0/28\n10.0.0.13 172.16.2.32/28\n"
    assert header["local"] == "10.0.0.12"
    assert (header["bridge"], header["device"]) == (BRIDGE, DEVICE)
    assert len(BRIDGE) <= 15
    assert len(DEVICE) <= 15


def test_only_hosts_of_the_network_reach_its_port(monkeypatch, tmp_path):
    stack = values(3, port=4790, hosts=["docker01", "docker02"])
    engine = run_program(monkeypatch, tmp_path, stack, fleet(3))
    rules = engine.resources["firewall@docker01"].inputs["stdin"]
    assert records.body(rules) == "udp 4790 local,10.0.0.12 10.0.0.11,10.0.0.12\n"
    assert "firewall@docker03" not in engine.resources
    assert sent(engine, "docker01")[0]["port"] == "4790"


def test_the_mtu_is_what_the_smallest_nic_carries_and_stays(monkeypatch, tmp_path):
    facts = {"docker01": seen("docker01"), "docker02": seen("docker02", mtu=1500)}
    facts["docker02"] = facts["docker02"].replace(b64(links(1500)), b64(links(1400)))
    first = run_program(monkeypatch, tmp_path, values(), facts)
    assert sent(first, "docker01")[0]["mtu"] == "1350"
    record = {"vxlan/mesh": first.resources["mesh-vxlan@docker01"].inputs["stdin"]}
    facts = {"docker01": seen("docker01", records=record), "docker02": seen("docker02")}
    assert sent(run_program(monkeypatch, tmp_path, values(), facts), "docker02")[0]["mtu"] == "1350"


def test_an_mtu_that_the_file_had_does_not_stay(monkeypatch, tmp_path):
    first = run_program(monkeypatch, tmp_path, values(mtu=1400), fleet())
    record = {"vxlan/mesh": first.resources["mesh-vxlan@docker01"].inputs["stdin"]}
    facts = {"docker01": seen("docker01", records=record), "docker02": seen("docker02")}
    assert sent(run_program(monkeypatch, tmp_path, values(), facts), "docker02")[0]["mtu"] == "1450"


def links(mtu: int) -> str:
    return (
        f"1: ens33: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu {mtu} qdisc noqueue state UP mode DEFAULT "
        "group default\n"
    )


def test_a_host_that_has_its_device_is_told_nothing_new(monkeypatch, tmp_path):
    kept = recorded(monkeypatch, tmp_path)
    more = device(("10.0.0.12",))
    facts = {
        "docker01": seen("docker01", records=kept["docker01"], more=more),
        "docker02": seen("docker02", records=kept["docker02"]),
    }
    engine = run_program(monkeypatch, tmp_path, values(), facts)
    inputs = {n: engine.resources[f"mesh-vxlan@{n}"].inputs["stdin"] for n in facts}
    assert inputs["docker01"] == kept["docker01"]["vxlan/mesh"]
    # Where the device is gone it is made again.
    assert inputs["docker02"] != kept["docker02"]["vxlan/mesh"]


@pytest.mark.parametrize(
    "drift",
    [
        {"peers": ()},
        {"peers": ("10.0.0.12", "10.0.0.99")},
        {"vni": 5},
        {"port": 8472},
        {"local": "10.0.0.9"},
        {"mtu": 1500},
        {"bridge": "docker0"},
        {"flags": "LOWER_UP"},
    ],
    ids=lambda drift: next(iter(drift)),
)
def test_a_device_that_is_not_as_it_was_left_is_made_so_again(monkeypatch, tmp_path, drift):
    kept = recorded(monkeypatch, tmp_path)
    more = device(**{"peers": ("10.0.0.12",), **drift})
    facts = {
        "docker01": seen("docker01", records=kept["docker01"], more=more),
        "docker02": seen("docker02"),
    }
    engine = run_program(monkeypatch, tmp_path, values(), facts)
    stdin = engine.resources["mesh-vxlan@docker01"].inputs["stdin"]
    assert stdin != kept["docker01"]["vxlan/mesh"]


def test_numbers_and_names_differ_by_stack_and_network():
    ways = [("a", "x"), ("a", "y"), ("b", "x")]
    for called in (own_number, device_name, bridge_name):
        assert len({called(*way) for way in ways}) == 3


def test_devices_are_read_with_their_peers():
    facts = parse(facts_text(more=device(("10.0.0.12", "10.0.0.13"), vni=42)))
    found = facts.vxlans[DEVICE]
    assert (found.vni, found.port, found.local, found.mtu) == (42, 4789, "10.0.0.11", 1450)
    assert (found.bridge, found.up) == (BRIDGE, True)
    assert found.peers == {"10.0.0.12", "10.0.0.13"}


def test_a_device_of_another_form_is_not_read_and_nothing_is_made_of_it():
    facts = parse(facts_text(more=(f"vxlan {b64('7: vx0: <UP> mtu many vxlan id 1' + chr(10))}",)))
    assert facts.vxlans == {}
    assert facts.hides("vxlan")


def test_a_device_that_is_made_anew_is_announced_and_no_other_change(monkeypatch, tmp_path, said):
    kept = recorded(monkeypatch, tmp_path)
    facts = {host: seen(host, records=kept[host]) for host in kept}
    said.clear()
    run_program(monkeypatch, tmp_path, values(vni=42), facts)
    old = own_number("test", "mesh")
    assert (
        f"warn docker01: the VXLAN device of mesh is made anew (vni {old} -> 42): its containers go on "
        "running, and reach other hosts again when all have that"
    ) in said
    said.clear()
    run_program(monkeypatch, tmp_path, values(3), {**facts, "docker03": seen("docker03")})
    assert not [text for text in said if "made anew" in text]
