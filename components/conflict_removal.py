"""Runs on the controller: removes what is in the way of a stack's next state.

    python3 -m components.conflict_removal

Stdin: "planned=TIME stack=STACK config=SSH_CONFIG at_once=N", then a line each: "HOST container ID
NAME", "HOST network ID NAME", "HOST shim NETWORK", "HOST leave consul", "HOST leave swarm HEADER" (the
header of the host's record). Shims go from all hosts at once, then containers, then networks, then hosts
leave: a cluster store N at a time, a swarm workers first. What is gone already is no error. Standard
library only.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from components.remote import HostError, Request, run, ssh_config
from components.swarm_member import Member
from planning import host_paths

_ROW = re.compile(
    r"([A-Za-z0-9][A-Za-z0-9.-]*(?::sudo)?) (container|network|leave|shim) (\S+)(?: (.*))?"
)


@dataclass(frozen=True)
class Row:
    """One thing to remove."""

    host: str
    what: str
    id: str
    rest: str


def main() -> int:
    """Remove what stdin lists; the exit code is 1 where that fails, with a sentence for each host."""
    first, *lines = sys.stdin.read().splitlines() or [""]
    fields = dict(word.partition("=")[::2] for word in first.split())
    rows = []
    for line in lines:
        match = _ROW.fullmatch(line)
        if match is None:
            print(f"conflict_removal: this is no line of a removal: {line!r}", file=sys.stderr)
            return 1
        rows.append(Row(*(part or "" for part in match.groups())))
    if not rows:
        return 0
    scripts = host_paths.scripts(fields["stack"])
    at_once = max(1, int(fields.get("at_once", "1")))
    hosts = list(dict.fromkeys(row.host for row in rows))

    def request(host: str, header: str = "") -> Request:
        return Request(fields["config"], scripts, host, (), header)

    def script(host: str, call: str, stdin: str) -> str | None:
        command = f"sh {scripts}/{call}"
        return _failure(request(host), lambda config: run(config, host, command, stdin))

    def remove_shims(host: str) -> str | None:
        networks = [row.id for row in rows if (row.host, row.what) == (host, "shim")]
        tried = (script(host, "shim.sh undo", f"network={one}\n") for one in networks)
        return next((failure for failure in tried if failure), None)

    def remove(what: str) -> Callable[[str], str | None]:
        def on(host: str) -> str | None:
            ids = [row.id for row in rows if (row.host, row.what) == (host, what)]
            return (
                script(host, f"conflicts.sh {what}", "".join(f"{id_}\n" for id_ in ids))
                if ids
                else None
            )

        return on

    removed = "".join(f"{row.id}\n" for row in rows if row.what == "network")

    def wait_until_gone(host: str) -> str | None:
        return script(host, "conflicts.sh gone", removed) if removed else None

    def leave(plane: str) -> Callable[[str], str | None]:
        def on(host: str) -> str | None:
            mine = [r for r in rows if (r.host, r.what, r.id) == (host, "leave", plane)]
            if not mine:
                return None
            if plane == "consul":
                return script(host, "conflicts.sh leave_store", "")
            asked = request(host, mine[0].rest)
            return _failure(asked, lambda config: Member(asked, config).undo())

        return on

    managers = [r.host for r in rows if r.what == "leave" and "role=manager" in r.rest.split()]
    workers = [host for host in hosts if host not in managers]
    steps: list[tuple[Callable[[str], str | None], Sequence[str], int]] = [
        (remove_shims, hosts, len(hosts)),
        (remove("container"), hosts, len(hosts)),
        (remove("network"), hosts, len(hosts)),
        (wait_until_gone, hosts, len(hosts)),
        (leave("consul"), hosts, at_once),
        (leave("swarm"), workers, max(1, len(workers))),
        (leave("swarm"), list(reversed(managers)), 1),
    ]
    for step, on, together in steps:
        with ThreadPoolExecutor(together) as pool:
            failed = [reason for reason in pool.map(step, on) if reason]
        if failed:
            print("\n".join(failed), file=sys.stderr)
            return 1
    return 0


def _failure(request: Request, do: Callable[[str], str]) -> str | None:
    """Why something fails that is done with an ssh_config for a host; None where it does not."""
    try:
        with ssh_config(request.config, {request.name: request.ssh_settings}) as config:
            do(config)
    except HostError as error:
        return f"{request.name}: {error}"
    return None


if __name__ == "__main__":
    sys.exit(main())
