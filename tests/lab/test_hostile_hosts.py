"""Hosts that answer nonsense, or too much, or never, or shell text: one test per sentence of facts."""

from __future__ import annotations

import resource
import time

import pytest

from tests.lab.host_state import difference, look
from tests.lab.rows import some_often
from tests.lab.swarm_hosts import HOSTS, all_reach_each_other
from tests.lab.waiting import wait

PLANTED = "x;touch ${IFS}/tmp/pwned;$(touch /tmp/pwned)`touch /tmp/pwned`\n\x1b[31mred"


@pytest.fixture
def fake(lab):
    """Puts a script before a tool on a host; "$real" in it is the tool itself."""
    made = []

    def put(host, tool, script):
        made.append((host, tool))
        real = lab.ssh(host, f"command -v {tool} || true").stdout.strip()
        text = f"#!/bin/sh\nreal={real}\n{script}\n"
        lab.ssh(host, f"cat >/usr/local/sbin/{tool}; chmod 755 /usr/local/sbin/{tool}", input=text)

    yield put
    for host, tool in made:
        lab.ssh(host, f"rm -f /usr/local/sbin/{tool}")


@pytest.fixture(scope="module")
def running(shared_environment):
    """The notes' macvlan, up."""
    stack = shared_environment("lab-macvlan")
    stack.up()
    return stack


# docker info, docker ps, ... -> a line for the script before the tool.
ON = 'case "$*" in "{0}"*) {1} ;; esac; exec "$real" "$@"'


def says_nothing_untrue(preview):
    assert "Traceback" not in preview.text, preview.text
    assert "gone" not in preview.text
    assert "forget" not in preview.text
    assert "\x1b[31m" not in preview.text
    assert preview.changes == {}


NONSENSE = [
    ("docker", ON.format("info", """echo "28.0"; echo /var/lib/docker; echo '{"ServerVersion": "28.0", "Swarm": "str"}'; exit"""),
     "Docker on docker01 answers nonsense to `docker info`"),
    ("docker", ON.format("ps", "printf '%s\\n' 'a\tb' '{}' '[]' '\033[31m'; exit"),
     "the list of containers (`docker ps --all`) of docker01 could not be read"),
    ("docker", ON.format("ps", "head -c 100000000 /dev/zero | tr '\\0' x; exit"),
     "the list of containers (`docker ps --all`) of docker01 could not be read (more than 2 MB)"),
    ("docker", ON.format("network ls", "printf '\\377\\376\\033[2J$(x)'; exit"),
     "the list of networks (`docker network ls`) of docker01 could not be read"),
    ("ip", "printf '1: a b c\\n\\033[31m $(touch /tmp/pwned) x\\n'",
     "its network interfaces (`ip -o link show`) of docker01 could not be read"),
    ("ip", "head -c 100000000 /dev/zero", "`ip -o link show`) of docker01 could not be read (more than 2 MB)"),
    ("systemctl", "head -c 100000000 /dev/zero",
     "docker.service (`systemctl cat docker.service`) of docker01 could not be read (more than 2 MB)"),
]  # fmt: skip


@pytest.mark.parametrize(("tool", "script", "sentence"), some_often(NONSENSE, 0))
def test_nonsense_is_said_to_be_unreadable_and_never_that_something_is_gone(
    lab, running, fake, tool, script, sentence
):
    fake("docker01", tool, script)
    preview = running.preview()
    assert sentence in preview.text, preview.text
    says_nothing_untrue(preview)
    up = running.up(check=False)
    assert up.code != 0
    assert "nothing was changed:\n" in up.text
    assert sentence in up.text
    assert lab.ssh("docker01", "ls /tmp").stdout.count("pwned") == 0


@pytest.mark.parametrize("tool", ["ss", "nft", "iptables"])
@pytest.mark.parametrize(
    "script", ["printf '\\033[31m$(x)\\n\\377'", "head -c 100000000 /dev/zero", "sleep 1d"]
)
@pytest.mark.long
def test_a_tool_that_only_adds_knowledge_is_not_missed(running, fake, tool, script):
    fake("docker01", tool, script)
    preview = running.preview()
    says_nothing_untrue(preview)
    assert "up would stop" not in preview.text


def left_on(lab, host):
    """Processes of reading facts that are there still."""
    found = lab.ssh(
        host, "ps -eo pid,args | grep -E '[s]h -s test|[s]leep 1d|[h]ead -c 2097152' || true"
    )
    return found.stdout


@pytest.mark.parametrize(
    ("tool", "script", "sentence"),
    some_often([
        ("docker", ON.format("info", "sleep 1d"),
         "Docker on docker01 hangs (`docker info` gave no answer within 10 s)"),
        ("docker", ON.format("ps", "trap '' TERM; sleep 1d; sleep 1d"),
         "the list of containers (`docker ps --all`) of docker01 could not be read (no answer in time)"),
        ("systemctl", "sleep 1d", "docker.service (`systemctl cat docker.service`) of docker01 could not be read (no answer in time)"),
    ], 1),
)  # fmt: skip
def test_what_hangs_is_said_in_time_and_leaves_no_process_on_the_host(
    lab, running, fake, tool, script, sentence
):
    fake("docker01", tool, script)
    began = time.monotonic()
    preview = running.preview()
    assert time.monotonic() - began < 40
    assert sentence in preview.text, preview.text
    says_nothing_untrue(preview)
    wait(lambda: not left_on(lab, "docker01"), 10)


