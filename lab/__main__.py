"""The lab's commands: python -m lab up, down, status, clean, env, power-off, power-on, reset."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from lab import cache, environment
from lab.environment import Environment
from lab.errors import LabError
from lab.lab import DEFAULT_ENGINES, DEFAULT_HOSTS, Lab
from lab.progress import say
from lab.status import HostStatus

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Real Docker hosts on one Linux machine, in a network of their own.",
)


@app.command()
def up(
    hosts: Annotated[int, typer.Option(help="How many hosts the lab has at least.")] = (
        DEFAULT_HOSTS
    ),
    engine: Annotated[
        list[str] | None,
        typer.Option(
            help="Docker engine (20, 20.10.24, 26, 28) or Debian suite. Given several times, the "
            "i-th is for the i-th host and the last for all further ones. Default: 20 (bullseye)."
        ),
    ] = None,
    stack: Annotated[
        str, typer.Option(help="The hosts of this environment instead, e.g. lab-swarm.")
    ] = "",
) -> None:
    """Have a running lab: reuse what runs, boot what is missing, off or dead."""
    lab = Lab.for_checkout()
    _show(lab.up_for(stack) if stack else lab.up(hosts, engine or DEFAULT_ENGINES))


@app.command()
def down() -> None:
    """Shut all hosts down. Their disks stay."""
    Lab.for_checkout().down()


@app.command()
def status() -> None:
    """Show the lab's hosts."""
    hosts = Lab.for_checkout().status()
    if not hosts:
        say("there is no lab: `python -m lab up` makes one")
    else:
        _show(hosts)


@app.command()
def clean(
    all: Annotated[
        bool, typer.Option("--all", help="Delete also what all labs share: roots, engine, plugins.")
    ] = False,
) -> None:
    """Stop the lab and delete its disks, keys and Pulumi state."""
    lab = Lab.for_checkout()
    lab.clean()
    if all:
        others = cache.clear()
        if others:
            say(f"other checkouts have labs, so the caches stay: {', '.join(others)}")


@app.command()
def env() -> None:
    """Print the environment of lab/run as shell commands."""
    print(environment.exports(_prepare()), end="")


@app.command(hidden=True)
def prepare() -> None:
    """Have what lab/run needs."""
    _prepare()


def _prepare() -> Environment:
    found = Lab.for_checkout().prepare()
    for source in found.sources:
        say(source)
    return found


@app.command()
def power_off(name: str) -> None:
    """Pull a host's plug: everything on it ends at once. Its disk stays."""
    Lab.for_checkout().power_off(name)


@app.command()
def power_on(name: str) -> None:
    """Boot a host from its disk."""
    Lab.for_checkout().power_on(name)


@app.command()
def reset(names: Annotated[list[str] | None, typer.Argument()] = None) -> None:
    """Give hosts (without names: all) new disks and boot them."""
    Lab.for_checkout().reset(*(names or []))


def _show(hosts: list[HostStatus]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("host", "address", "engine", "state", "memory", box=None, pad_edge=False)
    for host in hosts:
        colour = {"running": "green", "off": "yellow"}.get(host.state, "red")
        memory = f"{host.memory / 2**20:.0f} MiB" if host.memory else "-"
        engine = f"{host.engine} ({host.suite})"
        table.add_row(host.name, host.address, engine, f"[{colour}]{host.state}[/]", memory)
    Console().print(table)


def main() -> None:
    """Run a command; a problem is one message and exit code 1."""
    try:
        app(prog_name="python -m lab")
    except LabError as error:
        say(str(error))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
