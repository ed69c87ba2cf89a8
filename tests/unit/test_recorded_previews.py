"""Reports on previews that a real engine printed on hosts of the lab, recorded in tests/unit/events/.

What the reader does not look at was taken out of them (stack configuration, connections, outputs). The
stack files were those of the lab with the edits below; docker02 was off for `unseen`; for `refresh`
(previewed with --refresh) ssh02 was removed by hand and the memory of ssh01 limited.
"""

from __future__ import annotations

import copy
from typing import Any

import pytest

from crosshost import impact as fleets
from planning import engine_events
from reports.impact import expected as expectations
from reports.impact import markdown
from reports.impact.model import Impact
from reports.impact.report import impact
from reports.impact.verdict import verdict
from stacks.settings import parse
from tests.unit.fleet import ROOT, stack_values

pytestmark = pytest.mark.usefixtures("key_file")
EVENTS = ROOT / "tests" / "unit" / "events"


def outputs(values: dict[str, Any]) -> dict[str, Any]:
    """Outputs of an up of a stack file in which every address is given."""
    networks = {
        name: {"strategy": one["strategy"], "control_plane": one.get("control_plane")}
        for name, one in values["networks"].items()
    }
    containers = {
        name: {
            "host": one["host"],
            "mode": one["network"],
            "addresses": {one["network"]: one["ip"]} if "ip" in one else {},
        }
        for name, one in values["containers"].items()
    }
    return {"networks": networks, "containers": containers}


def report(name: str, stack: str = "lab-macvlan", edit=lambda values: None) -> Impact:
    before = stack_values(stack)
    after = copy.deepcopy(before)
    edit(after)
    text = (EVENTS / name).read_text()
    preview = engine_events.read(text, stack, "crosshost")
    last = outputs(before)
    return impact(stack, preview, fleets.before(last), fleets.after(parse(after), last))


def told(found: Impact, host: str) -> list[str]:
    return [effect.sentence for effect in found.effects if effect.host == host and effect.weight]


def edit_containers(values: dict[str, Any]) -> None:
    containers = values["containers"]
    containers["ssh01"]["environment"] = {"LEVEL": "debug", "DB_PASSWORD": "PLANTED"}
    del containers["ssh02"]
    containers["ssh03"] = {
        "host": "docker02", "image": "centos_ssh:v2", "network": "macvlan_1", "ip": "10.0.0.201",
    }  # fmt: skip
    containers["web"] = {"host": "docker01", "image": "centos_ssh:v2", "ports": ["8080:80"]}


def to_swarm(values: dict[str, Any]) -> None:
    del values["consul"]
    values["networks"]["ol1"]["control_plane"] = "swarm"


def test_a_stack_without_a_change():
    assert (
        markdown.text(report("nothing.json"), expectations.read(""))
        == "**lab-macvlan**: nothing changes\n"
    )


def test_containers_edited_added_and_removed():
    found = report("containers.json", edit=edit_containers)
    assert verdict(found) == (
        "bounces 1 container on docker01 for about 5 s; opens ports of docker01 and docker02; ends 1 "
        "container on docker02; starts 2 containers"
    )
    assert told(found, "docker01") == [
        "container ssh01 is replaced and is away for about 5 s (environment)",
        "tcp 8080 opens to everyone who reaches docker01: it leads to port 80 of web",
        "container web starts (centos_ssh:v2)",
    ]
    assert told(found, "docker02") == [
        "every port of ssh03 opens to the LAN on macvlan_1 (10.0.0.201)",
        "container ssh02 ends and is removed",
        "10.0.0.200 on macvlan_1 is freed (it was ssh02's)",
        "container ssh03 starts (centos_ssh:v2)",
        "10.0.0.201 on macvlan_1 is taken by ssh03",
    ]
    assert found.gained[0] == "ssh01 ↔ ssh03, over macvlan_1 (macvlan)"
    assert found.lost[0] == "ssh01 ↔ ssh02, over macvlan_1 (macvlan)"
    assert "DB_PASSWORD=[secret]" in found.diff
    assert "PLANTED" not in markdown.text(found, expectations.read(""))


