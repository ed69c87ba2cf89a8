"""``doctor``: looks at a stack's hosts: what they are like, what they can do, and what to mend.

Changes nothing and needs no engine. Ends with 1 where something stands in the way of what the stack asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from components.adopted import taken_over
from components.networks import settle
from components.preflight import check
from components.ssh import SshAccess
from crosshost.look.hosts import read_hosts
from crosshost.writing import progress, stop
from planning.facts import HostFacts, Unreachable
from planning.fleet_facts import FleetFacts
from reports import host_tables
from reports.verdicts import Judgement, judge
from stacks import files

# Where nobody watches, lines may be as long as tables need.
_WIDTH = 160


def doctor(
    stack: Annotated[
        str,
        typer.Option(
            "-s", "--stack", help="The stack's name; without it, the stacks that have a file."
        ),
    ] = "",
) -> None:
    """Look at a stack's hosts: what they are like, what they can do, and what to mend."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDTH)
    if not stack:
        print("stacks: " + (", ".join(files.names()) or "none has a file in stacks/ yet"))
        return
    try:
        settings = files.read(stack)
    except files.StackFileError as error:
        stop(str(error))
    access = SshAccess(settings.ssh, settings.hosts, stack=stack)
    with progress(f"looking at {len(settings.hosts)} hosts"):
        facts = taken_over(read_hosts(access), settings.stack, stack)
    show(console, access, facts, judge(facts, access.addresses))
    fleet = FleetFacts(stack, access.addresses, facts)
    settled = settle(settings.stack, fleet)
    for note in settled.notes:
        console.print(f"{note}\n")
    found = check.refusals(settled, access, fleet)
    if not found:
        console.print(f"nothing stands in the way of {stack}", style="green", highlight=False)
        return
    console.print(Text(f"{len(found)} problem(s) for {stack}:", style="bold red"))
    for problem in found:
        console.print(Text(f"  {problem}"), soft_wrap=True)
    raise typer.Exit(1)


def show(
    console: Console,
    access: SshAccess,
    facts: Mapping[str, HostFacts | Unreachable],
    judgements: dict[str, dict[str, Judgement]],
) -> None:
    """What hosts are like, and what they can do."""
    console.print(host_tables.engines(access.endpoints, facts))
    console.print()
    console.print(host_tables.machines(facts))
    console.print()
    console.print(host_tables.strategies(judgements))
    for line in host_tables.reasons(judgements):
        console.print(line, soft_wrap=True)
    console.print()
