"""What single calls in a row do not show: many at once, hosts that do not answer, what is left.

Runs inside the lab's network like `live`: a stage on stdin, the name of a check as argument,
what was seen as JSON on stdout.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from .live import Stage
from .plugin import CallFailed, Plugin, running

_CONTAINER = "docker:index/container:Container::"
_NETWORK = "docker:index/network:Network::"
_COMMAND = "command:remote:Command::"


def _provider(stage: Stage, address: str, *more: str) -> dict[str, Any]:
    options = json.dumps(["-F", stage.ssh_config, *more])
    return {"host": f"ssh://root@{address}", "sshOpts": options}


def _connection(stage: Stage, **more: Any) -> dict[str, Any]:
    host = stage.hosts["b1"]
    given = {"host": host.address, "privateKey": stage.private_key, "hostKey": host.host_key}
    return {**given, **more}


def _masters(plugin: Plugin) -> list[str]:
    """The ssh processes that a plugin has started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = (folder / "status").read_text()
            command = (folder / "cmdline").read_text()
        except OSError:
            continue
        if f"PPid:\t{plugin.pid}\n" in status and command.startswith("ssh"):
            found.append(folder.name)
    return found


def ten_containers(stage: Stage) -> dict[str, Any]:
    """Ten containers made and removed at the same time."""
    with running("docker") as plugin, ThreadPoolExecutor(10) as pool:
        plugin.configure(_provider(stage, stage.hosts["b1"].name))

        def make(number: int) -> tuple[str, dict[str, Any]]:
            urn = f"{_CONTAINER}c{number}"
            given = {"image": "lab/net:1", "name": f"standin-{number}"}
            inputs = plugin.check(urn, given, {})["inputs"]
            return urn, plugin.create(urn, inputs)

        begun = time.monotonic()
        made = list(pool.map(make, range(10)))
        seconds = time.monotonic() - begun
        connections = len(_masters(plugin))
        list(pool.map(lambda one: plugin.delete(one[0], one[1]["id"], one[1]["properties"]), made))
    running_ones = [one["properties"]["mustRun"] for _, one in made]
    return {"running": running_ones, "seconds": seconds, "connections": connections}


def many_commands(stage: Stage) -> dict[str, Any]:
    """Thirty commands of half a second at the same time on one host."""
    processes: list[str] = []
    with running("command") as plugin, ThreadPoolExecutor(30) as pool:

        def run(number: int) -> str:
            urn = f"{_COMMAND}c{number}"
            given = {"connection": _connection(stage), "create": f"sleep 0.5; echo {number}"}
            inputs = plugin.check(urn, given, {})["inputs"]
            return str(plugin.create(urn, inputs)["properties"]["stdout"])

        begun = time.monotonic()
        said = list(pool.map(run, range(30)))
        seconds = time.monotonic() - begun
        processes = _masters(plugin)
    left = [pid for pid in processes if Path("/proc", pid).exists()]
    return {"said": said, "seconds": seconds, "connections": len(processes), "left": left}


def _docker_error(stage: Stage, address: str, *more: str) -> str:
    with running("docker") as plugin:
        plugin.configure(_provider(stage, address, *more))
        inputs = plugin.check(f"{_NETWORK}n", {"name": "standin-n"}, {})["inputs"]
        try:
            plugin.create(f"{_NETWORK}n", inputs)
        except CallFailed as failure:
            return str(failure.text)
    return ""


def daemons_that_do_not_answer(stage: Stage) -> dict[str, Any]:
    """A host that is not there, a key that is not accepted, a host key that is not known."""
    other = Path(stage.folder, "other")
    other.write_text(stage.other_key)
    other.chmod(0o600)
    return {
        "absent": _docker_error(stage, "10.0.0.99"),
        "wrong key": _docker_error(
            stage, stage.hosts["b2"].address, "-F", "none", "-i", str(other), "-o", "BatchMode=yes",
            "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no",
            "-o", "UserKnownHostsFile=/dev/null",
        ),
        "unknown host key": _docker_error(
            stage, stage.hosts["b2"].address, "-o", "UserKnownHostsFile=/dev/null",
        ),
    }  # fmt: skip


def a_long_line(stage: Stage) -> dict[str, Any]:
    """A line that hangs the official plugin, logged and not logged."""
    urn, line = f"{_COMMAND}c", "head -c 70000 /dev/zero | tr '\\0' x"
    with running("command") as plugin:
        given = {"connection": _connection(stage), "create": line}
        try:
            plugin.create(urn, plugin.check(urn, given, {})["inputs"])
            said = ""
        except CallFailed as failure:
            said = failure.text
        given["logging"] = "none"
        got = plugin.create(urn, plugin.check(urn, given, {})["inputs"])
    return {"logged": said, "not logged": len(got["properties"]["stdout"])}


def _said(plugin: Plugin, connection: dict[str, Any], command: str = "hostname") -> str:
    given = {"connection": {"dialErrorLimit": 1, **connection}, "create": command}
    try:
        inputs = plugin.check(f"{_COMMAND}c", given, {})["inputs"]
        return str(plugin.create(f"{_COMMAND}c", inputs)["properties"]["stdout"])
    except CallFailed as failure:
        return str(failure.text)


def ways_to_a_host(stage: Stage) -> dict[str, Any]:
    """Keys with a pass phrase, a jump host, and hosts that cannot be reached."""
    locked = Path(stage.folder, "locked")
    locked.write_text(stage.private_key)
    locked.chmod(0o600)
    change = ["ssh-keygen", "-q", "-p", "-P", "", "-N", "open sesame", "-f", str(locked)]
    subprocess.run(change, check=True, capture_output=True)
    key, b2 = locked.read_text(), stage.hosts["b2"]
    beyond = {"host": b2.address, "hostKey": b2.host_key, "privateKey": stage.private_key}
    with running("command") as plugin:
        return {
            "pass phrase missing": _said(plugin, _connection(stage, privateKey=key)),
            "pass phrase given": _said(
                plugin, _connection(stage, privateKey=key, privateKeyPassword="open sesame")
            ),
            "not a key": _said(plugin, _connection(stage, privateKey="no")),
            "jump host": _said(
                plugin,
                {**beyond, "proxy": _connection(stage)},
                "echo $(hostname) ${SSH_CONNECTION%% *}",
            ),
            "refused": _said(plugin, _connection(stage, port=2222, dialErrorLimit=2)),
            "absent": _said(plugin, _connection(stage, host="10.0.0.99", perDialTimeout=1)),
            "host key": _said(plugin, _connection(stage, hostKey=b2.host_key)),
        }


CHECKS = {
    check.__name__: check
    for check in (
        ten_containers,
        many_commands,
        daemons_that_do_not_answer,
        a_long_line,
        ways_to_a_host,
    )
}

if __name__ == "__main__":
    print(json.dumps(CHECKS[sys.argv[1]](Stage.load(sys.stdin.read()))))
