"""``reachability``: tests again what the last up proved, from inside the containers, and shows it.

Ends with 1 where a promise or a denial is broken, with 2 where something is not known and --strict is given.
"""

from __future__ import annotations

import json
import time
from contextlib import chdir
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.live import Live

from components.reachability.asking import prove
from components.reachability.causes import explained
from components.reachability.request import Request, RequestError
from crosshost import state as states
from crosshost.look.hosts import PROJECT_FOLDER
from crosshost.options import Stack
from crosshost.writing import progress, write
from planning.reachability.probes import plan
from planning.reachability.results import Report
from planning.state import Resource, of_type
from planning.state import name as resource_name
from reports import reachability as shows

_RESOURCE = "reachability"


def reachability(
    stack: Stack,
    all_pairs: Annotated[
        bool,
        typer.Option("--all-pairs", help="Every container to every other one of its networks."),
    ] = False,
    watch: Annotated[
        float | None,
        typer.Option("--watch", min=1, help="Again every so many seconds, until Ctrl-C."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the rows as JSON.")] = False,
    junit: Annotated[
        Path | None, typer.Option("--junit", help="Write JUnit's XML to a file.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="What is not known fails.")] = False,
    last: Annotated[
        bool,
        typer.Option("--last", help="Print all rows of the last up's proof as JSON; asks no host."),
    ] = False,
) -> None:
    """Test what the networks promise and deny, and show the matrix of hosts."""
    state = states.export(stack)
    if last:
        print(json.dumps(last_rows(state, stack), indent=2))
        return
    request = last_request(state, stack)
    if all_pairs:
        request = every_pair(request)
    console = Console()
    if watch is not None:
        _watch(request, console, watch)
        return
    with progress(f"{len(request.probes)} probes from {len(request.hosts)} hosts"):
        report = tested(request)
    if junit is not None:
        write(shows.junit(report, states.name_of(stack)), junit)
    if as_json:
        print(json.dumps(report.rows(), indent=2))
    else:
        console.print(shows.shown(report, list(request.hosts)), soft_wrap=True)
    if report.broken:
        raise typer.Exit(1)
    if report.unknown and strict:
        raise typer.Exit(2)


def last_request(state: states.State, stack: str) -> Request:
    """What the last up was asked to prove. SystemExit where there is nothing."""
    found = find_request(state)
    if found is None:
        raise _nothing_proven(stack)
    return found


def last_rows(state: states.State, stack: str) -> list[dict[str, Any]]:
    """The rows of the last up's proof. SystemExit where there is none."""
    found = _resource(state)
    text = (found or {}).get("outputs", {}).get("stdout")
    if not isinstance(text, str):
        raise _nothing_proven(stack)
    rows: list[dict[str, Any]] = json.loads(text)
    return rows


def find_request(state: states.State) -> Request | None:
    """What the last up was asked to prove; None where it was nothing that this version reads."""
    found = _resource(state)
    try:
        return Request.read(str(found["inputs"].get("stdin"))) if found else None
    except RequestError:
        return None


def _resource(state: states.State) -> Resource | None:
    proofs = of_type(state["deployment"], "command:local:Command")
    return next((one for one in proofs if resource_name(one) == _RESOURCE), None)


def _nothing_proven(stack: str) -> SystemExit:
    return SystemExit(
        f"the state of {stack} holds no proof: run `pulumi up -s {stack}` with "
        "`crosshost:prove: {when: changed}`, and a container on a network"
    )


def every_pair(request: Request) -> Request:
    """The request with a ping between any two containers of a network."""
    reach = {name: carrier.reach for name, carrier in request.networks.items()}
    addresses = {name: target.address for name, target in request.hosts.items()}
    reach6 = {name: carrier.reach6 for name, carrier in request.networks.items()}
    more = plan(request.endpoints, reach, addresses, every_pair=True, reach6=reach6)
    return replace(request, probes=list(dict.fromkeys([*request.probes, *more])))


def tested(request: Request) -> Report:
    """What the hosts say now, with causes."""
    with chdir(PROJECT_FOLDER):  # the ssh_config names its files from there
        report = prove(request)
        return explained(request, report) if report.broken else report


def _watch(request: Request, console: Console, seconds: float) -> None:
    hosts = list(request.hosts)
    with Live(console=console, refresh_per_second=4) as live:
        try:
            while True:
                live.update(shows.shown(tested(request), hosts))
                time.sleep(seconds)
        except KeyboardInterrupt:
            return