def test_the_remote_side_ends_with_its_connection(lab, running, fake):
    fake("docker01", "docker", ON.format("info", "sleep 1d"))
    preview = running.start("preview")
    wait(lambda: "sleep 1d" in left_on(lab, "docker01"), 20)
    # As where the controller dies: ssh's own process that carries the connections goes.
    config = f".crosshost/{running.name}/ssh_config"
    lab.run(["ssh", "-F", config, "-O", "exit", "docker01"], check=False)
    wait(lambda: not left_on(lab, "docker01"), 20)
    preview.communicate(timeout=60)


def test_a_shell_that_prints_noise_is_told_from_a_host_that_does_not_answer(lab, running):
    lab.ssh("docker01", "printf 'echo \"\\033[31mwelcome\"\\n' >/root/.bashrc")
    try:
        preview = running.preview()
    finally:
        lab.ssh("docker01", "rm /root/.bashrc")
    assert (
        "docker01 (10.0.0.11) answers on SSH, but its shell prints something else than it is asked "
        "for (\\x1b[31mwelcome)"
    ) in preview.text, preview.text
    says_nothing_untrue(preview)


@pytest.mark.long
def test_a_hundred_megabytes_fill_nobodys_memory(running, fake):
    fake("docker01", "docker", ON.format("ps", "head -c 100000000 /dev/zero | tr '\\0' x; exit"))
    running.preview()
    # Kilobytes of the largest process so far, among them pulumi and its Python.
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 400_000


@pytest.mark.long
def test_records_edited_to_hold_shell_text_count_as_lost(lab, running):
    folder = f"/var/lib/crosshost/{running.name}"
    lab.ssh(
        "docker01",
        f"for r in {folder}/*/record; do sed -i '1s|$| via=$(touch /tmp/pwned);x|' $r; done",
    )
    preview = running.preview()
    assert f"docker01: {folder}/scripts/record was edited by hand" in preview.text
    running.up()
    assert "edited by hand" not in running.preview().text
    assert running.up().changes == {}
    assert "pwned" not in lab.ssh("docker01", "ls /tmp").stdout


# A hostile worker of a swarm


@pytest.fixture
def swarm(lab, environment):
    lab.up_for("lab-swarm")
    lab.ssh("docker03", "rm -f /tmp/pwned")
    return environment("lab-swarm")


@pytest.fixture
def nobody_was_taken_over(lab):
    yield
    for host in HOSTS:
        assert "pwned" not in lab.ssh(host, "ls /tmp").stdout, host


def lying(template):
    """Once it is in the swarm."""
    return f"""case "$*" in *'{template}'*) [ -z "$("$real" info -f '{template}')" ] || printf '%s\\n' 'ID;touch ${{IFS}}/tmp/pwned'; exit ;; esac
exec "$real" "$@"
"""


@pytest.mark.long
def test_a_worker_that_lies_about_its_node_runs_nothing_on_the_manager(
    lab, swarm, fake, nobody_was_taken_over
):
    fake("docker05", "docker", lying("{{.Swarm.NodeID}}"))
    up = swarm.up(check=False)
    assert up.code != 0
    assert "docker05 answers with something else than a node's ID" in up.text, up.text
    lab.ssh("docker05", "rm /usr/local/sbin/docker")
    swarm.up()
    all_reach_each_other(lab)
    assert swarm.up().changes == {}
    fake("docker05", "docker", lying("{{.Swarm.NodeID}}"))
    swarm.destroy()


@pytest.mark.long
def test_an_edited_node_file_runs_nothing_on_the_manager(lab, swarm, nobody_was_taken_over):
    before = {host: look(lab, host) for host in HOSTS}
    swarm.up()
    lab.ssh(
        "docker05",
        f"printf '%s\\n' 'ID;touch /tmp/pwned' >/var/lib/crosshost/{swarm.name}/swarm/node",
    )
    down = swarm.destroy(check=False)
    assert down.code != 0
    assert (
        "docker05 left the swarm, but answers with something else than its node's ID: run `docker "
        "node ls` on a manager"
    ) in down.text, down.text
    swarm.destroy()
    assert not difference(before, {host: look(lab, host) for host in HOSTS})


@pytest.mark.long
def test_a_worker_that_gives_another_ones_node_as_its_own_takes_nobody_off_the_list(lab, swarm):
    swarm.up()
    other = lab.ssh("docker04", "docker info -f '{{.Swarm.NodeID}}'").stdout.strip()
    lab.ssh("docker05", f"echo {other} >/var/lib/crosshost/{swarm.name}/swarm/node")
    del swarm.config["hosts"]["docker05"], swarm.config["containers"]["web03"]
    swarm.write()
    up = swarm.up(check=False)
    assert up.code != 0
    assert f"node {other} is still up, so it is not that of the host that left" in up.text, up.text
    assert "Ready" in lab.ssh("docker03", f"docker node ls -f id={other}").stdout
