"""``forget HOST``: a host that will never answer again, or was set up anew, leaves its stack's state.

All that was on the host leaves the stack's state, and its traces leave its peers. Then an `up`
works, with the host removed from the stack file or made anew there, or a `destroy`. A host that answers
is refused: Pulumi can do all of this itself, there; but not with --reinstalled, where nothing of ours is
on it any more. To be run when nothing else runs on the stack.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer

from components.networks import STRATEGIES
from crosshost import state as states
from crosshost.options import Stack, Yes, agreed
from crosshost.remote import Remote
from crosshost.writing import progress
from planning.answers import printable
from planning.host_paths import STATE
from planning.problems import nearest
from planning.state import Deployment, hosts, label
from planning.state_without_host import Forgotten, PeerCommand, without_host

_ANEW = "was set up anew"


def forget(
    stack: Stack,
    host: Annotated[str, typer.Argument(help="The host, as the stack file names it.")],
    yes: Yes = False,
    reinstalled: Annotated[
        bool, typer.Option("--reinstalled", help="The host answers, but has a new disk.")
    ] = False,
) -> None:
    """Take a host that is gone for good, or has a new disk, out of a stack's state, and its traces off its peers."""
    state = states.export(stack)
    deployment = state["deployment"]
    known = hosts(deployment)
    if host not in known:
        raise SystemExit(
            f"the state of {stack} knows no host {host}: it has "
            + (", ".join(nearest(host, known)) or "none")
        )
    remote = Remote(states.written_ssh_config(state, stack), known)
    silent = _silent(remote, host, reinstalled=reinstalled)
    shared = {
        urn: one for strategy in STRATEGIES for urn, one in strategy.shared(deployment).items()
    }
    forgotten = without_host(deployment, host, shared)
    cleaning = [
        command
        for strategy in STRATEGIES
        for command in strategy.traces(deployment, host, known[host]["address"])
    ]
    print("\n".join(_plan(host, silent, forgotten, cleaning, deployment)))
    if not agreed(f"Forget {host}?", yes=yes):
        return
    for one in cleaning:
        if one.host not in silent:
            with progress(f"{one.host}: {one.what}"):
                done = remote.run(one.host, one.command)
            if done.code != 0:
                raise SystemExit(
                    f"{one.host} refused it ({one.what}): {printable(done.err.strip(), 300)}; "
                    "nothing was taken out of the state: mend that and run this again"
                )
    kept = Path(".crosshost") / states.name_of(stack) / f"state-with-{host}.json"
    kept.touch(mode=0o600)
    kept.write_text(json.dumps(state))
    states.replace(stack, {**state, "deployment": forgotten.deployment})
    print(f"{host} is forgotten; {kept} is the state as it was")


def _silent(remote: Remote, host: str, *, reinstalled: bool) -> dict[str, str]:
    """The hosts of which nothing can be asked, and why. Refuses where ``host`` may well be alive."""
    why = remote.on_all(remote.silence)
    silent = {name: reason for name, reason in why.items() if reason is not None}
    if host not in silent and reinstalled:
        _assert_bare(remote, host)
        return {**silent, host: _ANEW}
    if host not in silent:
        raise SystemExit(
            f"{host} answers on SSH, so Pulumi can clean it up itself: take it out of the stack "
            "file and run pulumi up (`pulumi preview` says what stands in the way). If it was set up "
            "anew, with a new disk: --reinstalled"
        )
    if len(why) > 1 and len(silent) == len(why):
        raise SystemExit(
            "none of the stack's hosts answers, so the fault may be here or on the way: look at "
            f"the network first ({host}: {silent[host]})"
        )
    return silent


def _assert_bare(remote: Remote, host: str) -> None:
    """Refuses a host that has something of crosshost's, or that cannot be asked."""
    done = remote.run(host, f"test -e {STATE} && echo there || echo bare")
    if done.code != 0 or done.out not in ("there\n", "bare\n"):
        raise SystemExit(
            f"{host} could not be asked whether it was set up anew: {printable(done.err.strip(), 300)}. "
            "Where its host key is another one, write that into the stack file, run `pulumi preview`, "
            "and then this again"
        )
    if done.out == "there\n":
        raise SystemExit(
            f"{host} was not set up anew: it has {STATE}, which says what crosshost did there. "
            "Take the host out of the stack file and run pulumi up, which undoes it"
        )


def _plan(
    host: str,
    silent: Mapping[str, str],
    forgotten: Forgotten,
    cleaning: list[PeerCommand],
    deployment: Deployment,
) -> Iterator[str]:
    """What will be done, and what follows."""
    anew = silent[host] == _ANEW
    yield f"{host} {_ANEW if anew else f'does not answer ({silent[host]})'}. What is done:"
    yield f"  leaves the state: {len(forgotten.gone)} resources"
    yield from (f"    {label(urn)}" for urn in forgotten.gone)
    yield from (f"  is handed over: {one}" for one in forgotten.moved)
    for one in cleaning:
        left = f": left, as it does not answer ({silent[one.host]})" if one.host in silent else ""
        yield f"  {one.host}: {one.what}{left}"
    for strategy in STRATEGIES:
        yield from strategy.consequences(deployment, host, forgotten.anew)
    if anew:
        yield "Then run `pulumi up`, which makes anew there what the stack file says."
        return
    yield f"Then take {host} and its containers out of the stack file and run `pulumi up`, or"
    yield "run `pulumi destroy`. What is on its disk stays there, should it ever start again."
