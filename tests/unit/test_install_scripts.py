"""The scripts of a host go there by way of the controller, and are in no state."""

from __future__ import annotations

import pytest

from components import scripts
from tests.unit.fleet import facts_text, run_program, stack_values
from tests.unit.host_programs import run_for_host

# Twice that, for inputs and outputs, is in the state for each such command, and the engine writes
# the state at every step.
MOST = 4000
REQUEST = "ssh.conf /var/lib/crosshost/prod/scripts docker01:sudo\nPort 22\n\n"


@pytest.mark.parametrize("stack", ["lab-overlay", "lab-swarm", "lab-macvlan", "lab-lan"])
def test_no_command_keeps_a_long_text_in_the_state(monkeypatch, tmp_path, stack):
    values = stack_values(stack)
    facts = {name: facts_text(hostname=name, version="28.5.2") for name in values["hosts"]}
    if stack == "lab-overlay":
        facts = {name: facts_text(hostname=name, version="20.10.5") for name in values["hosts"]}
    engine = run_program(monkeypatch, tmp_path, values, facts)
    commands = {n: m for n, m in engine.resources.items() if m.typ.startswith("command:")}
    long = {n: len(str(m.inputs)) for n, m in commands.items() if len(str(m.inputs)) > MOST}
    assert {f"install-scripts@{name}" for name in values["hosts"]} <= set(commands)
    assert not long


def install(tmp_path, answer, request):
    return run_for_host(tmp_path, "components.install_scripts", answer, request)


def test_the_host_gets_all_scripts_and_the_record(tmp_path):
    done = install(
        tmp_path, ":", f"{REQUEST}planned=2026-11-28T09:00:00Z host=docker01\nsha256 x\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "asked").read_text().rstrip().endswith("docker01 sudo -n sh -s install prod")
    told = (tmp_path / "told").read_text()
    assert told == f"planned=2026-11-28T09:00:00Z host=docker01\n{scripts.installer()}"


def test_a_host_that_does_not_take_them_is_named(tmp_path):
    done = install(tmp_path, "echo is the disk full? >&2; exit 1", f"{REQUEST}planned=2026\n")
    assert (done.returncode, done.stdout) == (1, "")
    assert (
        done.stderr
        == "docker01: the scripts that change it cannot be put there: is the disk full?\n"
    )


@pytest.mark.parametrize(
    "request_", ["", "x\n", f"{REQUEST}\n", f"{REQUEST}planned=$(reboot)\n", f"{REQUEST}planned=\n"]
)
def test_what_is_no_request_reaches_no_host(tmp_path, request_):
    done = install(tmp_path, ":", request_)
    assert done.returncode == 1
    assert "this is no request" in done.stderr
    assert not (tmp_path / "asked").exists()
