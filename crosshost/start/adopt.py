"""``adopt``: what hosts run already, as sections of the stack's file. Looks at hosts, and changes nothing there."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import chdir
from pathlib import Path
from typing import Annotated, Any

import typer

from components.facts import command
from components.processes import run
from components.ssh import SshAccess
from crosshost.look.hosts import PROJECT_FOLDER, read_hosts
from crosshost.options import Stack
from crosshost.start.taken import Taken, containers, networks, swarm_networks
from crosshost.writing import progress, stop
from planning.adoption import with_adopted
from planning.answers import printable
from planning.facts import HostFacts
from stacks import files
from stacks.adopted_file import sections, with_sections

_SCRIPT = Path(__file__).with_name("by_hand.sh")
_SECONDS = 60
_LIMIT = 16 << 20


def adopt(
    stack: Stack,
    show: Annotated[
        bool, typer.Option("--show", help="Print the sections, write nothing.")
    ] = False,
) -> None:
    """Write networks and containers that hosts have already into the stack's file, to be taken over as they are."""
    try:
        settings = files.read(stack)
    except files.StackFileError as error:
        stop(str(error))
    access = SshAccess(settings.ssh, settings.hosts, stack=stack)
    with progress(f"looking at {len(settings.hosts)} hosts"):
        facts = read_hosts(access)
    answering = {
        name: with_adopted(seen, stack, containers=(), networks=())
        for name, seen in facts.items()
        if isinstance(seen, HostFacts)
    }
    if silent := [name for name in facts if name not in answering]:
        stop(f"{', '.join(silent)}: no answer: see `python -m crosshost doctor -s {stack}`")
    taken = Taken()
    networks(answering, taken)
    waiting = progress(f"asking {len(answering)} hosts what runs there")
    with waiting, ThreadPoolExecutor(len(answering)) as pool, chdir(PROJECT_FOLDER):
        said = dict(
            zip(answering, pool.map(lambda host: _ask(access, host), answering), strict=True)
        )
    addresses = {name: host.address for name, host in settings.hosts.items()}
    try:
        swarm_networks(answering, addresses, said, taken)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        stop(f"what Docker says has not Docker's form ({printable(repr(error), 100)})")
    for host, lines in said.items():
        try:
            containers(host, answering[host], lines, taken)
        except (AttributeError, KeyError, StopIteration, TypeError, ValueError) as error:
            stop(
                f"{host}: what Docker says there has not Docker's form ({printable(repr(error), 100)})"
            )
    for sentence in taken.left:
        typer.echo(f"left alone: {sentence}", err=True)
    text = sections(taken.networks, taken.containers, taken.swarm)
    if not text:
        stop("nothing was found that can be taken over: nothing was written")
    if show:
        typer.echo(text, nl=False)
        return
    _write(stack, text)
    for name, variables in taken.secrets.items():
        for variable in variables:
            typer.echo(
                f"left out, as it may be secret; before the first up type:\n  pulumi config set -s {stack} --secret --path 'crosshost:containers.{name}.environment.{variable}'"
            )
    typer.echo(
        f"stacks/Pulumi.{stack}.yaml has {len(taken.networks)} network(s) and {len(taken.containers)} "
        "container(s) more, with `adopt: true`: no up touches them until their words change. Read them, then:\n"
        f"  pulumi preview -s {stack}\n  pulumi up -s {stack}"
    )


def _ask(access: SshAccess, host: str) -> list[tuple[str, Any]]:
    """Kind and data of each line that a host says. Ends the command where it says something else."""
    argv = command(access, access.endpoints[host])
    ended = run(argv, stdin=_SCRIPT.read_bytes(), seconds=_SECONDS, limit=_LIMIT)
    lines = ended.out.decode(errors="replace").splitlines()
    if ended.code != 0 or lines[-1:] != ["end {}"]:
        stop(
            f"{host}: {printable(ended.err.decode(errors='replace').strip(), 300) or 'no whole answer'}"
        )
    try:
        return [
            (kind, json.loads(data)) for kind, _, data in (line.partition(" ") for line in lines)
        ]
    except ValueError:
        stop(f"{host}: what Docker says there is not understood")


def _write(stack: str, added: str) -> None:
    file = files.FOLDER / f"Pulumi.{stack}.yaml"
    before = file.read_text(encoding="utf-8")
    after = with_sections(before, added)
    if after is None:
        typer.echo(added, nl=False)
        stop(
            f"{file.name} has these sections already, or some of them: put these beside them yourself (nothing was written)"
        )
    file.write_text(after, encoding="utf-8")
    try:
        files.read(stack)
    except files.StackFileError as error:
        file.write_text(before, encoding="utf-8")
        stop(f"{error}\nnothing was written; this is what was to be:\n{added}")
