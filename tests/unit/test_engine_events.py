"""The engine's events of a preview: both forms say the same, and what is none is told in a sentence."""

from __future__ import annotations

import json

import pytest

from planning.engine_events import Act, Change, EventsError, Message, read
from tests.unit.previews import CONTAINER, NETWORK, container, document, said, step, streamed

EDIT = document(
    step("delete-replaced", CONTAINER, "ssh01@docker01", container()),
    step("replace", CONTAINER, "ssh01@docker01", container(), container(image="b")),
    step("create-replacement", CONTAINER, "ssh01@docker01", container(), container(image="b")),
    step("create", NETWORK, "new@docker02", None, {"name": "new"}),
    step("delete", NETWORK, "old@docker02", {"name": "old"}),
    step("refresh", NETWORK, "macvlan_1@docker01", {"name": "x"}, {"name": "x"}),
    diagnostics=(said("something", about="ssh01@docker01", prefix="warning: "), said("else", "info#err")),
)  # fmt: skip


def preview(text):
    return read(text, "lab-macvlan", "crosshost")


def test_steps_of_one_resource_are_one_change():
    changes = {change.name: change for change in preview(EDIT).changes}
    assert {name: change.act for name, change in changes.items()} == {
        "ssh01@docker01": Act.REPLACE,
        "new@docker02": Act.CREATE,
        "old@docker02": Act.DELETE,
    }
    ssh01 = changes["ssh01@docker01"]
    assert (ssh01.base, ssh01.host, ssh01.type, ssh01.keys) == (
        "ssh01",
        "docker01",
        CONTAINER,
        ("image",),
    )
    assert ssh01.old["image"] == "centos_ssh:v2"
    assert ssh01.new["image"] == "b"


def test_both_forms_say_the_same():
    assert preview(streamed(EDIT)) == preview(EDIT)


def test_messages_are_without_colors_and_prefixes():
    assert preview(EDIT).messages == (
        Message("warning", "something", "ssh01@docker01"),
        Message("info", "else"),
    )


def test_a_moved_container_has_its_old_name():
    moved = document(
        step("replace", CONTAINER, "ssh01@docker02", container(), container(), was="ssh01@docker01")
    )
    (change,) = preview(moved).changes
    assert (change.was, change.host) == ("ssh01@docker01", "docker02")


def test_what_a_refresh_only_read_anew_does_not_change():
    read_anew = step("update", CONTAINER, "ssh01@docker01", container(), container())
    assert preview(document(read_anew)).changes == ()
    drifted = step("update", CONTAINER, "ssh01@docker01", container(memory=1), container(memory=2))
    (change,) = preview(document(read_anew, drifted)).changes
    assert (change.old["memory"], change.new["memory"]) == (1, 2)


def test_a_resource_that_a_refresh_found_gone_is_created():
    both = document(
        step("delete", CONTAINER, "ssh01@docker01", container()),
        step("create", CONTAINER, "ssh01@docker01", None, container()),
    )
    (change,) = preview(both).changes
    assert (change.act, change.old) == (Act.CREATE, {})


@pytest.mark.parametrize("text", ["", "  \n"])
def test_no_events_at_all_are_told(text):
    with pytest.raises(
        EventsError, match="the events are empty: run `pulumi preview -s lab-macvlan"
    ):
        preview(text)


@pytest.mark.parametrize("form", [EDIT, streamed(EDIT), json.dumps(json.loads(EDIT), indent=4)])
def test_every_truncated_text_is_told(form):
    for end in range(1, len(form) - 1, max(1, len(form) // 97)):
        cut = form[:end]
        if not cut.strip() or form.splitlines()[-2:] == cut.splitlines()[-2:]:
            continue
        with pytest.raises(EventsError) as caught:
            preview(cut)
        assert "\n" not in str(caught.value)


def test_events_without_their_summary_are_truncated():
    lines = streamed(EDIT).splitlines()
    with pytest.raises(EventsError, match="end before their summary"):
        preview("\n".join(lines[:-2]))
    given = json.loads(EDIT)
    with pytest.raises(EventsError, match="end before their summary"):
        preview(json.dumps({"steps": given["steps"]}))


def test_a_failed_preview_has_its_errors_and_needs_no_summary():
    failed = preview(json.dumps({"diagnostics": [said("error: no such thing", "error")]}))
    assert failed.said("error") == ["no such thing"]
    assert failed.changes == ()


def test_events_of_another_project_or_stack_are_told():
    other = document(step("create", NETWORK, "n@h", None, {}, project="web", stack="lab-macvlan"))
    with pytest.raises(EventsError, match="of the project 'web', not of crosshost"):
        preview(other)
    other = document(step("create", NETWORK, "n@h", None, {}, stack="prod"))
    with pytest.raises(
        EventsError, match="of the stack 'prod', not of lab-macvlan: give `-s prod`"
    ):
        preview(other)


def test_an_operation_of_a_later_engine_is_told():
    with pytest.raises(EventsError, match=r"not known here \(conjure\)"):
        preview(document(step("conjure", NETWORK, "n@h", None, {})))


@pytest.mark.parametrize(
    "text",
    ["[]", "1", '"x"', "{}", '{"version": 3, "deployment": {}}', "Previewing update (prod):\n + create", "[" * 100_000,
     '{"steps": [{"urn": "x", "op": "same"}], "changeSummary": {}}', '{"steps": {}, "changeSummary": 1}', "\x00"],
)  # fmt: skip
def test_what_is_no_events_is_one_sentence(text):
    with pytest.raises(EventsError) as caught:
        preview(text)
    assert "\n" not in str(caught.value)


def test_a_change_has_a_host_only_where_its_name_ends_in_one():
    assert Change(Act.CREATE, CONTAINER, "a@b@docker01").host == "docker01"
    assert Change(Act.CREATE, CONTAINER, "conflicts").host == ""
    assert Change(Act.CREATE, CONTAINER, "conflicts").base == "conflicts"
