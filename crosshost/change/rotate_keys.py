"""``rotate-keys``: new WireGuard keys for the hosts of encrypted networks.

Each host makes the private key of its next pair, which stays there; the next up puts them in use, on all
hosts at once. Until then everything goes on with the ones of before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from crosshost import state as states
from crosshost.look.leftovers import connect
from crosshost.options import Stack, Yes, agreed
from crosshost.writing import progress
from planning.answers import printable

_APPLY = "/wireguard-key.sh apply"


def rotate_keys(
    stack: Stack,
    network: Annotated[
        str | None, typer.Argument(help="The network; default: all that are encrypted.")
    ] = None,
    yes: Yes = False,
) -> None:
    """Have hosts make new WireGuard keys, which the next up puts in use."""
    state = states.export(stack)
    wanted = {
        (name, host): command
        for name, host, command in keys(state)
        if network is None or name == network
    }
    if not wanted:
        of = f"network {network}" if network else "network"
        raise SystemExit(f"the state of {stack} has no {of} that is encrypted: nothing was changed")
    for name, host in wanted:
        print(f"{host}: a new key for {name}")
    if not agreed("Make them?", yes=yes):
        return
    remote = connect(stack, state)
    failed = []
    for (_, host), command in wanted.items():
        with progress(f"{host}: a new key"):
            done = remote.run(host, command)
        if done.code != 0:
            failed.append(f"{host}: {printable(done.err.strip(), 300) or 'no answer'}")
    if failed:
        raise SystemExit("\n".join([*failed, "mend that and run this again before the next up"]))
    print(f"run `pulumi up -s {stack}`: it puts them in use, on all hosts at once")


def keys(state: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Network, host and the command that makes a next key there, of all keys in a state."""
    for resource in state["deployment"].get("resources") or []:
        create = str((resource.get("inputs") or {}).get("create", ""))
        if resource["type"] == "command:remote:Command" and create.endswith(_APPLY):
            name, _, host = resource["urn"].rpartition("::")[2].rpartition("-key@")
            yield name, host, f"{create.removesuffix(' apply')} renew {name}"
