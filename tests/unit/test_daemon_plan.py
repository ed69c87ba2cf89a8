"""The three-way merge as the host sees it: plan, apply, edits in between, plan again."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.preflight import daemon
from planning import (
    daemon_held,
    daemon_json,
    daemon_plan,
    docker_unit,
    records,
)
from planning.daemon_plan import Api
from planning.facts import HostFacts, parse
from planning.facts.listeners import Listener
from planning.facts.records import Held
from planning.facts.units import DockerUnit
from tests.unit.fleet import facts_text

CONTENT = "[Service]\nExecStart=/usr/sbin/dockerd -H fd:// $DOCKER_OPTS\n"
DROP_IN = docker_unit.drop_in_path("prod")
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2)
    ),
    max_leaves=4,
)
KEYS = ["debug", "mtu", "labels", "dns", "log-driver", "log-opts", "bip", "ipv6"]
settings_of = st.dictionaries(st.sampled_from(KEYS), values.filter(lambda v: v is not None))
files = st.none() | st.dictionaries(st.sampled_from(KEYS), values).map(
    lambda v: json.dumps(v, indent=2)
)
apis = st.sampled_from([None, Api(2376, None), Api(2376, "/var/lib/crosshost/prod/tls/0")])


def hash_of(text: str | None) -> str:
    return "absent" if text is None else sha256(text.encode()).hexdigest()


class FakeHost:
    """A host on which daemon.sh works: daemon.json, drop-in, and what stacks hold of the file."""

    def __init__(self, text: str | None) -> None:
        self.text = text
        self.first = text
        self.written = text
        self.records: dict[str, str] = {}
        self.drop_in = ""
        self.port: int | None = None

    @property
    def record(self) -> str | None:
        return self.records.get("prod")

    @property
    def held(self) -> dict[str, dict[str, Any]]:
        return {stack: daemon_held.written_keys(record) for stack, record in self.records.items()}

    def facts(self, stack="prod", **more) -> HostFacts:
        facts = parse(facts_text())
        holders = {other: json.dumps(keys) for other, keys in self.held.items()}
        return facts.model_copy(
            update={
                "daemon_json": self.text,
                "daemon_json_hash": hash_of(self.text),
                "daemon_json_original": None if not holders else self.first or "",
                "daemon_json_written": hash_of(self.written) if holders else None,
                "records": {"daemon": self.records[stack]} if stack in self.records else {},
                "held": {"daemon.json": Held(before="x", holders=holders)} if holders else {},
                "unit": DockerUnit(
                    fragment="/lib/docker.service", exec_start="", content=CONTENT,
                    drop_ins={DROP_IN: self.drop_in} if self.drop_in else {},
                ),
                "listeners": [
                    Listener(protocol="tcp", address="*", port=port) for port in (22, self.port) if port
                ],
                **more,
            }
        )  # fmt: skip

    def plan(self, settings, api=None, stack="prod"):
        facts = self.facts(stack)
        # The daemon has what the file says.
        live = daemon_json.read(self.text).get("live-restore") is True
        if facts.engine:
            facts = facts.model_copy(
                update={"engine": facts.engine.model_copy(update={"live_restore": live})}
            )
        return daemon_plan.plan(facts, settings, api, stack)

    def apply(self, settings, api=None, stack="prod"):
        plan = self.plan(settings, api, stack)
        if not plan.unchanged:
            lines = records.body(plan.stdin).splitlines(keepends=True)
            unit = int(records.header_fields(plan.stdin)["unit"])
            if not self.records:
                self.first = self.text
            elif self.text != self.written:
                everyones = {key for keys in self.held.values() for key in keys}
                self.first = json.dumps(self.without(everyones))
            self.drop_in, self.text = "".join(lines[:unit]), "".join(lines[unit:])
            self.written = self.text
            # An up takes longer than the second that tells one plan from the next.
            self.records[stack] = re.sub("^planned=[^ ]*", "planned=before", plan.stdin)
            self.port = api.port if api else None
        return plan

    def without(self, keys, *instead):
        """The file's keys, ``keys`` of it as ``instead`` has them, or as they were first."""
        now = {k: v for k, v in daemon_json.read(self.text).items() if k not in keys}
        for source in (*instead, daemon_json.read(self.first)):
            now |= {k: source[k] for k in keys if k in source and k not in now}
        return now

    def leave(self, stack):
        keys = self.held[stack]
        del self.records[stack]
        if not self.records and self.text == self.written:
            self.text = self.first
        else:
            as_written = self.text == self.written
            self.text = json.dumps(self.without(keys, *self.held.values()))
            self.written = self.text if as_written else self.written

    def edit(self, **keys) -> None:
        now = {**daemon_json.read(self.text), **keys}
        self.text = json.dumps({k: v for k, v in now.items() if v is not ...})


@given(files, settings_of, apis)
def test_after_an_up_the_next_preview_is_empty(text, settings, api):
    host = FakeHost(text)
    host.apply(settings, api)
    again = host.plan(settings, api)
    assert again.unchanged
    assert (again.action, again.changed, again.conflicts) == ("none", [], [])


