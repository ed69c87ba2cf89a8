"""One program with one help: ``python -m crosshost``. To be run from the project's folder."""

from __future__ import annotations

from collections.abc import Callable

import typer

from crosshost.change.forget import forget
from crosshost.change.remove_leftovers import remove_leftovers
from crosshost.change.rotate_keys import rotate_keys
from crosshost.look.check import check
from crosshost.look.doctor import doctor
from crosshost.look.impact import impact
from crosshost.look.leftovers import leftovers
from crosshost.look.outcome import outcome
from crosshost.look.reachability import reachability
from crosshost.look.status import status
from crosshost.look.topology import topology
from crosshost.start.adopt import adopt
from crosshost.start.init import init

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="What pulumi does not do for a crosshost stack: its first file, looks at its hosts, and ways out of trouble.",
)
PANELS: dict[str, tuple[Callable[..., None], ...]] = {
    "Begin": (init, adopt),
    "Look; nothing changes": (
        status,
        reachability,
        check,
        impact,
        outcome,
        doctor,
        topology,
        leftovers,
    ),
    "Change hosts or the stack's state; asks before": (forget, remove_leftovers, rotate_keys),
}
for panel, commands in PANELS.items():
    for command in commands:
        app.command(rich_help_panel=panel)(command)

if __name__ == "__main__":
    app(prog_name="python -m crosshost")
