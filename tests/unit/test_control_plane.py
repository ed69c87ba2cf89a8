"""Which control plane is chosen for overlays that leave it open, and when none can be."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.networks.overlay.choice import choose
from components.networks.overlay.planes import PLANES
from planning.facts import HostFacts, parse
from tests.unit.fleet import facts_text, run_program, stack_values
from tests.unit.swarms import record

STORE = {"ClusterStore": "consul://10.0.0.11:8500"}
OURS = {"daemon": "planned=x own=cluster-store,cluster-advertise\n{}"}


def old(**more: Any) -> HostFacts:
    return parse(facts_text(version="20.10.5", **more))


def new(**more: Any) -> HostFacts:
    return parse(facts_text(version="28.5.2", backends=(), **more))


def choice(facts: dict[str, HostFacts], *, consul_given: bool = False) -> tuple[str, str, str]:
    found = choose(facts, consul_given=consul_given)
    return found.plane, found.why, found.refusal or ""


@pytest.mark.parametrize(("consul", "plane"), [(True, "consul"), (False, "swarm")])
def test_where_nobody_answers_the_stack_file_decides(consul, plane):
    assert choice({}, consul_given=consul) == (plane, "no host answers", "")


@pytest.mark.parametrize("consul", [True, False])
@pytest.mark.parametrize("facts", [{"a": old()}, {"a": new()}, {"a": old(), "b": new()}])
def test_bare_hosts_of_any_engine_get_swarm(facts, consul):
    assert choice(facts, consul_given=consul) == ("swarm", "every engine has it", "")


def test_hosts_that_live_on_a_store_keep_it_whoever_set_it_up():
    assert choice({"a": old(info=STORE), "b": old(), "c": old(info=STORE)}) == (
        "consul", "a and c live on a cluster store, which excludes Swarm", "",
    )  # fmt: skip


def test_a_store_of_an_earlier_up_is_kept_also_while_its_engine_does_not_show_it():
    facts = {"a": old(records=OURS), "b": parse(facts_text(version=None, records=OURS)), "c": old()}
    assert choice(facts) == ("consul", "a and b joined its cluster store at an earlier up", "")


def test_a_daemon_json_of_ours_without_a_store_says_nothing():
    facts = {"a": old(records={"daemon": "planned=x own=log-driver\n{}"})}
    assert choice(facts)[0] == "swarm"


def test_a_membership_of_an_earlier_up_keeps_swarm():
    facts = {"a": new(), "b": new(records=record())}
    assert choice(facts, consul_given=True) == ("swarm", "b joined one at an earlier up", "")


def test_a_membership_of_an_earlier_up_decides_before_a_store_that_came_by_hand():
    assert choice({"a": old(records=record()), "b": old(info=STORE)})[0] == "swarm"


def test_engines_that_cannot_join_the_store_are_listed_with_the_way_out():
    plane, _, refusal = choice({"a": old(info=STORE), "b": new(), "c": old(), "d": new()})
    assert plane == "consul"
    assert refusal.startswith(
        "the overlays are on the Consul cluster store of a, which b (Docker 28.5.2) and d (Docker "
        "28.5.2) have no back end for, and an engine in a store cannot be in a swarm: "
    )
    assert "leave such hosts out by `hosts`" in refusal
    assert "`pulumi destroy`" in refusal


def test_an_upgrade_of_an_engine_with_the_store_changes_no_plane_and_is_refused():
    plane, _, refusal = choice({"a": new(records=OURS), "b": old(records=OURS)})
    assert plane == "consul"
    assert "a (Docker 28.5.2)" in refusal


KINDS = {
    "old": old(), "new": new(), "stored": old(info=STORE), "ours": old(records=OURS),
    "seated": new(records=record()), "upgraded": new(records=OURS),
}  # fmt: skip
FLEETS = st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=4)


@given(FLEETS, st.booleans())
def test_a_choice_is_kept_when_a_bare_host_is_added(kinds, consul):
    facts = {f"h{i}": KINDS[kind] for i, kind in enumerate(kinds)}
    before = choose(facts, consul_given=consul)
    for kind in ("old", "new"):
        after = choose({**facts, "added": KINDS[kind]}, consul_given=not consul)
        assert (after.plane, after.why) == (before.plane, before.why)


@given(FLEETS)
def test_only_a_store_that_an_engine_cannot_join_is_refused_and_the_engine_is_named(kinds):
    facts = {f"h{i}": KINDS[kind] for i, kind in enumerate(kinds)}
    found = choose(facts, consul_given=False)
    without = [name for name, seen in facts.items() if "consul" not in seen.backends]
    assert bool(found.refusal) == (found.plane == "consul" and bool(without))
    assert all(f"{name} (Docker " in (found.refusal or f"{name} (Docker ") for name in without)


@pytest.mark.parametrize(
    ("plane", "host"),
    [
        ("swarm", facts_text(info=STORE, records=OURS)),
        ("consul", facts_text(
            info={"Swarm": {"LocalNodeState": "active"}},
            records={"swarm": "planned=x role=worker adopted=no\n"},
        )),
    ],
)  # fmt: skip
def test_what_an_up_of_ours_joined_is_left_for_the_other_control_plane(plane, host):
    assert list(PLANES[plane].contract.refusals("docker01", parse(host))) == []


@pytest.mark.parametrize(
    ("plane", "host", "way"),
    [
        ("swarm", facts_text(info=STORE), "take cluster-store out of its daemon.json"),
        ("consul", facts_text(info={"Swarm": {"LocalNodeState": "active"}}), "`docker swarm leave` there"),
        ("consul", facts_text(
            info={"Swarm": {"LocalNodeState": "active"}},
            records={"swarm": "planned=x role=worker adopted=worker\n"},
        ), "`docker swarm leave` there"),
    ],
)  # fmt: skip
def test_what_somebody_else_joined_is_not_left_and_the_way_is_said(plane, host, way):
    (sentence,) = PLANES[plane].contract.refusals("docker01", parse(host))
    assert way in sentence


def test_a_preview_on_a_store_without_a_consul_server_warns(monkeypatch, tmp_path):
    warned: list[str] = []
    monkeypatch.setattr("pulumi.log.warn", lambda text, **_: warned.append(text))
    values = stack_values("lab-overlay")
    del values["consul"]
    values["networks"]["ol1"].pop("control_plane", None)
    facts = {
        name: facts_text(hostname=name, version="20.10.5", info=STORE)
        for name in ("docker01", "docker02")
    }
    engine = run_program(monkeypatch, tmp_path, values, facts, preview=True)
    assert any("add `crosshost:consul: {host: docker01}`" in text for text in warned)
    assert "ol1@docker01" in engine.resources
    daemon = engine.of_type("command:remote:Command")["daemon@docker02"]["stdin"]
    assert '"cluster-store": "consul://10.0.0.11:8500"' in daemon
    with pytest.raises(pulumi.RunError, match="add `crosshost:consul"):
        run_program(monkeypatch, tmp_path, values, facts)
