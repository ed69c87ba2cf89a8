"""``leftovers``: after a run that was killed, what it made on the hosts and Pulumi does not know.

Containers and networks carry the stack's name as a label; those whose ID is not in the stack's
state are left over. `remove-leftovers` removes them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from crosshost import state as states
from crosshost.options import Stack
from crosshost.remote import Remote
from planning.answers import is_word, printable
from planning.state import hosts

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

    def __str__(self) -> str:
        """For people."""
        return f"{self.host}: {self.kind} {self.name}"

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


def unknown(host: str, listed: str, in_state: set[str]) -> Iterator[Leftover]:
    """What of a host's list is not in the state. ``in_state``: the IDs that are."""
    for line in listed.splitlines():
        kind, id_, name = (*line.split(" ", 2), "", "")[:3]
        if kind not in ("container", "network") or not is_word(id_):
            raise SystemExit(
                f"{host} lists what is no container or network: {printable(line, 100)}"
            )
        if id_ not in in_state:
            yield Leftover(host, kind, id_, printable(name))


def find(stack: str, state: Mapping[str, Any], remote: Remote) -> list[Leftover]:
    """All that is left over, containers first. SystemExit where a host cannot be looked at."""
    command = _LIST.format(stack=states.name_of(stack))
    in_state = known(state)
    # An overlay shows on several hosts: by its ID it is one.
    found: dict[str, Leftover] = {}
    for host, done in remote.on_all(lambda host: remote.run(host, command)).items():
        if done.code != 0:
            raise SystemExit(f"{host} could not be looked at: {printable(done.err.strip(), 300)}")
        for one in unknown(host, done.out, in_state):
            found.setdefault(one.id, one)
    return sorted(found.values(), key=lambda one: one.kind)


def leftovers(stack: Stack) -> None:
    """List containers and networks that a killed run left on hosts and Pulumi does not know."""
    state = states.export(stack)
    found = find(stack, state, connect(stack, state))
    for one in found:
        print(one)
    if not found:
        print("nothing is left over")


def connect(stack: str, state: states.State) -> Remote:
    """The hosts of a stack. SystemExit where its ssh_config is not here."""
    return Remote(states.written_ssh_config(state, stack), hosts(state["deployment"]))
