"""The real program with overlays on Swarm, under mocks: members, their order, and what is on them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

import pulumi
import pytest

from tests.unit.fleet import RecordingEngine, facts_text, routes, run_program, stack_values
from tests.unit.swarms import ADDRESSES, fleet_texts, host_text, manager, nodes, record, worker

HOSTS = ("docker03", "docker04", "docker05")
BARE = {name: host_text(name) for name in HOSTS}
SEAT, NETWORK = "command:local:Command", "docker:index/network:Network"
CONTAINER = "docker:index/container:Container"
SEATS = {f"swarm@{name}" for name in HOSTS}


@pytest.fixture
def run(monkeypatch, tmp_path):
    def program(facts: Mapping[str, Any], values: Any = None, **how: Any) -> RecordingEngine:
        given = stack_values("lab-swarm") if values is None else values
        return run_program(monkeypatch, tmp_path, given, facts, **how)

    return program


@pytest.fixture
def logged(monkeypatch):
    """What is logged and stays to be read, by severity."""
    lines: dict[str, list[str]] = {"info": [], "warn": []}

    def log(text, *_, texts, ephemeral=False, **__):
        if not ephemeral:
            texts.append(text)

    for severity, texts in lines.items():
        monkeypatch.setattr(pulumi.log, severity, partial(log, texts=texts))
    return lines


def managed(*managers: str) -> dict[str, Any]:
    values = stack_values("lab-swarm")
    values["swarm"]["managers"] = list(managers)
    return values


def members(engine: RecordingEngine) -> dict[str, dict[str, Any]]:
    return {n: i for n, i in engine.of_type(SEAT).items() if n.startswith("swarm@")}


def header(engine: RecordingEngine, name: str) -> dict[str, str]:
    line = members(engine)[f"swarm@{name}"]["stdin"].splitlines()[-1]
    return dict(word.partition("=")[::2] for word in line.split())


def seats_before(engine: RecordingEngine, name: str) -> set[str]:
    return engine.after[name] & SEATS


def as_left(engine: RecordingEngine, managers: tuple[str, ...]) -> dict[str, str]:
    """Hosts as they are after this run."""
    found = {}
    for name in HOSTS:
        kept = members(engine)[f"swarm@{name}"]["stdin"].partition("\n\n")[2]
        rules = engine.of_type("command:remote:Command")[f"firewall@{name}"]["stdin"]
        manages = name in managers
        found[name] = host_text(
            name,
            manager(name, managers) if manages else worker(name, managers),
            more=("guard intact", *((nodes(HOSTS, managers),) if manages else ())),
            records={"swarm": kept, "firewall": rules},
        )
    return found


def without_managers() -> dict[str, Any]:
    values = stack_values("lab-swarm")
    values["swarm"].pop("managers", None)
    return values


def test_who_manages_goes_on_managing_when_a_host_comes_whose_name_is_first(run):
    hosts = ("docker03", "docker04", "docker05")
    values = without_managers()
    values["hosts"]["docker01"] = {**values["hosts"]["docker03"], "address": "10.0.0.11"}
    engine = run(
        {**fleet_texts(("docker04",), hosts=hosts), "docker01": host_text("docker01")}, values
    )
    roles = {name: header(engine, name)["role"] for name in ("docker01", *hosts)}
    assert roles == {
        "docker01": "worker", "docker03": "worker", "docker04": "manager", "docker05": "worker",
    }  # fmt: skip
    assert list(engine.of_type(NETWORK)) == ["ol1@docker04"]


def test_a_manager_that_does_not_answer_is_still_the_manager_in_a_preview(run):
    facts = {**fleet_texts(("docker04",), hosts=HOSTS), "docker04": (255, "No route to host")}
    engine = run(facts, without_managers(), preview=True)
    assert header(engine, "docker03")["role"] == "worker"
    assert list(engine.of_type(NETWORK)) == ["ol1@docker04"]


def test_every_host_of_the_overlay_is_one_member(run):
    engine = run(BARE)
    assert set(members(engine)) == SEATS
    assert {name: header(engine, name)["start"] for name in HOSTS} == {
        "docker03": "init", "docker04": "join", "docker05": "join",
    }  # fmt: skip


def test_workers_wait_for_the_first_manager_and_not_for_each_other(run):
    engine = run(BARE)
    assert seats_before(engine, "swarm@docker03") == set()
    for name in ("docker04", "docker05"):
        assert seats_before(engine, f"swarm@{name}") == {"swarm@docker03"}
        assert engine.after[f"swarm@{name}"] >= {
            f"install-scripts@{name}",
            "install-scripts@docker03",
        }


def test_managers_come_one_after_another_and_workers_after_them(run):
    engine = run(BARE, managed("docker04", "docker05"))
    assert seats_before(engine, "swarm@docker04") == set()
    assert seats_before(engine, "swarm@docker05") == {"swarm@docker04"}
    assert seats_before(engine, "swarm@docker03") == {"swarm@docker04", "swarm@docker05"}


def test_managers_that_step_down_do_so_one_after_another_once_the_new_ones_are_there(run):
    engine = run(fleet_texts(HOSTS, hosts=HOSTS), managed("docker05"))
    assert seats_before(engine, "swarm@docker05") == set()
    assert seats_before(engine, "swarm@docker03") == {"swarm@docker05"}
    assert seats_before(engine, "swarm@docker04") == {"swarm@docker03", "swarm@docker05"}
    assert header(engine, "docker05")["via"] == "docker05,docker03,docker04"


def test_the_network_is_made_through_the_first_manager_and_containers_may_join_it(run):
    engine = run(BARE, managed("docker04"))
    (name, inputs), = engine.of_type(NETWORK).items()  # fmt: skip
    assert name == "ol1@docker04"
    assert "docker@docker04" in engine.resources[name].provider
    assert inputs["attachable"] is True
    assert "swarm@docker04" in engine.after[name]


def test_a_network_keeps_being_the_same_one_when_another_manager_makes_it(run):
    engine = run(BARE, managed("docker04"))
    assert engine.aliases["ol1@docker04"] == {"ol1@docker03", "ol1@docker05"}
    assert engine.aliases["ol1-endpoints@docker04"] == {
        "ol1-endpoints@docker03", "ol1-endpoints@docker05",
    }  # fmt: skip


def test_containers_wait_for_their_hosts_membership_and_are_bound_to_its_node(run):
    engine = run(BARE)
    for web, name in zip(("web01", "web02", "web03"), HOSTS, strict=True):
        container = f"{web}@{name}"
        assert f"swarm@{name}" in engine.after[container]
        labels = {
            row["label"]: row["value"] for row in engine.of_type(CONTAINER)[container]["labels"]
        }
        assert labels["crosshost.networks"].split() == [
            "id-of-ol1@do",
            f"node-of-swarm@{name}"[:12],
        ]


def test_containers_in_a_swarm_that_goes_on_are_bound_to_the_node_that_facts_show(run):
    engine = run(fleet_texts(("docker03",), hosts=HOSTS))
    labels = engine.of_type(CONTAINER)["web02@docker04"]["labels"]
    assert {"label": "crosshost.networks", "value": "id-of-ol1@do node-docker0"} in labels


@pytest.mark.parametrize("managers", [("docker03",), HOSTS, ("docker05", "docker03", "docker04")])
def test_a_second_run_repeats_every_member_exactly(run, managers, logged):
    first = run(BARE, managed(*managers))
    facts = as_left(first, managers)
    logged["info"].clear()
    second = run(facts, managed(*managers))
    assert {n: i["stdin"] for n, i in members(second).items()} == {
        n: i["stdin"] for n, i in members(first).items()
    }
    assert logged["info"] == []


def test_a_host_that_left_by_hand_is_asked_again_and_it_is_said(run, logged):
    facts = as_left(run(BARE), ("docker03",))
    facts["docker04"] = host_text("docker04", records=record())
    logged["info"].clear()
    engine = run(facts)
    assert header(engine, "docker04")["start"] == "join"
    assert logged["info"][-1:] == ["docker04 will join the swarm as a worker"]


def test_what_will_be_done_is_said_of_every_host(run, logged):
    run(BARE)
    assert logged["info"][-3:] == [
        "docker03 will begin a swarm",
        "docker04 will join the swarm as a worker",
        "docker05 will join the swarm as a worker",
    ]


def test_an_even_number_of_managers_is_a_warning_with_the_reason(run, logged):
    run(BARE, managed("docker03", "docker04"))
    assert [line for line in logged["warn"] if "swarm stands still as soon as 1 of them" in line]


def test_no_token_is_in_any_input_and_no_data_in_any_command(run):
    facts = fleet_texts(("docker03",), hosts=HOSTS)
    engine = run(facts, managed("docker03", "docker05"))
    for name, args in engine.resources.items():
        text = json.dumps(dict(args.inputs), default=str)
        assert "SWMTKN" not in text, name
        assert "SWMKEY" not in text, name
    verbs = {i[verb] for i in members(engine).values() for verb in ("create", "update", "delete")}
    assert verbs == {
        "exec python3 -m components.swarm_member apply",
        "exec python3 -m components.swarm_member undo",
    }
    for inputs in members(engine).values():
        assert inputs["logging"] == "none"
        assert inputs["addPreviousOutputInEnv"] is False


def test_the_first_manager_alone_is_told_of_what_holds_for_the_whole_swarm(run):
    values = managed("docker03", "docker04", "docker05")
    values["swarm"] |= {"data_path_port": 9789, "autolock": True, "address_pool": "10.99.0.0/16"}
    engine = run(BARE, values)
    first = header(engine, "docker03")
    assert (first["port"], first["autolock"], first["pool"]) == ("9789", "on", "10.99.0.0/16")
    assert not {"port", "autolock", "pool"} & header(engine, "docker04").keys()


def test_the_pool_of_the_swarm_meets_no_route_and_no_network_of_the_stack(run):
    route = (routes("10.0.0.0/24 ens33"),)
    facts = {**BARE, "docker03": host_text("docker03", more=route)}
    values = stack_values("lab-swarm")
    values["networks"]["ol2"] = {"strategy": "overlay", "subnet": "10.201.7.0/24"}
    assert header(run(facts, values), "docker03")["pool"] == "172.30.0.0/16"


def test_a_host_with_sudo_is_asked_by_sudo(run):
    values = stack_values("lab-swarm")
    values["ssh"] |= {"user": "admin", "sudo": True}
    engine = run(BARE, values)
    stdin = members(engine)["swarm@docker04"]["stdin"]
    assert stdin.splitlines()[0].endswith(" /var/lib/crosshost/test/scripts docker04:sudo")
    assert header(engine, "docker04")["managers"] == "docker03:sudo"


def test_a_host_that_does_not_answer_shows_no_change_in_a_preview(run):
    facts = {**BARE, "docker05": (255, "ssh: connect to host 10.0.0.15 port 22: No route to host")}
    engine = run(facts, preview=True)
    assert set(members(engine)) == SEATS
    assert header(engine, "docker05")["role"] == "worker"


def test_options_hold_the_vxlans_number_as_soon_as_there_are_any(run):
    values = stack_values("lab-swarm")
    values["networks"]["ol1"]["mtu"] = 1400
    (first,) = run(BARE, values).of_type(NETWORK).values()
    assert first["options"]["com.docker.network.driver.mtu"] == "1450"
    number = int(first["options"]["com.docker.network.driver.overlay.vxlanid_list"])
    assert 4096 <= number < 1 << 24
    (second,) = run(BARE, values).of_type(NETWORK).values()
    assert second == first


def test_every_network_has_a_vxlan_number_of_its_own(run):
    values = stack_values("lab-swarm")
    values["networks"]["ol1"]["encrypted"] = True
    values["networks"]["ol2"] = {
        "strategy": "overlay", "control_plane": "swarm", "subnet": "172.16.2.0/24", "mtu": 1400,
    }  # fmt: skip
    key = "com.docker.network.driver.overlay.vxlanid_list"
    found = [inputs["options"][key] for inputs in run(BARE, values).of_type(NETWORK).values()]
    assert len(set(found)) == len(found) == 2


def test_without_options_docker_is_given_none(run):
    (inputs,) = run(BARE).of_type(NETWORK).values()
    assert "options" not in inputs


# control_plane: auto

MIXED = {
    "docker06": host_text("docker06", version="20.10.5", backends=("consul",)),
    "docker07": host_text("docker07", version="20.10.24"),
    "docker08": host_text("docker08"),
}
STORE = {"ClusterStore": "consul://10.0.0.11:8500"}
ON_STORE = {name: facts_text(hostname=name, info=STORE) for name in ("docker01", "docker02")}


def left_open() -> dict[str, Any]:
    """The overlay on Consul, which does not say that it is."""
    values = stack_values("lab-overlay")
    del values["networks"]["ol1"]["control_plane"]
    return values


def test_on_engines_of_all_ages_auto_is_swarm_and_it_is_said(run, logged):
    engine = run(MIXED, stack_values("lab-auto"))
    assert set(members(engine)) == {"swarm@docker06", "swarm@docker07", "swarm@docker08"}
    assert logged["info"][0] == "overlays are on Swarm: every engine has it"


def test_hosts_that_live_on_a_store_keep_it_under_auto(run, logged):
    engine = run(ON_STORE, left_open())
    assert members(engine) == {}
    assert list(engine.of_type(NETWORK)) == ["ol1@docker01"]
    assert logged["info"][0] == (
        "overlays are on Consul: docker01 and docker02 live on a cluster store, which excludes Swarm"
    )


def test_auto_on_a_store_without_a_server_in_the_stack_file_asks_for_one(run):
    values = left_open()
    del values["consul"]
    with pytest.raises(pulumi.RunError, match=r"add `crosshost:consul: \{host: docker01\}`"):
        run(ON_STORE, values)


def beside(plane: str, on: list[str], open_on: list[str]) -> dict[str, Any]:
    """An overlay that names its plane, and one that leaves it open."""
    values = stack_values("lab-overlay")
    values["networks"] = {
        "ol1": {"strategy": "overlay", "control_plane": plane, "subnet": "172.16.1.0/24", "hosts": on},
        "ol2": {"strategy": "overlay", "subnet": "172.16.2.0/24", "hosts": open_on},
    }  # fmt: skip
    values["containers"] = {}
    return values


OLD = {
    name: facts_text(hostname=name, address=ADDRESSES[name]) for name in ("docker01", "docker02")
}


def test_auto_follows_an_overlay_that_names_its_plane(run, logged):
    both = ["docker01", "docker02"]
    engine = run(OLD, beside("consul", both, both))
    assert members(engine) == {}
    assert logged["info"][0] == "overlays are on Consul: ol1 says so"
    assert members(run(OLD, beside("swarm", both, both))).keys() == {
        "swarm@docker01", "swarm@docker02",
    }  # fmt: skip


def test_auto_follows_only_overlays_of_its_own_hosts(run, logged):
    engine = run(OLD, beside("consul", ["docker01"], ["docker02"]))
    assert set(members(engine)) == {"swarm@docker02"}
    assert logged["info"][0] == "overlays are on Swarm: every engine has it"


def refusal(run: Any, values: dict[str, Any]) -> str:
    with pytest.raises(pulumi.RunError) as caught:
        run(OLD, values)
    return str(caught.value)


def test_auto_between_overlays_on_two_planes_is_refused(run):
    values = beside("consul", ["docker01"], ["docker01", "docker02"])
    values["networks"]["ol3"] = {
        "strategy": "overlay", "control_plane": "swarm", "subnet": "172.16.3.0/24",
        "hosts": ["docker02"],
    }  # fmt: skip
    assert (
        "ol2 leaves its control plane open and shares hosts with ol1 on Consul and ol3 on Swarm: "
        "give it `control_plane` and `hosts` that fit one of them"
    ) in refusal(run, values)


@pytest.mark.parametrize(("word", "value"), [("mtu", 1400), ("encrypted", True)])
def test_what_consul_cannot_do_is_refused_also_where_it_was_chosen(run, word, value):
    values = beside("consul", ["docker01"], ["docker01", "docker02"])
    values["networks"]["ol2"][word] = value
    sentence = f"crosshost:networks.ol2.{word}: cannot be had on Consul: remove it, or write"
    assert sentence in refusal(run, values)


def test_an_address_that_is_a_name_is_refused_where_consul_was_chosen(run):
    values = beside("consul", ["docker01"], ["docker01", "docker02"])
    values["hosts"]["docker02"]["address"] = "docker02.example.com"
    values["swarm"] = {"advertise": "ens33"}
    assert (
        "crosshost:hosts.docker02.address: docker02.example.com is a name, but the engines of overlay "
        "ol2 tell each other this address: write the host's IP address"
    ) in refusal(run, values)


@pytest.mark.parametrize("plane", ["auto", "consul", "swarm"])
def test_an_ipv6_address_of_a_host_is_refused_as_engines_speak_ipv4_to_each_other(run, plane):
    values = beside("consul", ["docker01"], ["docker02"])
    values["networks"]["ol2"]["control_plane"] = plane
    values["hosts"]["docker02"]["address"] = "fd12:3456:789a::12"
    said = refusal(run, values)
    assert (
        "crosshost:hosts.docker02.address: fd12:3456:789a::12 is an IPv6 address, but the engines of overlay ol2 "
        "speak IPv4 to each other: write the host's IPv4 address"
    ) in said
    assert ("advertise: {docker02: ens33}" in said) == (plane != "consul")


@pytest.mark.parametrize(
    ("version", "seconds"), [("20.10.5+dfsg1", 1), ("20.10.24+dfsg1", 0), ("28.5.2", 0), ("dev", 1)]
)
def test_a_container_waits_on_engines_that_may_take_its_network_away(
    run, monkeypatch, version, seconds
):
    asked: list[float] = []
    monkeypatch.setattr("components.container.component.before_create", asked.append)
    run({name: host_text(name, version=version) for name in HOSTS})
    assert asked == [seconds] * 3