def test_the_streamed_events_of_the_same_preview_give_the_same_report():
    streamed = report("containers.stream.jsonl", edit=edit_containers)
    assert streamed == report("containers.json", edit=edit_containers)


def test_a_container_that_moves():
    def move(values):
        values["containers"]["ssh01"]["host"] = "docker02"

    found = report("move.json", edit=move)
    assert verdict(found) == "bounces 1 container on docker02 for about 5 s"
    assert told(found, "docker01") == ["container ssh01 leaves for docker02"]
    assert (found.gained, found.lost) == ((), ())


def test_a_network_made_anew_takes_its_containers_along():
    found = report("network.json")
    assert verdict(found) == "bounces 1 container on docker01 for about 8 s; makes macvlan_1 anew"
    assert told(found, "docker01") == [
        "container ssh01 is replaced and is away for about 8 s (its network is made anew)",
        "network macvlan_1 is made anew (subnet, gateway or ip_range)",
    ]


def test_a_restart_that_containers_survive_bounces_none():
    found = report("daemon.json")
    assert verdict(found) == "restarts the Docker daemon of docker01 and docker02"
    assert expectations.labels(found) == ["restart"]
    assert all(
        "goes on running (live-restore" in told(found, host)[0] for host in ("docker01", "docker02")
    )


def test_a_host_that_is_off():
    found = report("unseen.json")
    assert found.unseen == ("docker02",)
    assert verdict(found).startswith(
        "up would stop before it changes anything: docker02 (10.0.0.12) does not answer on SSH port 22"
    )


def test_what_a_refresh_finds_changed_and_gone():
    found = report("refresh.json")
    assert verdict(found) == "changes nothing that runs, starts 1 container"
    assert told(found, "docker01") == [
        "container ssh01 changes as it runs: mem_limit, memswap_limit"
    ]
    assert told(found, "docker02") == ["container ssh02 starts (centos_ssh:v2)"]
    assert found.said == ("container ssh02 is gone from docker02: up makes it anew",)
    assert "    not as it was made: memory, memorySwap" in found.diff.splitlines()


def test_an_error_in_the_stack_file():
    found = report("failed.json")
    assert verdict(found).startswith("there is no whole preview: 1 problem(s) in the stack file")
    assert len(found.errors) == 1


def test_an_overlay_from_consul_to_swarm():
    found = report("swarm.json", "lab-overlay", to_swarm)
    assert verdict(found) == (
        "cannot be undone: volume consul-data is deleted with its data; bounces 2 containers on docker01 and "
        "docker02 for about 16 s; restarts the Docker daemon of docker01 and docker02; makes ol1 anew; ends "
        "1 container on docker01"
    )
    assert told(found, "docker02") == [
        "container web02 is removed first: it is on network ol1; it is away for about 16 s",
        "daemon.json goes back to what it was: the Docker daemon will be restarted",
        "will join the swarm as a worker",
        "will let only docker01 reach tcp 2377, udp 4789, tcp 7946, udp 7946",
    ]
    assert (found.gained, found.lost) == ((), ())


def test_a_consul_that_moves_opens_its_port_to_the_stacks_hosts_alone():
    found = report("consul.json", "lab-overlay")
    assert (
        "tcp 8500 opens to 10.0.0.11, 10.0.0.12 alone, by rules of the firewall: it leads to port 8500 of consul"
        in told(found, "docker02")
    )
    assert "exposed-port" not in expectations.labels(found)


def test_rules_that_are_switched_off():
    found = report("off.json", "lab-overlay")
    assert verdict(found) == "opens ports of docker01 and docker02"
    assert expectations.labels(found) == ["exposed-port"]


@pytest.mark.parametrize("file", sorted(EVENTS.iterdir()), ids=lambda file: file.name)
def test_any_end_of_a_recorded_text_is_told_or_read(file):
    text = file.read_text()
    for end in range(1, len(text) - 2, max(1, len(text) // 23)):
        with pytest.raises(engine_events.EventsError):
            engine_events.read(text[:end], "lab-macvlan", "crosshost")
