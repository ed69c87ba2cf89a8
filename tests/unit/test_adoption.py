"""What was made by hand and a stack takes over: what counts as its own, and what is refused."""

from __future__ import annotations

import json

import pulumi
import pytest
import yaml

from planning import adoption
from planning.facts import parse
from stacks.adopted_file import sections, with_sections
from tests.unit.fleet import b64, containers, facts_text, networks, run_program, stack_values

pytestmark = pytest.mark.usefixtures("key_file")
NETWORK = {"id": "n" * 64, "name": "macvlan_1", "driver": "macvlan", "scope": "local", "stack": ""}
MADE = {
    "id": "n" * 64, "parent": "ens33", "options": {"parent": "ens33"}, "containers": {},
    "configs": [{"Subnet": "10.0.0.0/24", "Gateway": "10.0.0.2"}],
}  # fmt: skip
SSH01 = {
    "id": "c" * 64, "name": "ssh01", "state": "running", "status": "Up", "stack": "",
    "networks": "macvlan_1", "image": "centos_ssh:v2",
}  # fmt: skip


@pytest.fixture
def program(monkeypatch, tmp_path):
    """Runs the program for what docker01 has; its recorded resources, or what it refuses."""

    def run(made=MADE, container=SSH01, records=None, **words):
        values = stack_values("lab-macvlan")
        values["networks"]["macvlan_1"] |= {"adopt": True, "promiscuous": False}
        del values["containers"]["ssh02"]
        values["containers"]["ssh01"] |= {"adopt": True, **words}
        more = (networks(NETWORK), containers(container), "parents " + b64(json.dumps(made) + "\n"))
        seen = {
            "docker01": facts_text(more=more, records=records or {}),
            "docker02": facts_text(hostname="docker02", address="10.0.0.12"),
        }
        try:
            return run_program(monkeypatch, tmp_path, values, seen)
        except pulumi.RunError as error:
            return str(error)

    return run


def test_what_is_made_of_the_same_words_is_taken_over(program):
    assert not isinstance(program(), str)


@pytest.mark.parametrize(
    ("changed", "differs"),
    [
        (
            {"made": {**MADE, "configs": [{"Subnet": "10.0.0.0/25", "Gateway": "10.0.0.2"}]}},
            'networks.macvlan_1: docker01 has macvlan_1 with subnets [{"Subnet": "10.0.0.0/25"',
        ),
        (
            {"made": {**MADE, "options": {"parent": "ens33", "macvlan_mode": "private"}}},
            "networks.macvlan_1: docker01 has macvlan_1 with options macvlan_mode",
        ),
        (
            {"container": {**SSH01, "image": "centos_ssh:v1"}},
            "containers.ssh01: docker01 has ssh01 with image centos_ssh:v1: write that",
        ),
        (
            {
                "made": {
                    **MADE,
                    "containers": {"c" * 64: {"Name": "ssh01", "IPv4Address": "10.0.0.9/24"}},
                }
            },
            "containers.ssh01: docker01 has ssh01 with address 10.0.0.9 on macvlan_1",
        ),
        (
            {"container": {**SSH01, "state": "exited"}},
            "containers.ssh01: docker01 has ssh01 with state exited",
        ),
        (
            {"container": {**SSH01, "networks": "bridge"}},
            "containers.ssh01: docker01 has ssh01 with networks bridge",
        ),
        (
            {"container": {**SSH01, "stack": "other"}},
            "containers.ssh01: docker01 has a container ssh01 already, of stack other",
        ),
    ],
)
def test_what_is_made_of_other_words_or_anothers_is_refused_before_anything_changes(
    program, changed, differs
):
    said = program(**changed)
    assert isinstance(said, str)
    assert said.startswith("nothing was changed:")
    assert differs in said


def test_a_container_is_left_as_long_as_its_words_are_those_of_the_last_up():
    facts = facts_of(SSH01)
    known = adoption.with_adopted(facts, "test", containers={"ssh01"}, networks=())
    assert adoption.container(known, "ssh01", "aa", ends=False) is not None
    again = facts_of(SSH01, f"container {'c' * 64} ssh01 key=ssh01 adopted=aa\n")
    for names in ({"ssh01"}, set()):
        known = adoption.with_adopted(again, "test", containers=names, networks=())
        assert [one.stack for one in known.containers or []] == ["test"]
        assert adoption.container(known, "ssh01", "aa", ends=False) is not None
        assert adoption.container(known, "ssh01", "bb", ends=False) is None


def test_what_another_stack_has_taken_over_is_its_own():
    row = f"planned=1 present=\ncontainer {'c' * 64} ssh01 key=ssh01 adopted=aa\n"
    facts = facts_of(SSH01, more=["present other " + b64(row)])
    known = adoption.with_adopted(facts, "test", containers={"ssh01"}, networks=())
    assert [one.stack for one in known.containers or []] == ["other"]
    assert known.adopted == frozenset()


def facts_of(container, rows="", more=()):
    records = {"present": f"planned=1 present=\n{rows}"} if rows else {}
    return parse(facts_text(more=(containers(container), *more), records=records))


def test_the_sections_come_after_the_hosts_and_read_as_they_were():
    entries = {"a": {"host": "h", "adopt": True, "command": ["x", "010", "1e3", "yes", "a: b"],
                     "environment": {"N": "1", "S": "${x} \"q\" é\n"}, "cpus": 1.5}}  # fmt: skip
    before = "config:\n  crosshost:hosts:\n    h:\n      address: 10.0.0.1\n# the end\nencryptionsalt: x\n"
    after = with_sections(before, sections({}, entries))
    assert after is not None
    assert yaml.safe_load(after)["config"]["crosshost:containers"] == entries
    assert after.endswith("# the end\nencryptionsalt: x\n")
    assert with_sections(after, sections({}, entries)) is None
