"""A swarm that several stacks share: what each is told, from what the hosts hold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planning import swarm, swarm_held
from planning.facts import HostFacts, parse
from planning.swarm import SwarmSpec
from tests.unit.fleet import b64
from tests.unit.swarms import ADDRESSES, HOSTS, fleet_texts

SPEC = SwarmSpec(hosts=HOSTS, managers=("docker01",), advertise=ADDRESSES, stack="mine")
MANAGERS = ("docker01", "docker02")


def fleet(
    before: str = "role=none", *, recorded: bool = False, **holders: str
) -> dict[str, HostFacts]:
    """Three hosts whose first two manage. ``holders``: stack -> what it wants of docker02."""
    texts = fleet_texts(MANAGERS, recorded=recorded)
    lines = [f"held swarm/before {b64(before)}"]
    lines += [f"held swarm/holders/{stack} {b64(words)}" for stack, words in holders.items()]
    texts["docker02"] = texts["docker02"].replace("end 1", "\n".join([*lines, "end 1"]))
    return {name: parse(text) for name, text in texts.items()}


def test_what_another_stack_made_is_no_swarm_to_adopt():
    facts = fleet(theirs="role=manager autolock=off")
    member = swarm.members(SPEC, facts)["docker02"]
    assert (member.adopted, member.shared, member.recorded) == ("no", ("theirs",), False)
    assert swarm.describe(member) == "share the swarm that theirs has it in, as a manager"


@pytest.mark.parametrize("before", ["manager", "worker"])
def test_what_was_there_before_the_first_stack_is_adopted_by_all(before):
    facts = fleet(f"role={before}", theirs="role=manager")
    assert swarm.members(SPEC, facts)["docker02"].adopted == before


def test_a_host_manages_while_one_stack_wants_it_to():
    mine = fleet(recorded=True, mine="role=worker")
    assert swarm.members(SPEC, mine)["docker02"].role == "worker"
    assert not swarm.members(SPEC, mine)["docker02"].intact
    shared = fleet(recorded=True, mine="role=worker", theirs="role=manager")
    assert swarm.members(SPEC, shared)["docker02"].role == "manager"
    assert swarm.members(SPEC, shared)["docker02"].intact


def test_managers_are_locked_while_one_stack_wants_it_or_a_person_did():
    facts = fleet(recorded=True, theirs="role=worker autolock=on")
    assert swarm.locks(SPEC, facts)
    assert not swarm.members(SPEC, facts)["docker01"].intact
    assert swarm.locks(SPEC, fleet("role=manager autolock=on", theirs="role=manager"))
    assert not swarm.locks(SPEC, fleet(theirs="role=manager autolock=off"))
    assert swarm.locks(replace(SPEC, autolock=True), fleet())


def test_a_stack_that_comes_second_takes_the_managers_that_are_there():
    facts = fleet(theirs="role=manager")
    assert swarm.managing(HOSTS, facts, ADDRESSES, "mine") == ("docker02",)


def test_a_host_that_manages_for_another_stack_alone_is_no_manager_of_ours():
    facts = fleet(recorded=True, mine="role=worker", theirs="role=manager")
    worker = facts["docker02"].model_copy(
        update={"records": {"swarm": "planned=x role=worker adopted=no\n"}}
    )
    assert swarm.managing(HOSTS, {**facts, "docker02": worker}, ADDRESSES, "mine") == ("docker01",)


def test_the_version_before_kept_it_by_stack():
    texts = fleet_texts(MANAGERS, recorded=False)
    record = f"swarm_record theirs {b64('planned=x role=manager adopted=no' + chr(10))}"
    facts = parse(texts["docker02"].replace("end 1", f"{record}\nend 1"))
    assert swarm_held.of_others(facts, "mine").keys() == {"theirs"}
    assert swarm_held.before(facts) == "no"
    own = facts.model_copy(
        update={"records": {"swarm": "planned=x role=manager adopted=manager\n"}}
    )
    assert swarm_held.before(own) == "no"
    assert swarm.ours(own)
