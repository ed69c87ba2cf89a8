"""swarm_member.py on the controller: who is asked for what, with an ssh that answers by a table."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.unit.fleet import ROOT

SCRIPTS = "/var/lib/crosshost/test/scripts"
TOKEN = "SWMTKN-1-abc 10.0.0.11:2377"
# Writes down who is asked what with which input; answers with HOST.VERB.{out,err,status}.
SSH = """\
#!/bin/sh
host=$4
shift 4
input=$(cat)
verb=${*#*swarm.sh }
line=
case $verb in apply | undo) ;; *) line=" < $input" ;; esac
printf '%s %s%s\\n' "$host" "$*" "$line" >>"$ANSWERS/asked"
printf '%s\\n' "$input" >"$ANSWERS/$host.$verb.in"
base=$ANSWERS/$host.$verb
cat "$base.err" >&2 2>/dev/null
cat "$base.out" 2>/dev/null
exit "$(cat "$base.status" 2>/dev/null || echo 0)"
"""


@dataclass
class Controller:
    """The script with hosts that answer as told."""

    folder: Path

    def answers(self, host: str, verb: str, out: str = "", err: str = "", status: int = 0) -> None:
        for what, text in (("out", out), ("err", err), ("status", str(status))):
            (self.folder / f"{host}.{verb}.{what}").write_text(text)

    def run(self, verb: str, header: str, host: str = "docker02") -> tuple[int, str, str]:
        stdin = f"ssh.conf {SCRIPTS} {host}\nPort 22\n\n{header}\n"
        done = subprocess.run(
            [sys.executable, "-m", "components.swarm_member", verb], input=stdin, capture_output=True, text=True, check=False, cwd=ROOT,
            env={**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}",
                 "ANSWERS": str(self.folder), "TMPDIR": str(self.folder / "tmp")},
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    @property
    def asked(self) -> list[str]:
        file = self.folder / "asked"
        return file.read_text().splitlines() if file.exists() else []

    def told(self, host: str, verb: str) -> list[str]:
        return (self.folder / f"{host}.{verb}.in").read_text().splitlines()


@pytest.fixture
def controller(tmp_path):
    (tmp_path / "tmp").mkdir()
    ssh = tmp_path / "ssh"
    ssh.write_text(SSH)
    ssh.chmod(0o755)
    made = Controller(tmp_path)
    made.answers("docker01", "token", f"{TOKEN}\n")
    made.answers("docker02", "apply", "node2\n")
    yield made
    assert list((tmp_path / "tmp").iterdir()) == [], "leaves nothing behind"


JOIN = "planned=x role=worker managers=docker01,docker03 start=join via=none"


def test_a_host_joins_with_a_token_that_comes_on_its_stdin_alone(controller):
    assert controller.run("apply", JOIN) == (0, "node2\n", "")
    assert controller.asked == [
        "docker01 sh /var/lib/crosshost/test/scripts/swarm.sh token < worker",
        "docker02 sh /var/lib/crosshost/test/scripts/swarm.sh apply",
        "docker01 sh /var/lib/crosshost/test/scripts/swarm.sh settle < node2",
    ]
    assert controller.told("docker02", "apply") == [TOKEN, JOIN]


def test_what_a_manager_says_beside_the_token_is_no_part_of_it(controller):
    controller.answers(
        "docker01", "token", f"{TOKEN}\n", "sudo: unable to resolve host docker01: No address\n"
    )
    assert controller.run("apply", JOIN)[0] == 0
    assert controller.told("docker02", "apply") == [TOKEN, JOIN]


def test_the_next_manager_is_asked_where_one_refuses(controller):
    controller.answers("docker01", "token", err="not a manager\n", status=1)
    controller.answers("docker03", "token", f"{TOKEN}\n")
    assert controller.run("apply", JOIN)[0] == 0
    assert controller.told("docker02", "apply")[0] == TOKEN


def test_without_a_manager_that_helps_nothing_is_done_and_the_last_refusal_is_said(controller):
    for name in ("docker01", "docker03"):
        controller.answers(name, "token", err=f"warning\n{name} is busy\n", status=1)
    status, out, err = controller.run("apply", JOIN)
    assert (status, out) == (1, "")
    assert err == ("no manager lets docker02 join the swarm (docker03: docker03 is busy)\n")
    assert not any("apply" in line for line in controller.asked)


def test_a_host_that_fails_keeps_its_own_words(controller):
    controller.answers("docker02", "apply", err="this host cannot join\n", status=1)
    status, out, err = controller.run("apply", JOIN)
    assert (status, out, err) == (1, "", "this host cannot join\n")
    assert not any("settle" in line for line in controller.asked)


def test_sudo_is_used_where_a_host_needs_it(controller):
    controller.run("apply", JOIN.replace("docker01,", "docker01:sudo,"), "docker02:sudo")
    assert controller.asked[:2] == [
        "docker01 sudo -n sh /var/lib/crosshost/test/scripts/swarm.sh token < worker",
        "docker02 sudo -n sh /var/lib/crosshost/test/scripts/swarm.sh apply",
    ]


def test_who_stays_is_given_its_role_by_another_manager_or_by_itself(controller):
    header = "planned=x role=manager managers=docker02,docker01 start=stay node=node2 via=docker02"
    assert controller.run("apply", header)[0] == 0
    # The host itself hears of its role a moment later.
    assert controller.asked[1:] == [
        "docker01 sh /var/lib/crosshost/test/scripts/swarm.sh role < node2 manager",
        "docker02 sh /var/lib/crosshost/test/scripts/swarm.sh agree < manager",
    ]
    controller.answers("docker01", "role", err="no\n", status=1)
    assert controller.run("apply", header)[0] == 0
    assert (
        controller.asked[-2]
        == "docker02 sh /var/lib/crosshost/test/scripts/swarm.sh role < node2 manager"
    )


def test_who_begins_asks_nobody(controller):
    assert controller.run("apply", "planned=x role=manager managers=docker02 start=init")[0] == 0
    assert controller.asked == ["docker02 sh /var/lib/crosshost/test/scripts/swarm.sh apply"]
    assert controller.told("docker02", "apply")[0] == "-"


def test_who_leaves_is_taken_off_the_list(controller):
    controller.answers("docker02", "undo", "node2\n")
    assert controller.run("undo", JOIN)[0] == 0
    assert (
        controller.asked[-1]
        == "docker01 sh /var/lib/crosshost/test/scripts/swarm.sh forget < node2"
    )


def test_who_ends_the_swarm_or_never_was_in_it_is_on_no_list(controller):
    controller.answers("docker02", "undo", "gone\n")
    assert controller.run("undo", JOIN)[0] == 0
    assert controller.asked == ["docker02 sh /var/lib/crosshost/test/scripts/swarm.sh undo"]


def test_a_node_that_nobody_takes_off_is_named_with_the_command(controller):
    controller.answers("docker02", "undo", "node2\n")
    for name in ("docker01", "docker03"):
        controller.answers(name, "forget", err="gone\n", status=255)
    status, _, err = controller.run("undo", JOIN)
    assert status == 1
    assert "docker02 left the swarm, but no manager takes it off its list (docker03: gone)" in err
    assert "run `docker node rm node2` on one" in err


def test_who_is_to_have_another_role_for_another_stack_gets_it(controller):
    header = "planned=x role=worker managers=docker01 start=stay node=node2 via=docker01"
    controller.answers("docker02", "apply", "node2 manager\n")
    assert controller.run("apply", header) == (0, "node2\n", "")
    assert "swarm.sh role < node2 manager" in controller.asked[1]
    controller.answers("docker02", "apply", "node2 manager\n")
    assert controller.run("apply", JOIN) == (0, "node2\n", "")
    assert "swarm.sh role < node2 manager" in controller.asked[-2]


def test_who_another_stack_needs_there_stays(controller):
    controller.answers("docker02", "undo", "stays\n")
    assert controller.run("undo", JOIN) == (0, "", "")
    assert len(controller.asked) == 1


def test_who_stays_has_the_role_first_that_it_is_left_with(controller):
    controller.answers("docker02", "undo", "node2 worker\n")
    status, _, err = controller.run("undo", JOIN)
    assert "swarm.sh role < node2 worker" in controller.asked[1]
    assert "swarm.sh undo" in controller.asked[-1]
    # It says so again: the host is not asked for ever.
    assert (status, len(controller.asked)) == (1, 4)
    assert "answers with something else than its node's ID" in err


def test_scripts_of_the_version_before_leave_the_role_to_the_controller(controller):
    controller.answers("docker02", "undo", "")
    header = "planned=x role=manager adopted=worker node=node2 managers=docker01"
    assert controller.run("undo", header) == (0, "", "")
    assert "swarm.sh role < node2 worker" in controller.asked[-1]
