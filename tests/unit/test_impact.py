"""What an up would do on each host, and its verdict, from the engine's changes and what the program said."""

from __future__ import annotations

import json

import pytest

from planning import engine_events
from planning.daemon_text import bouncing
from reports.impact import expected as expectations
from reports.impact import markdown
from reports.impact.data import data
from reports.impact.expected import Expected
from reports.impact.model import Gate, Impact, Weight
from reports.impact.report import impact
from reports.impact.verdict import verdict
from tests.unit.impacts import (
    NOTHING,
    of,
    port,
    replaced,
    sentences,
)
from tests.unit.previews import (
    CONTAINER,
    NETWORK,
    REMOTE,
    VOLUME,
    container,
    said,
    step,
)

RESTARTS = (
    "docker01: daemon.json (hosts): the Docker daemon will be restarted (because of hosts); its 3 running "
    "containers bounce: a swarm does not go with live-restore"
)


def test_nothing_changes_is_one_line():
    found = of(diagnostics=[said("two managers are worse than one")])
    assert markdown.text(found, Expected()) == "**lab-macvlan**: nothing changes\n"
    assert data(found, Expected())["changes"] == 0


def test_records_and_scripts_change_nothing_that_runs():
    found = of(
        step("update", REMOTE, "scripts@docker01", {"stdin": "a"}, {"stdin": "b"}),
        step("update", REMOTE, "present@docker01", {"stdin": "a"}, {"stdin": "b"}),
    )
    assert verdict(found) == "changes nothing that runs"
    assert "2 of crosshost's own scripts and records" in markdown.text(found, Expected())
    assert expectations.labels(found) == []


def test_a_new_container_is_no_bounce():
    found = of(step("create", CONTAINER, "ssh03@docker01", None, container("ssh03")))
    assert verdict(found) == "changes nothing that runs, starts 1 container"


def test_replaced_containers_bounce_on_their_hosts():
    found = of(
        replaced(image="b"), replaced("ssh02", image="b"), replaced("ssh03", "docker02", image="b")
    )
    assert verdict(found) == "bounces 3 containers on docker01 and docker02 for about 5 s"
    assert (
        sentences(found)[0]
        == "container ssh01 is replaced and is away for about 5 s (image centos_ssh:v2 -> b)"
    )


def test_a_container_that_is_gone_is_not_away_because_of_an_up():
    gone = "container ssh01 is gone from docker01: up makes it anew"
    found = of(replaced(image="b"), diagnostics=[said(gone)])
    assert sentences(found) == ["container ssh01, which is gone or has ended, is made anew"]
    assert verdict(found) == "changes nothing that runs"


def test_a_container_that_moves_is_said_where_it_goes():
    moved = step(
        "replace", CONTAINER, "ssh01@docker02", container(), container(), was="ssh01@docker01"
    )
    assert sentences(of(moved), "docker02")[0].startswith(
        "container ssh01 moves here from docker01 and is away"
    )


def test_the_programs_own_words_on_a_daemon_are_used():
    old, new = {"stdin": "action=reload\n{}"}, {"stdin": "action=restart\n{}"}
    change = step("update", REMOTE, "daemon@docker01", old, new)
    found = of(change, diagnostics=[said(RESTARTS, about="daemon@docker01")])
    assert bouncing(RESTARTS) == 3
    assert sentences(found) == [RESTARTS.removeprefix("docker01: ")]
    assert (
        verdict(found)
        == "bounces 3 containers on docker01 for about 9 s; restarts the Docker daemon of docker01"
    )
    assert expectations.labels(found) == ["restart"]
    assert found.said == ()


def test_a_reload_bounces_nothing():
    text = "docker01: daemon.json (debug): the Docker daemon will be reloaded; running containers are not touched"
    change = step("create", REMOTE, "daemon@docker01", None, {"stdin": "action=reload\n{}"})
    found = of(change, diagnostics=[said(text, "info", "daemon@docker01")])
    assert verdict(found) == "changes nothing that runs"
    assert sentences(found) == [text.removeprefix("docker01: ")]


def test_what_is_removed_first_is_away_as_long_as_the_program_says():
    text = "container old on docker01 is removed first: its name is taken; it is away for about 8 s"
    change = step("update", "command:local:Command", "conflicts", {"stdin": ""}, {"stdin": "x"})
    assert (
        verdict(of(change, diagnostics=[said(text)]))
        == "bounces 1 container on docker01 for about 8 s"
    )


def test_a_deleted_volume_cannot_be_undone_and_comes_first():
    found = of(
        replaced(image="b"), step("delete", VOLUME, "consul-data@docker02", {"name": "consul-data"})
    )
    assert verdict(found).startswith(
        "cannot be undone: volume consul-data is deleted with its data; bounces"
    )
    assert found.effects[0].weight is Weight.LOST


def test_a_network_made_anew_is_said_and_makes_it_longer():
    network = step(
        "replace",
        NETWORK,
        "macvlan_1@docker01",
        {"driver": "macvlan"},
        {"driver": "macvlan", "x": 1},
    )
    found = of(network, replaced(image="b"))
    assert verdict(found) == "bounces 1 container on docker01 for about 8 s; makes macvlan_1 anew"


