"""Hosts under another name than at the last up: taken over, or refused where it is not clear who is who."""

from __future__ import annotations

import pytest

from components.preflight.names import refusals
from planning.facts import parse
from planning.renames import called, renamed
from tests.unit.fleet import containers, facts_text


def host(name: str = "", label: str = ""):
    """Facts of a host that was called ``name`` by its record, ``label`` by its containers."""
    row = {
        "id": "i",
        "name": "web",
        "state": "running",
        "status": "Up",
        "stack": "s",
        "host": label,
    }
    records = {"scripts": f"planned=x host={name}\n"} if name else {}
    return parse(facts_text(records=records, more=(containers(row),) if label else ()))


def test_the_record_says_what_a_host_was_called_else_its_containers_do():
    assert called(host("a", "b"), "s") == "a"
    assert called(host("", "b"), "s") == "b"
    assert called(host("", "b"), "another") is None
    assert called(host(), "s") is None


def test_only_who_has_another_name_is_renamed():
    facts = {"a": host("a"), "c": host("b"), "d": host()}
    assert renamed(facts, "s") == {"c": "b"}
    assert refusals(facts, facts, "s") == []


@pytest.mark.parametrize(
    ("facts", "names", "sentence"),
    [
        ({"a": host("b"), "b": host("a")}, ("a", "b"), "a and b have swapped their names"),
        ({"a": host("b"), "b": host()}, ("a", "b"), "a was called b until now, and b is the name of another"),
        ({"a": host("b")}, ("a", "b"), "a was called b until now, and b is the name of another"),
        ({"a": host("x"), "b": host("x")}, ("a", "b"), "a and b were both called x until now"),
    ],
    ids=["swapped", "name taken by a new host", "name of a host that does not answer", "copied"],
)  # fmt: skip
def test_names_that_cannot_be_told_apart_are_refused(facts, names, sentence):
    (found,) = refusals(facts, names, "s")
    assert sentence in found