@given(files, settings_of, apis, st.dictionaries(st.sampled_from(["group", "seccomp"]), values))
def test_an_admins_keys_their_order_and_later_edits_survive(text, settings, api, edit):
    host = FakeHost(text)
    host.apply(settings, api)
    host.edit(**edit)
    assert host.plan(settings, api).action == "none"
    host.apply(settings, api)
    now = daemon_json.read(host.text)
    assert {key: now[key] for key in edit} == edit
    others = [key for key in daemon_json.read(text) if key not in settings]
    assert [key for key in now if key in others] == others
    # Without any settings of ours the admin's are left, those of before included.
    host.apply({}, None)
    assert daemon_json.read(host.text) == {**daemon_json.read(text), **edit}
    assert host.drop_in == ""


@given(files, settings_of, settings_of)
def test_a_key_that_is_wanted_no_more_gets_back_what_it_was_before_us(text, first, second):
    host = FakeHost(text)
    host.apply(first)
    host.apply(second)
    assert daemon_json.read(host.text) == {**daemon_json.read(text), **second}


@given(settings_of.filter(bool), st.data())
def test_our_key_that_was_edited_by_hand_is_named_and_set_back(settings, data):
    host = FakeHost("{}")
    host.apply(settings)
    key = data.draw(st.sampled_from(sorted(settings)))
    host.edit(**{key: data.draw(st.just(...) | values.filter(lambda v: v != settings[key]))})
    plan = host.apply(settings)
    (conflict,) = plan.conflicts
    assert conflict.startswith(f"daemon.json: {key} was set by us and edited by hand since (")
    assert "): up sets it back to " in conflict
    assert key in plan.changed
    assert daemon_json.read(host.text)[key] == settings[key]


def test_a_key_that_had_another_value_before_is_named():
    plan = FakeHost('{"log-driver": "local", "mtu": 1500}').plan({"log-driver": "json-file"})
    assert plan.conflicts == [
        'daemon.json: log-driver is "local": up replaces it by "json-file", destroy puts it back'
    ]
    assert (plan.action, plan.why) == ("restart", ["log-driver"])


def test_a_run_that_was_cut_off_after_the_file_was_written_is_finished():
    host = FakeHost("{}")
    host.apply({"debug": True})
    written = host.plan({"debug": True, "mtu": 1400})
    host.text = records.body(written.stdin)
    again = host.plan({"debug": True, "mtu": 1400})
    assert (again.action, again.changed) == ("restart", ["mtu"])
    # The same where it was the first run.
    facts = FakeHost('{"mtu": 1400}').facts(daemon_json_original="{}")
    assert daemon_plan.plan(facts, {"mtu": 1400}, None, "prod").action == "restart"
    # What an admin had already is no change at all.
    assert FakeHost('{"mtu": 1400}').plan({"mtu": 1400}).action == "none"


def test_a_host_that_lost_all_we_kept_there_is_told_the_same_as_before():
    settings = {"cluster-store": "consul://a:1", "debug": True}
    host = FakeHost('{"mtu": 1400}')
    host.apply(settings)
    leave = records.header_fields(host.record or "")["leave"]
    host.records.clear()
    assert records.header_fields(host.plan(settings).stdin)["leave"] == leave == "restart"


def test_live_restore_that_a_restart_of_ours_left_on_goes_again():
    host = FakeHost('{"mtu": 1400}')
    host.apply({"debug": True})
    host.edit(**{"live-restore": True})
    facts = host.facts(daemon_interrupted=True)
    plan = daemon_plan.plan(facts, {"debug": True}, None, "prod")
    assert plan.changed == ["live-restore"]
    assert "live-restore" not in plan.stdin


def test_the_api_stands_beside_the_sockets_that_are_there():
    host = FakeHost(None)
    plan = host.apply({}, Api(2376, "/tls"))
    assert json.loads(host.text or "") == {
        "hosts": ["fd://", "tcp://0.0.0.0:2376"], "tlsverify": True,
        "tlscacert": "/tls/ca.pem", "tlscert": "/tls/cert.pem", "tlskey": "/tls/key.pem",
    }  # fmt: skip
    assert host.drop_in.endswith("ExecStart=/usr/sbin/dockerd $DOCKER_OPTS\n")
    assert plan.action == "restart"
    assert records.header_fields(plan.stdin)["leave"] == "restart"


def test_a_drop_in_that_comes_with_an_edit_is_none_that_is_gone():
    host = FakeHost(None)
    host.apply({"mtu": 1400})
    plan = host.apply({"mtu": 1400}, Api(2376, None))
    assert host.drop_in
    assert plan.conflicts == []


