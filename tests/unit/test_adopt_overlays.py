"""Overlays of a swarm that people made: what is found on hosts, and what a stack takes over of it."""

from __future__ import annotations

import json

import pulumi
import pytest

from components.adopted import made_anew, taken_over
from components.networks.base import Stack
from components.networks.overlay.settings import OverlaySettings
from crosshost.start.taken_overlays import overlays, swarm_words
from planning.adoption import Owned, with_adopted
from planning.facts import parse
from planning.fleet_facts import FleetFacts
from stacks.adopted_file import sections, with_sections
from tests.unit.fleet import b64, networks, run_program, stack_values
from tests.unit.fleet import containers as containers_text
from tests.unit.swarms import ADDRESSES, host_text, manager, nodes, worker

pytestmark = pytest.mark.usefixtures("key_file")
HOSTS = ("docker01", "docker02")
NETWORK = {"id": "o" * 25, "name": "backend", "driver": "overlay", "scope": "swarm", "stack": ""}
NUMBERS = "com.docker.network.driver.overlay.vxlanid_list"
CONFIG = {"Subnet": "10.9.0.0/24", "Gateway": "10.9.0.1"}
MADE = {
    "id": "o" * 25, "attachable": True, "internal": False, "options": {NUMBERS: "4097"},
    "configs": [CONFIG],
    "peers": [{"Name": "a", "IP": "10.0.0.11"}], "containers": {},
}  # fmt: skip
DB = {
    "id": "d" * 64, "name": "db", "state": "running", "status": "Up", "stack": "",
    "networks": "backend", "image": "busybox:1",
}  # fmt: skip


def texts(made=MADE, records=None, elsewhere=(), **more):
    """Facts of docker01, which manages the swarm, and docker02, which has a container on the network."""
    shown = (networks({**NETWORK, **more}), "overlays " + b64(json.dumps(made) + "\n"))
    return {
        "docker01": host_text(
            "docker01", manager("docker01"), more=(nodes(HOSTS), *shown, *elsewhere),
            records=(records or {}).get("docker01", {}),
        ),
        "docker02": host_text(
            "docker02", worker("docker02"), more=(*shown, containers_text(DB)),
            records=(records or {}).get("docker02", {}),
        ),
    }  # fmt: skip


def facts(**more):
    return {name: parse(text) for name, text in texts(**more).items()}


def found(said=None, **more):
    ((name, words),) = overlays(facts(**more), said or {})
    assert name == "backend"
    return words


def test_an_overlay_is_written_in_the_words_of_a_stack_file():
    words = found()
    assert words == {
        "strategy": "overlay", "control_plane": "swarm", "adopt": True, "subnet": "10.9.0.0/24",
        "gateway": "10.9.0.1",
    }  # fmt: skip
    options = {NUMBERS: "4097", "encrypted": "", "com.docker.network.driver.mtu": "1400"}
    words = found(made={**MADE, "options": options})
    assert (words["mtu"], words["encrypted"]) == (1350, True)
    settings = OverlaySettings.model_validate(words)
    assert settings.made_of.options == {
        "encrypted": "true",
        "com.docker.network.driver.mtu": "1400",
    }


@pytest.mark.parametrize(
    ("made", "why"),
    [
        ({"attachable": False}, "it is for services alone"),
        ({"internal": True}, "internal has no word"),
        ({"configs": [CONFIG, CONFIG]}, "has no word in a stack file"),
        ({"configs": [{"Subnet": "10.9.0.0/24"}]}, "has no word in a stack file"),
        ({"configs": [{**CONFIG, "IPRange": "10.9.0.0/25"}]}, "IPRange"),
        ({"options": {"odd": "1"}}, "odd"),
        ({"options": {"com.docker.network.driver.mtu": "many"}}, "many"),
        ({"peers": [{"Name": "x", "IP": "10.0.0.77"}]}, "10.0.0.77 has containers on it, too"),
    ],
)
def test_what_a_stack_file_cannot_say_is_left_alone(made, why):
    assert why in found(made={**MADE, **made})


