"""What undoes a host is there: looked at before anything else of the host is undone."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_command as command

from components import restore_scripts
from components.final_check import FinalCheck
from components.host import Host
from components.networks.overlay.swarm.component import Swarm


def restore_scripts_first(
    hosts: Mapping[str, Host], swarm: Swarm | None, _last: FinalCheck
) -> None:
    """One command a host that does nothing until it is deleted, before all that needs scripts there.

    Then it installs them anew if what the stack keeps on the host was removed or changed. Managers of a
    swarm help other hosts to leave it, so theirs are looked at before any host leaves.
    ``_last`` is the last that is made: what runs scripts is known by then.
    """
    for name, host in hosts.items():
        members = swarm.members if swarm else {}
        manages = swarm is not None and name in swarm.managers
        needed = [member for of, member in members.items() if of == name or manages]
        command.local.Command(
            f"undo@{name}",
            create=":",
            delete=f"exec python3 -m {restore_scripts.__name__}",
            stdin=host.request(""),
            add_previous_output_in_env=False,
            logging=command.local.Logging.STDOUT,
            opts=pulumi.ResourceOptions(
                parent=host.component,
                depends_on=[host.scripts, *host.undone_by_scripts, *needed],
                aliases=host.aliases("undo"),
            ),
        )