def test_a_removed_drop_in_is_put_back_and_an_edited_one_takes_a_restart():
    host = FakeHost(None)
    host.apply({}, Api(2376, None))
    wanted = host.drop_in
    host.drop_in = ""
    plan = host.apply({}, Api(2376, None))
    assert (plan.unchanged, plan.action, host.drop_in) == (False, "none", wanted)
    assert plan.conflicts == [
        f"the drop-in of docker.service is gone ({DROP_IN}): up writes it again"
    ]
    host.drop_in = wanted + "Environment=A=B\n"
    plan = host.apply({}, Api(2376, None))
    assert (plan.unchanged, plan.action, host.drop_in) == (False, "restart", wanted)
    # Where nobody listens any more the daemon did start without us.
    host.port = None
    assert host.plan({}, Api(2376, None)).why == ["hosts"]


@pytest.mark.parametrize(
    ("more", "api", "sentence"),
    [
        ({"daemon_records": {"other": 'planned=x own=mtu unit=0\n{"mtu": 9000}\n'}}, None,
         "mtu in daemon.json of docker01 belongs to stack other too, which sets it to 9000"),
        ({"daemon_records": {"other": 'planned=x own=hosts unit=0\n{"hosts": []}\n'}}, Api(2376, None),
         "stack other gives docker01 its TCP API already"),
        ({"unit": DockerUnit(fragment="/a", exec_start="", content=CONTENT.replace("-H", "--mtu 9 -H"))},
         None, "docker.service of docker01 starts dockerd with --mtu, which it refuses beside"),
        ({"unit": DockerUnit(fragment="/a", exec_start="", content=CONTENT.replace("-H", "--tlsverify -H"))},
         Api(2376, "/tls"), "starts dockerd with --tlsverify, which"),
        ({"unit": None}, Api(2376, None), "docker01 has no docker.service with one ExecStart"),
        ({"listeners": [Listener(protocol="tcp", address="*", port=2376, program="nginx")]},
         Api(2376, None), "tcp 2376 of docker01 is held by nginx"),
    ],
)  # fmt: skip
def test_what_stands_in_the_way_is_named(more, api, sentence):
    facts = FakeHost("{}").facts(**more)
    found = list(daemon.of_stack_file("docker01", facts, {"mtu": 1400}, api, "prod"))
    found += daemon.other_stacks("docker01", facts, {"mtu": 1400}, api, "prod")
    assert [s for s in found if sentence in s], found


def test_the_same_value_in_two_stacks_is_no_reason_to_stop():
    facts = FakeHost("{}").facts(
        daemon_records={"other": 'planned=x own=mtu unit=0\n{"mtu": 1400}\n'}
    )
    assert list(daemon.other_stacks("docker01", facts, {"mtu": 1400}, None, "prod")) == []


# One value a key, as stacks that differ are refused.
AGREED = {
    "debug": True,
    "mtu": 1400,
    "labels": ["a"],
    "dns": [],
    "log-driver": "local",
    "ipv6": False,
}
some_keys = st.sets(st.sampled_from(sorted(AGREED))).map(lambda ks: {k: AGREED[k] for k in ks})
steps_of = st.lists(
    st.tuples(st.sampled_from(["prod", "test", "ci"]), st.none() | some_keys), max_size=8
)


@given(files, steps_of)
def test_stacks_that_come_and_go_do_not_notice_each_other(text, steps):
    host = FakeHost(text)
    wanted: dict[str, dict[str, Any]] = {}
    undos: dict[str, str | None] = {}
    for stack, settings in steps:
        if settings is not None:
            undos[stack] = host.apply(settings, stack=stack).undo
            wanted[stack] = settings
        elif wanted.pop(stack, None) is not None:
            host.leave(stack)
        for other, theirs in wanted.items():
            plan = host.plan(theirs, stack=other)
            assert plan.unchanged
            assert (plan.action, plan.conflicts) == ("none", [])
            # Nor does what their undo must know change with the others.
            assert plan.undo == undos[other]
        together = {key: value for keys in wanted.values() for key, value in keys.items()}
        assert daemon_json.read(host.text) == {**daemon_json.read(text), **together}
    for stack in list(wanted):
        host.leave(stack)
    assert host.text == text


@given(files, some_keys, some_keys)
def test_what_another_stack_has_set_already_takes_nothing_of_the_daemon(text, first, second):
    host = FakeHost(text)
    host.apply(first, stack="test")
    plan = host.plan(second)
    assert set(plan.changed) <= second.keys() - first.keys()
    new = {k: v for k, v in second.items() if k not in first}
    assert plan.action == FakeHost(host.text).plan(new).action


def test_the_undo_is_told_what_it_needs_where_nothing_is_kept_on_the_host():
    host = FakeHost('{"log-driver": "json-file"}')
    settings = {"log-driver": "local", "debug": True}
    header, before = (host.plan(settings).undo or "").splitlines()
    assert header == "own=debug,log-driver leave=restart restarts=log-driver unit=0 was=file"
    assert json.loads(before) == {"log-driver": "json-file"}
    host.apply(settings)
    assert host.plan(settings).undo == f"{header}\n{before}\n"
