"""``status``: a stack as it is now. Looks at its hosts, and tests what the last up proved.

Ends with 1 where something is wrong.
"""

from __future__ import annotations

import time
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live

from components.adopted import taken_over
from components.container.dependencies import ending
from components.networks import settle
from components.preflight import check
from components.reachability.request import Request
from components.ssh import SshAccess
from crosshost import state as states
from crosshost.look.hosts import read_hosts
from crosshost.look.reachability import find_request, tested
from crosshost.options import Stack
from crosshost.topology import Outputs, outputs, topology
from crosshost.writing import progress, stop
from planning.fleet_facts import FleetFacts
from reports import status as shows
from stacks import files
from stacks.settings import Settings


def status(
    stack: Stack,
    prove: Annotated[
        bool, typer.Option(help="Test the networks, too, where the last up has.")
    ] = True,
    watch: Annotated[
        float | None,
        typer.Option("--watch", min=1, help="Again every so many seconds, until Ctrl-C."),
    ] = None,
) -> None:
    """Show a stack as it is now: hosts, containers, what drifted, what is reached."""
    name = states.name_of(stack)
    try:
        settings = files.read(name)
    except files.StackFileError as error:
        stop(str(error))
    state = states.export(stack)
    request = find_request(state) if prove else None
    last = outputs(state)
    console = Console()
    if watch is not None:
        with Live(console=console, refresh_per_second=4) as live:
            try:
                while True:
                    live.update(shows.shown(seen(name, settings, last, request)))
                    time.sleep(watch)
            except KeyboardInterrupt:
                return
    with progress(f"looking at {len(settings.hosts)} hosts"):
        found = seen(name, settings, last, request)
    console.print(shows.shown(found), soft_wrap=True)
    if not found.well:
        raise typer.Exit(1)


def seen(
    stack: str, settings: Settings, last: Outputs, request: Request | None = None
) -> shows.Status:
    """What the hosts say now.

    ``last``: the outputs of the last up, which know the addresses; ``request``: what it proved, None:
    nothing is tested.
    """
    access = SshAccess(settings.ssh, settings.hosts, stack=stack)
    facts = taken_over(read_hosts(access), settings.stack, stack)
    fleet = FleetFacts(stack, access.addresses, facts)
    settled = settle(settings.stack, fleet)
    containers = [
        shows.Wanted(
            one.docker_name,
            one.host,
            {
                net: " ".join(filter(None, (address, one.addresses6.get(net))))
                for net, address in one.addresses.items()
            },
        )
        for one in topology(stack, settings, last).containers
        if one.name in settings.containers and one.name not in ending(settings.containers)
    ]
    networks = {
        host: [n for n, network in settled.stack.networks.items() if network.on([host])]
        for host in settings.hosts
    }
    return shows.Status(
        stack, facts, containers, networks,
        check.refusals(settled, access, fleet), tested(request) if request else None,
    )  # fmt: skip
