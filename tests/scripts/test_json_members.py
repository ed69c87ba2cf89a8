"""json-members.sh against Python's json on generated files: it edits text, not values."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

SCRIPT = Path(__file__).parents[2] / "components" / "scripts" / "json-members.sh"

text = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)
key = st.text("abcdefgh-", min_size=1, max_size=6)
objects = st.dictionaries(key, values, max_size=5)


def run(*argv: str, stdin: str) -> str:
    result = subprocess.run(
        ["sh", str(SCRIPT), *argv], input=stdin.encode(), capture_output=True, check=True
    )
    return result.stdout.decode()


@settings(max_examples=120, deadline=None)
@given(objects, objects, st.sets(key, min_size=1, max_size=3), st.sampled_from([None, 2, 4]))
def test_restore_gives_our_keys_their_original_values_and_leaves_all_others(
    tmp_path_factory, now, original, ours, indent
):
    file = tmp_path_factory.mktemp("o") / "original"
    file.write_text(json.dumps(original, indent=indent))
    out = run("restore", ",".join(sorted(ours)), str(file), stdin=json.dumps(now, indent=indent))
    want = {k: v for k, v in now.items() if k not in ours}
    want |= {k: original[k] for k in ours if k in original}
    assert json.loads(out) == want


@settings(max_examples=60, deadline=None)
@given(objects)
def test_set_sets_one_key_and_leaves_all_others(now):
    out = run("set", "live-restore", "true", stdin=json.dumps(now, ensure_ascii=False))
    assert json.loads(out) == {**now, "live-restore": True}


@settings(max_examples=60, deadline=None)
@given(objects, st.lists(objects, max_size=3), st.sets(key, min_size=1, max_size=3))
def test_restore_takes_the_first_file_that_has_the_key(tmp_path_factory, now, files, ours):
    folder = tmp_path_factory.mktemp("o")
    paths = []
    for number, content in enumerate(files):
        paths.append(folder / str(number))
        paths[-1].write_text(json.dumps(content))
    out = run("restore", ",".join(sorted(ours)), *map(str, paths), stdin=json.dumps(now))
    want = {k: v for k, v in now.items() if k not in ours}
    for content in reversed(files):
        want |= {k: content[k] for k in ours if k in content}
    assert json.loads(out) == want


@settings(max_examples=60, deadline=None)
@given(objects, st.sets(key, min_size=1, max_size=3), st.sampled_from([None, 2, 4]))
def test_pick_keys_get_and_compact_tell_what_is_there(now, some, indent):
    whole = json.dumps(now, indent=indent, ensure_ascii=False)
    picked = run("pick", ",".join(sorted(some)), stdin=whole)
    assert json.loads(picked) == {k: v for k, v in now.items() if k in some}
    assert run("keys", stdin=whole) == ",".join(now) + "\n"
    compact = json.dumps(now, separators=(",", ":"), ensure_ascii=False)
    assert run("compact", stdin=whole) == compact + "\n"
    for name, value in now.items():
        assert json.loads(run("get", name, stdin=whole)) == value


def test_a_file_that_is_no_object_fails_and_prints_nothing_that_could_be_taken_for_one():
    for broken in ("", "[1]", '{"a": 1', '"text"'):
        result = subprocess.run(
            ["sh", str(SCRIPT), "set", "a", "1"], input=broken.encode(), capture_output=True
        )
        assert result.returncode != 0
        assert result.stdout == b""
