"""Numbers of VXLAN networks and of Docker's overlays: the kernel gives one out once a port."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest

from planning import records
from tests.unit.fleet import b64, facts_text, networks, run_program, stack_values
from tests.unit.meshes import device, fleet, refusal, seen, values
from tests.unit.swarms import host_text, manager, nodes, worker

SWARM = {"Swarm": {"LocalNodeState": "active", "NodeID": "n1"}}
STORE = {"ClusterStore": "consul://10.0.0.11:8500"}
NAMES, MANAGERS = ("docker03", "docker04", "docker05"), ("docker03",)
SOON = "is one that Docker on docker01 may give an overlay at any time"


def overlay(scope: str, numbers: str, name: str = "taken", stack: str = "") -> tuple[str, ...]:
    """The facts of a host whose engine has an overlay with these numbers."""
    listed = {"id": "aa11", "name": name, "driver": "overlay", "scope": scope, "stack": stack}
    options = {"com.docker.network.driver.overlay.vxlanid_list": numbers}
    made = {"id": "aa11", "configs": None, "options": options}
    return (networks(listed), f"overlays {b64(json.dumps(made))}")


def docker01(**how: Any) -> dict[str, str]:
    """The fleet with docker01 as it is told."""
    given = {"hostname": "docker01", "address": "10.0.0.11", **how}
    return {**fleet(), "docker01": facts_text(**given)}


def said(monkeypatch, tmp_path, stack, facts) -> str:
    """What keeps the program from going on, "" for nothing."""
    try:
        run_program(monkeypatch, tmp_path, stack, facts)
    except pulumi.RunError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("vni", "more", "whom"),
    [
        (42, device((), vni=42, name="vx0"), "vx0"),
        (257, overlay("global", "256,257"), "taken, an overlay of Docker's"),
        (4097, overlay("swarm", "4097,x"), "taken, an overlay of Docker's"),
    ],
    ids=["another stack's", "of an overlay in a store", "of an overlay in a swarm"],
)
def test_a_number_that_somebody_has_is_refused(monkeypatch, tmp_path, vni, more, whom):
    said = refusal(monkeypatch, tmp_path, values(vni=vni), docker01(more=more))
    assert (
        f"mesh: VNI {vni} at udp 4789 is taken on docker01 by {whom}: write another `vni` or `port`"
        in said
    )
    assert SOON not in said


def test_the_number_of_an_overlay_at_another_port_is_no_reason(monkeypatch, tmp_path):
    facts = fleet()
    facts["docker01"] = seen("docker01", more=overlay("swarm", "4097"))
    run_program(monkeypatch, tmp_path, values(vni=4097, port=4790), facts)


@pytest.mark.parametrize(
    ("vni", "info", "from_"), [(4100, SWARM, 4096), (300, STORE, 256)], ids=["swarm", "store"]
)
def test_a_number_that_docker_gives_next_is_refused_to_who_is_new_to_it(
    monkeypatch, tmp_path, vni, info, from_
):
    said = refusal(monkeypatch, tmp_path, values(vni=vni), docker01(info=info))
    assert (
        f"mesh: VNI {vni} at udp 4789 {SOON} (from {from_} on, one after another), whose containers would then "
        "not start: write a `vni` from 8192 on or below 256, or another `port`" in said
    )
    run_program(monkeypatch, tmp_path, values(vni=vni, port=4790), docker01(info=info))
    run_program(monkeypatch, tmp_path, values(vni=8192), docker01(info=info))
    run_program(monkeypatch, tmp_path, values(vni=255), docker01(info=info))
    run_program(monkeypatch, tmp_path, values(vni=vni), fleet())


KEPT = {"vxlan/mesh": "planned=x network=mesh vni=4100 port=4789\n"}


@pytest.mark.parametrize(
    "how",
    [{"more": device((), vni=4100)}, {"records": KEPT}, {"more": ("unread vxlan time",)}],
    ids=["device", "record", "unread"],
)
def test_who_has_the_number_or_had_it_keeps_it(monkeypatch, tmp_path, how):
    facts = {**fleet(), "docker01": seen("docker01", info=SWARM, **how)}
    assert SOON not in said(monkeypatch, tmp_path, values(vni=4100), facts)


def test_an_overlay_of_the_same_stack_counts_before_any_host_is_in_a_swarm(monkeypatch, tmp_path):
    stack = values(vni=4100)
    stack["networks"]["ol1"] = {
        "strategy": "overlay", "control_plane": "swarm", "subnet": "172.16.9.0/24",
    }  # fmt: skip
    assert f"mesh: VNI 4100 at udp 4789 {SOON}" in refusal(monkeypatch, tmp_path, stack, fleet())


def in_swarm(**third: Any) -> dict[str, str]:
    """lab-swarm's hosts, whose manager knows the overlay ol1 of the stack with VNI 4097."""
    return {
        "docker03": host_text(
            "docker03", manager("docker03", MANAGERS),
            more=(*overlay("swarm", "4097", "ol1", "test"), nodes(NAMES, MANAGERS)),
        ),
        "docker04": host_text("docker04", worker("docker04", MANAGERS)),
        "docker05": host_text("docker05", worker("docker05", MANAGERS), **third),
    }  # fmt: skip


def test_a_device_with_the_number_of_an_overlay_is_named_on_every_host(monkeypatch, tmp_path):
    facts = in_swarm(more=device((), vni=4097, name="vx0"))
    with pytest.raises(pulumi.RunError) as caught:
        run_program(monkeypatch, tmp_path, stack_values("lab-swarm"), facts)
    assert (
        "ol1: Docker gave it VNI 4097, which vx0 has on docker05 at the same udp port, 4789, so that no container "
        "of it starts there: give the network of vx0 another `vni`" in str(caught.value)
    )


@pytest.mark.parametrize("how", [{"vni": 4098}, {"vni": 4097, "port": 4790}])
def test_a_device_with_another_number_or_port_is_no_reason(monkeypatch, tmp_path, how):
    facts = in_swarm(more=device((), name="vx0", **how))
    run_program(monkeypatch, tmp_path, stack_values("lab-swarm"), facts)


def test_a_device_of_the_stack_itself_is_said_once_by_its_own_network(monkeypatch, tmp_path):
    kept = {"vxlan/mesh": records.text("", record=None, intact=True, header={"device": "vx0"})}
    facts = in_swarm(more=device((), vni=4097, name="vx0"), records=kept)
    run_program(monkeypatch, tmp_path, stack_values("lab-swarm"), facts)


def on_consul(monkeypatch, tmp_path, how, networks=()):
    """What an overlay on Consul is told beside a device on docker02."""
    facts = {
        **fleet(more=networks),
        "docker02": seen("docker02", more=(*device((), **how), *networks)),
    }
    return said(monkeypatch, tmp_path, stack_values("lab-overlay"), facts)


def test_a_new_overlay_on_consul_is_refused_where_it_may_get_a_devices_number(
    monkeypatch, tmp_path
):
    there = {"vni": 258, "name": "vx0"}
    assert (
        "ol1: vx0 has VNI 258 on docker02 at udp 4789, which Docker may give this overlay (from 256 on, one after "
        "another, and tells nobody)" in on_consul(monkeypatch, tmp_path, there)
    )
    assert on_consul(monkeypatch, tmp_path, {**there, "vni": 5000}) == ""
    assert on_consul(monkeypatch, tmp_path, {**there, "port": 4790}) == ""
    # It has its number already.
    assert on_consul(monkeypatch, tmp_path, there, overlay("global", "", "ol1", "test")) == ""