@pytest.mark.parametrize(
    ("driver", "changed", "told"),
    [
        ("bridge", {"ipamConfigs": []}, "net is made anew (subnet, gateway or ip_range)"),
        ("macvlan", {"labels": [{"label": "crosshost.made", "value": "x"}]}, "net is made anew"),
        ("overlay", {"options": {"a": "b"}}, "net is made anew for all its hosts (driver options)"),
    ],
)
def test_why_a_network_is_made_anew_is_said_in_the_words_of_a_stack_file(driver, changed, told):
    old = {"driver": driver}
    network = step("replace", NETWORK, "net@docker01", old, {**old, **changed})
    assert sentences(of(network)) == [f"network {told}"]


def test_ports_that_open_say_to_whom():
    found = of(
        step("create", CONTAINER, "a@docker01", None, container("a", ports=[port(8080), port(9, "127.0.0.1")])),
        step("create", CONTAINER, "b@docker02", None, container("b", ports=[port(81, "10.0.0.12")])),
        step("create", CONTAINER, "c@docker03", None, container("c", ports=[port(82, "::"), port(83, "::1"), port(84, "fd00::1")])),
    )  # fmt: skip
    assert "tcp 8080 opens to everyone who reaches docker01: it leads to port 80 of a" in sentences(
        found
    )
    assert "tcp 9 opens to docker01 itself alone: it leads to port 80 of a" in sentences(found)
    assert "tcp 81 opens to everyone who reaches 10.0.0.12: it leads to port 80 of b" in sentences(
        found, "docker02"
    )
    of_ipv6 = sentences(found, "docker03")
    assert (
        "tcp 82 opens to everyone who reaches docker03 by IPv6: it leads to port 80 of c" in of_ipv6
    )
    assert "tcp 83 opens to docker03 itself alone: it leads to port 80 of c" in of_ipv6
    assert "tcp 84 opens to everyone who reaches fd00::1: it leads to port 80 of c" in of_ipv6
    assert len([effect for effect in found.effects if effect.gate is Gate.EXPOSED_PORT]) == 4


def test_a_port_that_another_container_takes_over_is_not_opened():
    old, new = container("a", ports=[port(8080)]), container("b", ports=[port(8080)])
    found = of(
        step("delete", CONTAINER, "a@docker01", old),
        step("create", CONTAINER, "b@docker01", None, new),
    )
    assert "tcp 8080 leads to port 80 of b instead of port 80 of a" in sentences(found)
    assert expectations.labels(found) == []
    shuts = of(step("delete", CONTAINER, "a@docker01", old))
    assert "tcp 8080 shuts (it led to port 80 of a)" in sentences(shuts)


def test_the_api_and_the_hosts_own_network_are_open_doors():
    api = step(
        "create",
        REMOTE,
        "daemon@docker01",
        None,
        {"stdin": 'action=restart\n{"hosts": ["tcp://0.0.0.0:2376"]}'},
    )
    own = step("create", CONTAINER, "a@docker01", None, container("a", networkMode="host"))
    found = of(api, own)
    assert (
        "tcp 2376 opens to everyone who reaches docker01: it leads to the Docker API"
        in sentences(found)
    )
    assert any("whatever a listens on is open" in sentence for sentence in sentences(found))


def test_rules_that_go_while_their_ports_stay_are_an_open_door():
    rules = step(
        "delete", REMOTE, "firewall@docker01", {"stdin": "x=1\ntcp 2377 local 10.0.0.12\n"}
    )
    assert expectations.labels(of(rules)) == ["exposed-port"]
    leaves = step("delete", "command:local:Command", "swarm@docker01", {"stdin": ""})
    assert expectations.labels(of(rules, leaves)) == []


def test_a_host_that_could_not_be_looked_at_is_in_the_verdict():
    found = of(diagnostics=[said("could not be looked at: docker02, docker03", "info"),
                            said("up would stop here: docker02 (10.0.0.12) does not answer")])  # fmt: skip
    assert found.unseen == ("docker02", "docker03")
    assert (
        verdict(found)
        == "up would stop before it changes anything: docker02 (10.0.0.12) does not answer"
    )
    assert "⚠ docker03" in markdown.text(found, expectations.read("Expected: unseen-host docker02"))
    shut = expectations.shut(
        found, expectations.read("Expected: unseen-host docker02"), [Gate.UNSEEN_HOST]
    )
    assert shut == ["unseen-host: docker03 could not be looked at"]


def test_a_failed_preview_is_the_verdict():
    text = json.dumps({"diagnostics": [said("error: an unhandled exception\nmore", "error")]})
    found = impact(
        "lab-macvlan", engine_events.read(text, "lab-macvlan", "crosshost"), None, NOTHING
    )
    assert verdict(found) == "there is no whole preview: an unhandled exception more"


def test_an_impact_without_anything_is_quiet():
    assert verdict(Impact("x")) == "nothing changes"
