"""The merge of daemon.json, on generated files."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planning import daemon_json

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2)
    ),
    max_leaves=4,
)
admin_keys = st.sampled_from(["debug", "mtu", "labels", "dns", "log-driver", "cluster-store"])
our_keys = st.sampled_from(["cluster-store", "cluster-advertise", "live-restore"])
files = st.none() | st.dictionaries(admin_keys, values).map(lambda v: json.dumps(v, indent=2))
wanted = st.dictionaries(our_keys, values)


@given(files, wanted)
def test_all_wanted_keys_are_set_and_all_others_stay_in_their_order(text, want):
    before = daemon_json.read(text)
    after = daemon_json.read(daemon_json.merged(text, want))
    assert {k: after[k] for k in want} == want
    others = [k for k in before if k not in want]
    assert [k for k in after if k not in want] == others
    assert all(after[k] == before[k] for k in others)


@given(files, wanted)
def test_a_second_merge_changes_nothing(text, want):
    once = daemon_json.merged(text, want)
    assert daemon_json.merged(once, want) == once
    assert daemon_json.changed(once, once) == []


@given(files, wanted)
def test_taking_our_keys_back_gives_the_original_values(text, want):
    once = daemon_json.merged(text, want)
    back = daemon_json.merged(once, {}, ours=frozenset(want), original=text)
    assert daemon_json.read(back) == daemon_json.read(text)


@given(files, wanted, st.dictionaries(st.sampled_from(["bip", "ipv6"]), values, min_size=1))
def test_an_admins_later_edit_survives_our_next_merge(text, want, edit):
    edited = json.dumps({**daemon_json.read(daemon_json.merged(text, want)), **edit})
    again = daemon_json.read(daemon_json.merged(edited, want, ours=frozenset(want), original=text))
    assert {k: again[k] for k in edit} == edit


@given(files)
def test_text_that_is_as_wanted_is_kept_byte_for_byte(text):
    if text is not None:
        assert daemon_json.merged(text, daemon_json.read(text)) == text


@pytest.mark.parametrize("text", ["{", "[]", "nonsense", '{"a": 1,}'])
def test_a_broken_file_is_never_guessed_at(text):
    assert not daemon_json.readable(text)
    with pytest.raises(daemon_json.BrokenDaemonJsonError):
        daemon_json.merged(text, {"a": 1})
