"""No private key and no secret of a stack file shows anywhere but in the container itself."""

from __future__ import annotations

import base64
import re
import secrets
import subprocess
import threading
from pathlib import Path

import pytest

PASSWORD = f"hunter2-{secrets.token_hex(8)}"
# The command lines of all processes of a host, again and again until the file is gone.
WATCH = """
touch /run/crosshost-watch
while [ -e /run/crosshost-watch ]; do
    cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '
    sleep 0.02
done
"""
# Files that hold the text and that a user without any rights can read.
FIND = """
cd /
setpriv --reuid 65534 --regid 65534 --clear-groups \\
    find / /run /tmp /var/lib/docker -xdev -type f -perm -o=r -size -9000k -exec grep -lF -e '{}' {{}} + 2>/dev/null || true
"""


@pytest.fixture
def key(lab):
    """What must not show of the private key: a line from its middle."""
    return lab.key_file.read_text().splitlines()[2]


@pytest.fixture(scope="module")
def stack(shared_environment):
    """One container on docker01, its PASSWORD set as people set secrets."""
    stack = shared_environment("lab-modes")
    one = {"host": "docker01", "image": "busybox:1", "command": ["sleep", "1d"], "init": True}
    stack.config["containers"] = {"one": {**one, "environment": {"USER_NAME": "seen"}}}
    stack.write()
    path = "crosshost:containers.one.environment.PASSWORD"
    stack.run("config", "set", "--secret", "--path", path, PASSWORD)
    assert PASSWORD not in stack.file.read_text()
    return stack


@pytest.fixture
def watched(lab):
    """The command lines of the controller and the hosts, from now until it is called."""
    seen: list[str] = []
    ended = threading.Event()

    def controller():
        while not ended.wait(0.02):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
                except OSError:
                    continue

    def host():
        seen.append(lab.ssh("docker01", WATCH).stdout)

    threads = [threading.Thread(target=watch) for watch in (controller, host)]
    for thread in threads:
        thread.start()

    def end():
        ended.set()
        lab.ssh("docker01", "rm -f /run/crosshost-watch")
        for thread in threads:
            thread.join()
        return "".join(seen)

    yield end
    if not ended.is_set():
        end()


def shows(text, secret):
    """Whether the text holds the secret, as it is or in base64."""
    return secret in text or base64.b64encode(secret.encode()).decode().rstrip("=")[:-2] in text


def test_no_secret_is_in_previews_logs_states_and_process_lists(lab, stack, watched, key):
    said = stack.preview().text
    assert "seen" not in said, "with one secret the whole environment is hidden"
    # From -v=9 on the engine itself prints every secret of every program (docs/security.md).
    said += stack.up("--diff", "--logtostderr", "-v=8", "--logflow").text
    processes = watched()
    said += stack.preview("--refresh").text
    said += stack.run("stack", "output", "--json").text
    # The container has it.
    assert PASSWORD in lab.ssh("docker01", "docker exec one env").stdout
    # The watch saw the hosts' commands.
    assert "daemon.sh" in processes or "present.sh" in processes
    assert "pulumi" in processes
    assert re.search(r'"level":"INFO".*"v":[5-8]', said), "no log"
    for place, text in {"processes": processes, "state": stack.state(), "said": said}.items():
        for secret in (PASSWORD, key):
            shown = [line for line in text.splitlines() if shows(line, secret)]
            assert shown == [], f"a secret is in {place}"


def test_no_file_on_hosts_and_here_holds_a_secret_for_others_to_read(lab, stack, key):
    stack.up()
    # The search finds what there is to find.
    lab.ssh("docker01", f"umask 022; echo control-{PASSWORD[8:]} >/var/tmp/crosshost-control")
    found = lab.ssh("docker01", FIND.format(f"control-{PASSWORD[8:]}")).stdout
    lab.ssh("docker01", "rm /var/tmp/crosshost-control")
    assert found == "/var/tmp/crosshost-control\n"
    for secret in (PASSWORD, key):
        assert lab.ssh("docker01", FIND.format(secret)).stdout == ""
    ours = subprocess.run(
        ["grep", "-rlF", "-e", PASSWORD, "-e", key, ".crosshost"],
        cwd=lab.checkout, capture_output=True, text=True,
    )  # fmt: skip
    assert ours.stdout == ""
    for path in (lab.checkout / ".crosshost").glob("*"):
        assert path.stat().st_mode & 0o077 == 0, f"{path} is open to others"
    # What is kept on the host is for root only.
    assert lab.ssh("docker01", "stat -c %a /var/lib/crosshost").stdout == "700\n"
