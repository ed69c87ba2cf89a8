"""The pages of docs/: each begins with its reader, and each task of operations.md is done in a test."""

from __future__ import annotations

import re

import pytest

from tests import pages
from tests.unit.fleet import ROOT

PAGES = sorted((ROOT / "docs").glob("*.md"))
OPERATIONS = ROOT / "docs" / "operations.md"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_begins_with_what_its_reader_wants(page):
    text = re.sub(r"^<!--.*?-->\n", "", page.read_text())
    head, first, *_ = text.split("\n\n")
    assert head.startswith("# ")
    assert first.startswith("You ")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_of_a_page_lead_somewhere(page):
    for name, heading in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)", page.read_text()):
        other = (page.parent / name) if name else page
        assert other.exists(), name
        if heading:
            there = re.findall(r"^#+ (.*)$", other.read_text(), re.MULTILINE)
            assert heading in {re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in there}


def test_every_task_that_has_something_to_type_is_done_on_real_hosts():
    test = "".join(file.read_text() for file in (ROOT / "tests" / "lab").glob("test_*.py"))
    for heading in pages.headings(OPERATIONS):
        assert f'.does("{heading}"' in test, heading


def test_an_edit_that_does_not_fit_the_file_fails():
    assert pages.edited("a\nb\nc\n", " a\n-b\n+x\n") == "a\nx\nc\n"
    with pytest.raises(AssertionError, match="not there once"):
        pages.edited("a\nb\n", "-c\n+x\n")
