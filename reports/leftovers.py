"""After a run that was killed: what it made on the hosts and Pulumi does not know.

    python -m reports.leftovers -s STACK            lists it
    python -m reports.leftovers -s STACK --remove   removes it, and what Pulumi remembers as pending

Containers and networks carry the stack's name as a label; those whose ID is not in the stack's
state are left over. To be run from the project's folder, when nothing else runs on the stack
(`pulumi cancel` frees a stack whose run was killed).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from planning.answers import is_word, printable

_LIST = """docker ps --all --no-trunc --filter label=crosshost.stack={stack} \\
    --format 'container {{{{.ID}}}} {{{{.Names}}}}' &&
docker network ls --no-trunc --filter label=crosshost.stack={stack} \\
    --format 'network {{{{.ID}}}} {{{{.Name}}}}'"""


@dataclass(frozen=True)
class Leftover:
    """A container or network that no state knows."""

    host: str
    kind: str
    id: str
    name: str

    def removal(self) -> str:
        """The shell command that removes it; what is gone already is no error."""
        verb = "rm -f -v" if self.kind == "container" else "network rm"
        look = "container inspect" if self.kind == "container" else "network inspect"
        return f"! docker {look} {self.id} >/dev/null 2>&1 || docker {verb} {self.id} >/dev/null"


def known(state: Mapping[str, Any]) -> set[str]:
    """The IDs of containers and networks in a stack's exported state."""
    return {
        resource["id"]
        for resource in state["deployment"].get("resources") or []
        if resource["type"].startswith("docker:index/") and resource.get("id")
    }


def hosts(state: Mapping[str, Any]) -> dict[str, str]:
    """Host -> path of its ssh_config, from the stack's docker providers."""
    found: dict[str, str] = {}
    for resource in state["deployment"].get("resources") or []:
        if resource["type"] == "pulumi:providers:docker":
            inputs = resource["inputs"]
            found[inputs["host"].removeprefix("ssh://")] = json.loads(inputs["sshOpts"])[1]
    return found


def leftovers(host: str, listed: str, state: Mapping[str, Any]) -> Iterator[Leftover]:
    """What of a host's list is not in the state."""
    for line in listed.splitlines():
        kind, id_, name = (*line.split(" ", 2), "", "")[:3]
        if kind not in ("container", "network") or not is_word(id_):
            raise SystemExit(
                f"{host} lists what is no container or network: {printable(line, 100)}"
            )
        if id_ not in known(state):
            yield Leftover(host, kind, id_, printable(name))


def main() -> int:
    """List or remove; the exit code is 1 where a host or Pulumi fails."""
    parser = argparse.ArgumentParser(prog="python -m reports.leftovers")
    parser.add_argument("-s", "--stack", required=True)
    parser.add_argument("--remove", action="store_true")
    options = parser.parse_args()
    state = json.loads(_run(["pulumi", "stack", "export", "--stack", options.stack]))
    name = options.stack.rpartition("/")[2]
    # An overlay shows on several hosts: by its ID it is one.
    found: dict[str, Leftover] = {}
    configs = hosts(state)
    for host, config in configs.items():
        listed = _run(["ssh", "-F", config, "-T", host, _LIST.format(stack=name)])
        for one in leftovers(host, listed, state):
            found.setdefault(one.id, one)
    # By kind: containers go before the networks that they are on.
    for one in sorted(found.values(), key=lambda one: one.kind):
        print(f"{one.host}: {one.kind} {one.name}")
        if options.remove:
            _run(["ssh", "-F", configs[one.host], "-T", one.host, one.removal()])
    if not found:
        print("nothing is left over")
    if options.remove and state["deployment"].pop("pending_operations", None):
        _run(["pulumi", "stack", "import", "--stack", options.stack], json.dumps(state))
    return 0


def _run(argv: list[str], text: str | None = None) -> str:
    done = subprocess.run(argv, input=text or "", capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{argv[0]} failed: {done.stderr.strip()}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
