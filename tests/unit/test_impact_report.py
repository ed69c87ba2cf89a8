"""What is declared, gates, and the comment: its bounds, its markup, no secrets."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from reports.impact import expected as expectations
from reports.impact import markdown
from reports.impact.data import data
from reports.impact.expected import Expected
from reports.impact.model import Fleet, Gate
from tests.unit.impacts import (
    MACVLAN,
    members,
    of,
    replaced,
)
from tests.unit.previews import (
    CONTAINER,
    REMOTE,
    container,
    said,
    step,
)
from tests.unit.topologies import HOSTILE


@pytest.mark.parametrize(
    ("declared", "marks"),
    [
        ("", 1),
        ("Expected: replace ssh01", 0),
        ("some words\n> **Expected:** replace docker01/ssh01, restart docker02.", 0),
        ("expected: restart docker02, replace ssh02 and ssh01", 0),
        ("Expected: replace ssh02", 1),
        ("Expected: restart ssh01", 1),
        ("Not Expected: replace ssh01", 1),
    ],
)
def test_what_was_declared_is_not_marked_and_opens_gates(declared, marks):
    found, read = of(replaced(image="b")), expectations.read(declared)
    assert markdown.text(found, read).count("  - ⚠ ") == marks
    assert len(expectations.shut(found, read, [Gate.REPLACE])) == marks
    assert expectations.shut(found, read, [Gate.RESTART]) == []


def test_what_is_declared_in_odd_words_is_told():
    read = expectations.read("Expected: reboot docker02\nExpected: restart")
    assert read.odd == ("reboot docker02", "restart")
    assert "this is not: reboot docker02" in markdown.text(of(replaced(image="b")), read)


def test_nothing_of_hostile_names_is_markup_and_no_comment_is_too_long():
    for name in HOSTILE:
        hostile = container(name, image=name, envs=[f"A={name}"] * 2)
        steps = [
            step("create", CONTAINER, f"{name}{i}@docker{i % 30}", None, hostile)
            for i in range(150)
        ]
        warnings = [
            said(f"docker01: {name} {i} ![x](http://x) @everyone <img>") for i in range(150)
        ]
        after = Fleet(members(**{f"{name}{i}": ("h1", "x") for i in range(150)}), {"x": MACVLAN})
        found = of(*steps, diagnostics=warnings, after=after)
        text = markdown.text(found, Expected(), "flowchart LR\n" * 700)
        assert len(text) <= markdown.MOST_CHARACTERS
        outside = re.sub(r"(`{3,})(mermaid|diff)\n.*?\n\1", "", text, flags=re.DOTALL)
        assert outside.count("`" * 3) == 0
        assert not re.search(r"(?<!\\)<(?!/?(details|summary))", outside)
        assert not re.search(r"(?<!\\)!\[|@everyone", outside)
        assert text.count("<details>") == 1
        assert "the rest is cut" in text
        json.dumps(data(found, Expected()))


def test_a_secret_is_in_no_part_of_a_report():
    secrets: dict[str, Any] = {
        "envs": ["PASSWORD=PLANTED"],
        "command": ["x", "--token", "PLANTED"],
        "pin": {"privateKey": "PLANTED"},
    }
    key = "-----BEGIN PRIVATE KEY-----\nPLANTED\n-----END PRIVATE KEY-----\n"
    found = of(
        step("replace", CONTAINER, "a@docker01", container(**secrets), container(image="ghp_PLANTEDPLANTEDPLANTED", **secrets)),
        step("create", REMOTE, "tls@docker01", None, {"stdin": f"hash=1\n{key}"}),
        step("create", REMOTE, "swarm-x@docker01", None, {"stdin": "SWMTKN-1-PLANTED"}),
        diagnostics=[said("docker01: joined with SWMTKN-1-PLANTED"), said(f"error: {key}", "error")],
    )  # fmt: skip
    read = expectations.read("Expected: token=PLANTED")
    assert "PLANTED" not in markdown.text(found, read)
    assert "PLANTED" not in json.dumps(data(found, read))


def test_a_diff_shows_lines_of_a_text_that_changed():
    old, new = {"stdin": "a=1\nsame\nold\n"}, {"stdin": "a=1\nsame\nnew\n"}
    found = of(step("update", REMOTE, "present@docker01", old, new))
    assert found.diff.splitlines() == [
        "! update Command present@docker01", "    stdin:", "-       old", "+       new",
    ]  # fmt: skip