def test_one_with_a_service_on_it_or_in_a_swarm_of_others_is_left_alone():
    task = {
        "Config": {"Labels": {"com.docker.swarm.service.name": "clock"}},
        "NetworkSettings": {"Networks": {"backend": {}}},
    }
    assert "service clock is on it" in found({"docker02": [("container", task)]})
    alone = {"docker02": facts()["docker02"]}
    ((_, why),) = overlays(alone, {})
    assert why == "no host of the file manages its swarm"


def test_the_swarm_is_written_as_it_is():
    seen = facts()
    assert swarm_words(seen, ADDRESSES) == {"managers": ["docker01"]}
    other = swarm_words(seen, {**ADDRESSES, "docker02": "10.9.9.9"})
    assert other["advertise"] == {"docker02": "10.0.0.12"}
    text = sections({"backend": {"adopt": True}}, {}, {"managers": ["docker01"]})
    before = "config:\n  crosshost:hosts:\n    h: {}\n"
    assert "crosshost:swarm:\n    managers: [docker01]\n" in (with_sections(before, text) or "")
    assert with_sections(f"{before}  crosshost:swarm: {{}}\n", text) is None


@pytest.fixture
def program(monkeypatch, tmp_path):
    """Runs the program for such hosts; its recorded resources, or what it refuses."""

    def run(adopt=True, network=None, **more):
        like = stack_values("lab-overlay")
        values = {
            "ssh": like["ssh"], "hosts": like["hosts"], "swarm": {"managers": ["docker01"]},
            "networks": {"backend": {**found(), **(network or {}), "adopt": adopt}},
            "containers": {
                "db": {"host": "docker02", "image": "busybox:1", "network": "backend", "adopt": adopt}
            },
        }  # fmt: skip
        try:
            return run_program(monkeypatch, tmp_path, values, texts(**more))
        except pulumi.RunError as error:
            return str(error)

    return run


def test_the_program_takes_over_what_the_words_say(program):
    assert not isinstance(program(), str)


def test_another_mtu_than_the_networks_is_refused(program):
    said = program(network={"mtu": 1400})
    assert "networks.backend: docker01 has backend with options {}: write that" in said


def test_one_that_an_earlier_up_took_over_is_known_on_all_hosts_without_the_word(program):
    rows = f"planned=1 present=\nnetwork {'o' * 25} backend\n"
    container = f"planned=1 present=\ncontainer {'d' * 64} db adopted=aa\n"
    records = {"docker01": {"present": rows}, "docker02": {"present": container}}
    assert not isinstance(program(adopt=False, records=records), str)
    seen = facts(records=records)
    fleet = Owned.of_all(seen.values())
    for shared, owner in (({"backend"}, "test"), (set(), "")):
        known = with_adopted(
            seen["docker02"], "test", containers=(), networks=(), shared=shared, fleet=fleet
        )
        assert [one.stack for one in known.networks or []] == [owner]


def test_a_network_that_is_made_anew_goes_first_with_its_containers():
    rows = f"planned=1 present=\nnetwork {'o' * 25} backend\n"
    container = f"planned=1 present=\ncontainer {'d' * 64} db adopted=aa\n"
    seen = facts(records={"docker01": {"present": rows}, "docker02": {"present": container}})
    for more, why in (
        ({}, {}),
        ({"mtu": 1400}, {"o" * 25: "it was taken over, and is made anew"}),
    ):
        settings = OverlaySettings.model_validate({**found(), **more})
        stack = Stack({}, {"backend": settings})
        known = taken_over(seen, stack, "test")
        assert made_anew(stack, FleetFacts("test", {h: ADDRESSES[h] for h in HOSTS}, known)) == why


def test_one_that_another_stack_took_over_is_refused(program):
    rows = f"planned=1 present=\nnetwork {'o' * 25} backend\n"
    said = program(elsewhere=("present other " + b64(rows),))
    assert "has a network of that name already, of stack other" in said


def test_only_networks_of_a_swarm_are_adopted():
    with pytest.raises(ValueError, match="adopt: takes over networks of a swarm"):
        OverlaySettings.model_validate(
            {"strategy": "overlay", "subnet": "10.9.0.0/24", "adopt": True}
        )
