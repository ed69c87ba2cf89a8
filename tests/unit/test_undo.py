"""What an undo on a host needs is brought before anything is undone there."""

from __future__ import annotations

import pytest

from components import scripts
from tests.unit.fleet import facts_text, run_program, stack_values
from tests.unit.host_programs import run_for_host

REQUEST = "ssh.conf /var/lib/crosshost/prod/scripts docker01\nPort 22\n\n"


@pytest.mark.parametrize("stack", ["lab-macvlan", "lab-overlay", "lab-swarm"])
def test_it_is_undone_before_everything_that_runs_a_script_on_the_host(
    monkeypatch, tmp_path, stack
):
    values = stack_values(stack)
    facts = {
        name: facts_text(hostname=name, version="28.5.2" if stack == "lab-swarm" else "20.10.5")
        for name in values["hosts"]
    }
    engine = run_program(monkeypatch, tmp_path, values, facts)
    managers = values.get("swarm", {}).get("managers", [])
    for host in values["hosts"]:
        with_scripts = {
            name
            for name, made in engine.resources.items()
            if name.endswith(f"@{host}")
            and made.typ.startswith("command:")
            and made.inputs.get("delete")
        } - {f"undo@{host}"}
        assert with_scripts
        assert with_scripts <= engine.after[f"undo@{host}"]
        # Managers help others to leave.
        if host in managers:
            assert {f"swarm@{name}" for name in values["hosts"]} <= engine.after[f"undo@{host}"]


def restore(tmp_path, answer, request=REQUEST):
    return run_for_host(tmp_path, "components.restore_scripts", answer, request)


def test_nothing_is_said_where_the_scripts_are_there(tmp_path):
    done = restore(tmp_path, "echo intact")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "asked").read_text().rstrip().endswith("docker01 sh -s restore prod")
    told = (tmp_path / "told").read_text()
    assert told == f"planned=restored host=docker01\n{scripts.installer()}"


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("lost", "/var/lib/crosshost/prod was gone: what was there before the first up is known"),
        ("changed", "the scripts in /var/lib/crosshost/prod/scripts were not those of this"),
    ],
)
def test_what_was_not_as_it_was_left_is_one_sentence(tmp_path, answer, sentence):
    done = restore(tmp_path, f"echo {answer}")
    assert done.returncode == 0
    assert done.stdout.startswith(f"docker01: {sentence}")
    assert done.stdout.count("\n") == 1


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (
            "echo cannot write >&2; exit 1",
            "docker01: the scripts that undo what is there cannot be",
        ),
        ("echo hello", "docker01: the scripts that undo what is there cannot be put there: it ans"),
    ],
)
def test_a_host_that_fails_is_named(tmp_path, answer, reason):
    done = restore(tmp_path, answer)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(reason)


def test_what_is_no_request_is_refused(tmp_path):
    done = restore(tmp_path, "echo intact", "ssh.conf /etc docker01\n\n")
    assert done.returncode == 1
    assert "this is no request" in done.stderr
