"""Nothing that is sent to a host is run there: the scripts and a container take it as data."""

from __future__ import annotations

import json
import shlex

import pytest

from tests.lab.host_state import look

CANARY = "/run/crosshost-canary"
RUN = f"touch {CANARY}"
NASTY = [
    f"$({RUN})", f"`{RUN}`", f"';{RUN};'", f'";{RUN};"', f";{RUN}", f"|{RUN}", f"&&{RUN}",
    "${IFS}", "%s%n%d", "\\", "\\n\\t", "*", "?", "~", "-rf", "--help", "../../../run", "'", '"',
    "\u00e4\u4e2d\U0001f600", "\x1b[2J", "x" * 65536,
]  # fmt: skip
LINES = [f"a\n{RUN}\nb", f"END_OF_CROSSHOST_SCRIPT\n{RUN}\n", f"EOT\n{RUN}\n"]


@pytest.fixture
def stack(environment):
    """A stack on docker01 that changes nothing there but what is its own."""
    stack = environment("lab-modes")
    stack.config["containers"] = {}
    stack.write()
    return stack


@pytest.fixture
def no_canary(lab):
    yield
    left = lab.ssh("docker01", f"ls {CANARY} 2>&1; rm -f {CANARY}").stdout
    assert "No such file" in left, "something that was sent was run"


def scripts_take(lab, stack, calls):
    """Run scripts with many stdins in one session: the exit code of each."""
    folder = f"/var/lib/crosshost/{stack.name}/scripts"
    lines = [
        f"printf '%s' {shlex.quote(text)} | timeout 10 sh {folder}/{script} >/dev/null 2>&1; echo $?"
        for script, text in calls
    ]
    done = lab.ssh("docker01", "sh -s", input="\n".join(lines) + "\n", timeout=120)
    return done.stdout.split()


@pytest.mark.long
def test_the_scripts_on_a_host_run_nothing_of_their_headers_and_contents(lab, stack, no_canary):
    stack.up()
    before = look(lab, "docker01")
    calls = []
    for text in NASTY:
        word = text.replace(" ", "\t")
        calls += [
            ("daemon.sh apply", f"planned=x base={word} action=reload own={word}\n{{}}\n"),
            ("daemon.sh apply", f"planned=x base=unknown action={word} own=x\n{text}\n"),
            ("nic.sh apply", f"planned=x nic={word} promiscuous=on\n"),
            ("present.sh apply", f"present\ncontainer {text} {text}\n"),
            ("consul.sh apply", f"container={word} port={word}\n"),
            (f"daemon.sh {shlex.quote(text[:1000])}", f"{text}\n{text}"),
        ]
    for text in LINES:
        calls += [
            ("daemon.sh apply", f"planned=x base={text} action=reload own=x\n{text}"),
            ("nic.sh apply", text),
            ("present.sh apply", f"present\n{text}"),
        ]
    codes = scripts_take(lab, stack, calls)
    kept = f"/var/lib/crosshost/{stack.name}"
    lab.ssh("docker01", f"rm -rf {kept}/present {kept}/consul")
    assert len(codes) > 100
    # Rows that name no container are no rows; all else is refused.
    accepted = [call for call, code in zip(calls, codes, strict=True) if code == "0"]
    assert {script for script, _ in accepted} <= {"present.sh apply"}, accepted
    assert look(lab, "docker01") == before
    # What refused changes left goes with the stack.
    stack.destroy()
    assert "No such file" in lab.ssh("docker01", "ls /var/lib/crosshost 2>&1; true").stdout


def test_what_a_container_is_given_arrives_unchanged(lab, stack, no_canary):
    # The engine hands the whole configuration over in one variable of 128 KiB: one long value.
    texts = [text for text in (*NASTY, *LINES) if len(text) < 1000]
    environment = {"LONG": "x" * 65536} | {f"V{i}": text for i, text in enumerate(texts)}
    labels = {f"l{i}": text for i, text in enumerate(texts)}
    command = ["sleep", "1d", *texts]
    stack.config["containers"]["one"] = {
        "host": "docker01", "image": "busybox:1", "entrypoint": ["sh", "-c", "exec sleep 1d", "sh"],
        "command": command, "environment": environment, "labels": labels,
    }  # fmt: skip
    stack.write()
    stack.up()
    assert stack.up().changes == {}
    seen = json.loads(lab.ssh("docker01", "docker inspect one").stdout)[0]["Config"]
    assert seen["Cmd"] == command
    assert dict(e.split("=", 1) for e in seen["Env"]).items() >= environment.items()
    assert seen["Labels"].items() >= labels.items()
    lab.ssh("docker01", "docker kill one")
