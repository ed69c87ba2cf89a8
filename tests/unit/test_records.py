"""The text that a host change sends: the same as long as nothing is to be done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from planning import records

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
contents = st.text(max_size=40)


@given(contents)
def test_an_intact_host_is_sent_what_it_had(content):
    header = {"base": "a", "action": "reload", "own": "x"}
    first = records.text(content, record=None, intact=False, header=header, now=NOW)
    later = {"base": "b", "action": "none", "own": "x"}
    again = records.text(content, record=first, intact=True, header=later)
    assert again == first


@given(contents)
def test_drift_is_sent_something_new_even_where_the_record_is_lost(content):
    header = {"base": "absent"}
    first = records.text(content, record=None, intact=False, header=header, now=NOW)
    for record in (first, None):
        again = records.text(
            content, record=record, intact=False, header=header, now=NOW + timedelta(seconds=1)
        )
        assert again != first
        assert records.body(again) == content


def test_a_wanted_change_is_sent_and_says_what_it_was_planned_on():
    first = records.text("old\n", record=None, intact=False, header={"base": "1"}, now=NOW)
    second = records.text("new\n", record=first, intact=True, header={"base": "2"}, now=NOW)
    assert records.body(second) == "new\n"
    assert records.header_fields(second) == {"planned": "2026-01-02T03:04:05Z", "base": "2"}


def test_other_keys_of_ours_are_a_change():
    first = records.text("x", record=None, intact=False, header={"own": "a"}, now=NOW)
    assert records.text("x", record=first, intact=True, header={"own": "a,b"}, now=NOW) != first
