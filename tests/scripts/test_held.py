"""held.sh: what several stacks hold on one host, and who puts back what was there before."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

SCRIPTS = Path(__file__).parents[2] / "components" / "scripts"
# A file that several stacks write: a thing of the host's as simple as can be.
SCRIPT = """\
. "${0%/*}/common.sh"
. "$scripts/held.sh"
thing=$1
file=${held%/*}/value
case $2 in
apply)
    cat "$file" | keep_before "$thing"
    echo "$3" | hold "$thing"
    echo "$3" >"$file"
    ;;
undo)
    is_held "$thing" || exit 0
    if others=$(others_hold "$thing"); then
        cat $(printf '%s\\n' "$others" | head -n 1) >"$file"
    else
        cat "$held/$thing/before" >"$file"
    fi
    let_go "$thing"
    ;;
esac
"""


class Host:
    """A folder that stands for /var/lib/crosshost."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.value.write_text("first\n")

    @property
    def value(self) -> Path:
        return self.folder / "value"

    def run(self, stack: str, *words: str) -> subprocess.CompletedProcess[str]:
        scripts = self.folder / stack / "scripts"
        scripts.mkdir(parents=True, exist_ok=True)
        for name in ("common.sh", "held.sh"):
            shutil.copy(SCRIPTS / name, scripts)
        (scripts / "value.sh").write_text(SCRIPT)
        return subprocess.run(
            ["sh", str(scripts / "value.sh"), *words], capture_output=True, text=True, check=True
        )

    def files(self) -> set[str]:
        found = (self.folder / "@host").rglob("*")
        return {str(p.relative_to(self.folder / "@host")) for p in found if p.is_file()}


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


def test_who_holds_what_can_be_read_on_the_host(host):
    host.run("prod", "nic/eth0", "apply", "a")
    host.run("test", "nic/eth0", "apply", "b")
    assert host.files() == {
        "README", "nic/eth0/before", "nic/eth0/holders/prod", "nic/eth0/holders/test",
    }  # fmt: skip
    assert (host.folder / "@host/nic/eth0/before").read_text() == "first\n"
    assert (host.folder / "@host/nic/eth0/holders/test").read_text() == "b\n"


def test_nothing_is_left_after_the_last_one(host):
    for thing in ("nic/eth0", "nic/eth1", "swarm"):
        host.run("prod", thing, "apply", "a")
    for thing in ("swarm", "nic/eth1", "nic/eth0"):
        assert (host.folder / "@host/README").exists()
        host.run("prod", thing, "undo")
    assert not (host.folder / "@host").exists()


def test_a_stack_that_was_taken_off_the_host_by_hand_holds_nothing(host):
    host.run("prod", "swarm", "apply", "a")
    host.run("test", "swarm", "apply", "b")
    shutil.rmtree(host.folder / "prod")
    host.run("test", "swarm", "undo")
    assert host.value.read_text() == "first\n"
    assert not (host.folder / "@host").exists()


def test_what_was_before_is_looked_at_again_where_nobody_came_to_hold_it(host):
    host.run("prod", "swarm", "apply", "a")
    (host.folder / "@host/swarm/holders/prod").unlink()
    host.value.write_text("later\n")
    host.run("prod", "swarm", "apply", "a")
    host.run("prod", "swarm", "undo")
    assert host.value.read_text() == "later\n"


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["apply", "undo"])), max_size=9))
def test_in_every_order_the_last_one_out_puts_back_what_was_there(tmp_path_factory, steps):
    host = Host(tmp_path_factory.mktemp("host"))
    holding: list[str] = []
    for stack, verb in [*steps, ("a", "undo"), ("b", "undo"), ("c", "undo")]:
        host.run(stack, "thing", verb, stack)
        holding = [one for one in holding if one != stack]
        holding += [stack] if verb == "apply" else []
        now = host.value.read_text().strip()
        assert now in holding if holding else now == "first"
    assert not (host.folder / "@host").exists()
