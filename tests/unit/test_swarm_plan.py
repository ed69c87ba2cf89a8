"""Who gets which member in a swarm, from what hosts are like, and what stands in the way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planning import swarm, swarm_problems
from planning.facts import HostFacts
from planning.swarm import SwarmSpec
from tests.unit.swarms import (
    ADDRESSES,
    HOSTS,
    fleet,
    host,
    leaderless,
    locked,
    manager,
    nodes,
    record,
    worker,
)

SPEC = SwarmSpec(hosts=HOSTS, managers=("docker01",), advertise=ADDRESSES)
BARE = {name: host(name) for name in HOSTS}


def starts(facts: dict[str, HostFacts], spec: SwarmSpec = SPEC) -> dict[str, str]:
    return {name: member.start for name, member in swarm.members(spec, facts).items()}


def alone(name: str, cluster: str = "c9", **more: Any) -> HostFacts:
    """A host that manages a swarm of its own."""
    return host(name, manager(name, (name,), cluster), more=(nodes((name,), (name,)),), **more)


def test_on_bare_hosts_the_first_manager_begins_and_the_others_join():
    found = swarm.members(SPEC, BARE)
    assert starts(BARE) == {"docker01": "init", "docker02": "join", "docker03": "join"}
    assert [member.role for member in found.values()] == ["manager", "worker", "worker"]
    assert {member.adopted for member in found.values()} == {"no"}
    assert swarm_problems.problems(SPEC, BARE) == []
    assert swarm.present(SPEC, BARE) is None


def test_in_a_swarm_that_is_as_it_was_left_everybody_stays():
    found = swarm.members(SPEC, fleet())
    assert {(member.start, member.intact, member.recorded) for member in found.values()} == {
        ("stay", True, True)
    }
    assert {host: member.node for host, member in found.items()} == {h: f"node-{h}" for h in HOSTS}
    assert swarm_problems.problems(SPEC, fleet()) == []


def test_a_new_host_joins_a_swarm_that_is_there():
    facts = {**fleet(hosts=HOSTS[:2]), "docker03": BARE["docker03"]}
    assert starts(facts) == {"docker01": "stay", "docker02": "stay", "docker03": "join"}


def test_a_host_that_left_by_hand_joins_again_under_a_new_node():
    facts = {**fleet(), "docker02": host("docker02", records=record())}
    member = swarm.members(SPEC, facts)["docker02"]
    assert (member.start, member.node, member.intact) == ("join", "", False)


def test_a_host_that_was_taken_off_the_list_leaves_its_dead_swarm_and_joins():
    facts = fleet()
    facts["docker01"] = host(
        "docker01", manager("docker01"), more=(nodes(HOSTS[:2]),), records=record("manager")
    )
    assert starts(facts)["docker03"] == "rejoin"
    assert swarm_problems.problems(SPEC, facts) == []


def test_workers_follow_when_their_only_manager_was_set_up_anew():
    facts = {**fleet(), "docker01": BARE["docker01"]}
    assert starts(facts) == {"docker01": "init", "docker02": "rejoin", "docker03": "rejoin"}
    assert swarm_problems.problems(SPEC, facts) == []


def test_workers_of_a_manager_that_is_elsewhere_are_refused_however_they_came():
    facts = {**BARE, "docker02": host("docker02", worker("docker02", ("docker03",)))}
    (problem,) = swarm_problems.problems(replace(SPEC, hosts=HOSTS[:2]), facts)
    assert problem.startswith(
        "docker02 is in a swarm that no host of the stack manages (its managers: 10.0.0.13:2377): "
    )
    assert "run `docker swarm leave` on docker02" in problem


def test_a_swarm_that_was_there_is_adopted_with_the_roles_that_its_hosts_had():
    facts = fleet(("docker01", "docker02"), recorded=False)
    found = swarm.members(SPEC, facts)
    assert {name: member.adopted for name, member in found.items()} == {
        "docker01": "manager", "docker02": "manager", "docker03": "worker",
    }  # fmt: skip
    assert not any(member.recorded for member in found.values())
    assert swarm.describe(found["docker03"]) == (
        "be adopted from the swarm that it is in, as a worker"
    )
    assert swarm_problems.problems(SPEC, facts) == []


def test_what_was_adopted_stays_so_however_its_role_changes():
    facts = fleet()
    facts["docker02"] = host(
        "docker02", worker("docker02"), records=record(role="worker", adopted="manager")
    )
    assert swarm.members(SPEC, facts)["docker02"].adopted == "manager"


@pytest.mark.parametrize("name", ["docker01", "docker02"])
def test_who_was_adopted_once_and_is_put_into_a_swarm_by_us_is_ours_from_then_on(name):
    facts = {**BARE, name: host(name, records=record(adopted="manager"))}
    assert swarm.members(SPEC, facts)[name].adopted == "no"


def test_a_hosts_own_swarm_is_used_where_it_is_the_first_manager():
    facts = {**BARE, "docker01": alone("docker01")}
    assert starts(facts) == {"docker01": "stay", "docker02": "join", "docker03": "join"}
    assert swarm_problems.problems(SPEC, facts) == []


def test_a_hosts_own_swarm_is_refused_where_it_is_to_be_a_worker():
    facts = {**BARE, "docker02": alone("docker02")}
    (problem,) = swarm_problems.problems(SPEC, facts)
    assert (
        "docker02 manages a swarm of its own: name it first in crosshost:swarm.managers" in problem
    )
    assert "`docker swarm leave --force` there" in problem


def test_two_swarms_in_one_stack_are_refused():
    facts = {**BARE, "docker01": alone("docker01", "c1"), "docker02": alone("docker02", "c2")}
    (problem,) = swarm_problems.problems(replace(SPEC, managers=("docker01", "docker02")), facts)
    assert problem.startswith("docker02 is in another swarm than docker01: ")


def test_a_worker_of_a_foreign_swarm_is_refused_beside_ours():
    facts = fleet(hosts=HOSTS[:2])
    facts["docker03"] = host("docker03", {**worker("docker03"), "NodeID": "somebody-elses"})
    assert [p.partition(":")[0] for p in swarm_problems.problems(SPEC, facts)] == [
        "docker03 is in another swarm than docker01"
    ]


def test_a_locked_host_is_told_to_unlock_and_nothing_else():
    facts = {**BARE, "docker01": host("docker01", locked(), records=record("manager"))}
    assert swarm_problems.problems(SPEC, facts) == [
        "the swarm on docker01 waits for its key: run `docker swarm unlock` there"
    ]


def test_a_swarm_without_a_leader_is_refused_with_both_ways_out():
    facts = {**BARE, "docker01": host("docker01", leaderless("docker01", HOSTS[:2]))}
    (problem,) = swarm_problems.problems(SPEC, facts)
    assert "the swarm of docker01 has no leader (rpc error:" in problem
    assert "start its other managers (10.0.0.11:2377, 10.0.0.12:2377)" in problem
    assert "--force-new-cluster --advertise-addr 10.0.0.11` on docker01" in problem


def test_the_data_path_port_of_a_swarm_that_is_there_cannot_be_another():
    assert swarm_problems.problems(SPEC, fleet(port=9789)) == [
        "the swarm of docker01 carries overlays on udp 9789, which is chosen once at its "
        "beginning: write `data_path_port: 9789`, or destroy the stack first"
    ]
    assert swarm_problems.problems(replace(SPEC, data_path_port=9789), fleet(port=9789)) == []


def test_a_member_cannot_change_the_address_that_it_is_known_by():
    spec = replace(SPEC, advertise={**ADDRESSES, "docker02": "192.168.7.2"})
    (problem,) = swarm_problems.problems(spec, fleet())
    assert problem.startswith(
        "docker02 is in the swarm by 10.0.0.12, and cannot change that to 192.168.7.2 as a member: "
        "write `advertise: {docker02: 10.0.0.12}`"
    )


def test_a_nic_stands_for_its_address():
    spec = replace(SPEC, advertise=dict.fromkeys(HOSTS, "ens33"))
    assert [member.advertise for member in swarm.members(spec, BARE).values()] == [
        ADDRESSES[h] for h in HOSTS
    ]
    assert swarm_problems.problems(spec, fleet()) == []


@pytest.mark.parametrize("nic", ["ens34", "wan0"])
def test_a_nic_that_a_host_lacks_or_without_an_address_is_refused(nic):
    facts = {**BARE, "docker02": host("docker02", nics={"ens33": "<UP>", "ens34": "<UP>"})}
    spec = replace(SPEC, advertise={**ADDRESSES, "docker02": nic})
    (problem,) = swarm_problems.problems(spec, facts)
    assert f"docker02 has no network interface {nic} with an IPv4 address: write one" in problem


def test_a_change_of_the_managers_promotes_and_demotes_where_they_are():
    spec = replace(SPEC, managers=("docker03", "docker01"))
    found = swarm.members(spec, fleet(("docker01", "docker02")))
    assert {name: (s.start, s.role, s.intact) for name, s in found.items()} == {
        "docker01": ("stay", "manager", True),
        "docker02": ("stay", "worker", False),
        "docker03": ("stay", "manager", False),
    }


def test_a_swarm_is_found_through_the_manager_that_steps_down():
    spec = replace(SPEC, managers=("docker03",))
    there = swarm.present(spec, fleet())
    assert there is not None
    assert there.managers == ("docker01",)
    assert set(starts(fleet(), spec).values()) == {"stay"}


def test_autolock_is_the_first_managers_matter():
    found = swarm.members(replace(SPEC, autolock=True), fleet())
    assert {name: member.intact for name, member in found.items()} == {
        "docker01": False, "docker02": True, "docker03": True,
    }  # fmt: skip


def test_a_host_without_facts_has_no_part_in_the_plan_and_hinders_nobody():
    facts = fleet()
    del facts["docker02"]
    assert starts(facts) == {"docker01": "stay", "docker03": "stay"}
    assert swarm_problems.problems(SPEC, facts) == []
    assert starts({"docker02": BARE["docker02"]}) == {"docker02": "join"}


def test_workers_stay_as_they_are_while_their_only_manager_does_not_answer():
    facts = fleet()
    del facts["docker01"]
    found = swarm.members(SPEC, facts)
    assert {name: (s.start, s.node, s.intact) for name, s in found.items()} == {
        "docker02": ("stay", "node-docker02", True),
        "docker03": ("stay", "node-docker03", True),
    }
    assert swarm_problems.problems(SPEC, facts) == []


def test_without_its_first_manager_a_swarm_is_found_through_another():
    spec = replace(SPEC, managers=HOSTS)
    facts = fleet(HOSTS)
    del facts["docker01"]
    assert set(starts(facts, spec).values()) == {"stay"}


@pytest.mark.parametrize(
    ("start", "recorded", "said"),
    [
        ("stay", True, "go on in the swarm as a worker"),
        ("init", False, "begin a swarm"),
        ("join", False, "join the swarm as a worker"),
        ("reinit", True, "leave a swarm that is no more and begin a new one"),
        ("rejoin", True, "leave a swarm that is no more and join the swarm as a worker"),
    ],
)
def test_what_happens_to_a_member_is_described(start, recorded, said):
    member = replace(swarm.members(SPEC, BARE)["docker02"], start=start, recorded=recorded)
    assert swarm.describe(member) == said


@pytest.mark.parametrize(
    ("count", "sentence"),
    [
        (1, None),
        (
            2,
            "lists 2: the swarm stands still as soon as 1 of them is down, as with 1; write 1 or 3",
        ),
        (3, None),
        (
            4,
            "lists 4: the swarm stands still as soon as 2 of them are down, as with 3; write 3 or 5",
        ),
    ],
)
def test_an_even_number_of_managers_is_told_with_the_reason(count, sentence):
    managers = tuple(f"docker0{number}" for number in range(count))
    assert swarm.warnings(managers, given=True) == (
        [f"crosshost:swarm.managers {sentence}"] if sentence else []
    )
    assert swarm.warnings(managers, given=False) == []


# Any hosts, in any state, by any history.


@st.composite
def states(draw: st.DrawFn, name: str) -> HostFacts | None:
    kind = draw(st.sampled_from(["bare", "manager", "worker", "locked", "leaderless", "unknown"]))
    cluster = draw(st.sampled_from(["c1", "c2"]))
    managers = draw(st.sets(st.sampled_from(HOSTS), min_size=1).map(sorted))
    records = draw(st.sampled_from([{}, record(), record("manager"), record(adopted="worker")]))
    port = draw(st.sampled_from([4789, 9789]))
    listed = draw(st.sets(st.sampled_from(HOSTS)).map(sorted))
    if kind == "unknown":
        return None
    told = {
        "bare": None,
        "manager": manager(name, managers, cluster, port=port),
        "worker": worker(name, managers),
        "locked": locked(),
        "leaderless": leaderless(name, managers),
    }[kind]
    more = (nodes(sorted({*listed, name}), managers),) if kind == "manager" else ()
    return host(name, told, records=records, more=more)


@st.composite
def situations(draw: st.DrawFn) -> tuple[SwarmSpec, dict[str, HostFacts]]:
    managers = draw(st.permutations(HOSTS).flatmap(
        lambda order: st.integers(1, len(HOSTS)).map(lambda count: tuple(order[:count]))))  # fmt: skip
    facts = {name: seen for name in HOSTS if (seen := draw(states(name))) is not None}
    return replace(SPEC, managers=managers), facts


@given(situations())
def test_one_host_begins_a_swarm_if_none_is_there_and_nobody_if_one_is(situation):
    spec, facts = situation
    begin = [name for name, start in starts(facts, spec).items() if start in ("init", "reinit")]
    if swarm.present(spec, facts) is not None:
        assert begin == []
    elif len(facts) == len(HOSTS):
        assert begin == [spec.managers[0]]
    else:
        assert begin in ([], [spec.managers[0]])  # a swarm may be out of sight


@given(situations())
def test_only_who_stays_is_adopted_has_a_node_or_is_intact(situation):
    spec, facts = situation
    for member in swarm.members(spec, facts).values():
        if member.start != "stay":
            assert (member.adopted, member.node, member.intact) == ("no", "", False)


@given(situations())
def test_who_is_in_a_swarm_leaves_it_only_if_crosshost_put_it_there(situation):
    spec, facts = situation
    found = swarm_problems.problems(spec, facts)
    for name, member in swarm.members(spec, facts).items():
        if member.start in ("reinit", "rejoin") and not swarm.ours(facts[name]):
            assert any(name in problem for problem in found), name


@given(situations())
def test_who_stays_is_in_the_one_swarm_that_is_there(situation):
    spec, facts = situation
    there = swarm.present(spec, facts)
    for name, member in swarm.members(spec, facts).items():
        if member.start == "stay" and there is not None:
            assert facts[name].swarm.cluster in ("", there.cluster)


@given(st.permutations(HOSTS), st.integers(1, len(HOSTS)), st.booleans())
def test_every_member_of_an_intact_fleet_stays_and_is_intact(order, count, recorded):
    managers = tuple(order[:count])
    facts = fleet(managers, recorded=recorded)
    spec = replace(SPEC, managers=managers)
    assert {(s.start, s.intact) for s in swarm.members(spec, facts).values()} == {("stay", True)}
    assert swarm_problems.problems(spec, facts) == []


@given(situations())
def test_problems_are_plain_sentences_that_name_a_host(situation):
    spec, facts = situation
    for problem in swarm_problems.problems(spec, facts):
        assert any(name in problem for name in HOSTS), problem
        assert ": " in problem, problem
        assert "\n" not in problem, problem
