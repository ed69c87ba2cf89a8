"""One Docker host, by how far the program is with it: each stage is what the next one needs.

ConnectedHost: its docker provider is there. ScriptedHost: so are the scripts that change it. Host:
nothing is in the way on it any more, so it can be changed. ConfiguredHost: its daemon is as it is to be, so that the engine can make things.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_command as command

from components.connected_host import ScriptedHost


@dataclass(frozen=True)
class Host(ScriptedHost):
    """A host that can be changed. ``conflicts``: what took away what was in the way."""

    conflicts: pulumi.Resource = field(kw_only=True)

    def after_daemon(self) -> list[pulumi.Resource]:
        """What everything that this host's engine makes depends on."""
        return [self.conflicts]

    def change(
        self,
        name: str,
        script: str,
        stdin: pulumi.Input[str],
        *,
        parent: pulumi.Resource,
        depends_on: Sequence[pulumi.Resource] = (),
        elsewhere: Sequence[str] = (),
        aliases: Sequence[pulumi.Alias] = (),
        triggers: Sequence[pulumi.Input[str]] = (),
        generation: pulumi.Input[str] | None = None,
        output_changes: bool = False,
    ) -> command.remote.Command:
        """A change to the host: ``script apply`` with ``stdin``, ``script undo`` on delete.

        ``elsewhere``: other hosts from which it may have moved here, without an undo there.
        ``aliases``: what it was called before.
        ``triggers``: where one of these changes it is undone before it is done again.
        ``generation``: where this changes it is done again first, and what was before is undone at
        the end of the up, after all that waited for it.
        ``output_changes``: what it prints may be new where it is done again.
        """
        return self.command(
            name,
            create=f"sh {self.scripts_folder}/{script} apply",
            delete=f"sh {self.scripts_folder}/{script} undo",
            stdin=stdin,
            parent=parent,
            depends_on=[self.scripts, self.conflicts, *depends_on],
            elsewhere=elsewhere,
            aliases=aliases,
            triggers=triggers if generation is None else [generation],
            undo_first=generation is None,
            output_changes=output_changes,
        )

    def check(
        self,
        name: str,
        script: str,
        stdin: pulumi.Input[str],
        *,
        parent: pulumi.Resource,
        depends_on: Sequence[pulumi.Resource] = (),
    ) -> command.remote.Command:
        """A question to the host, asked again when ``stdin`` changes; it leaves nothing behind.

        ``script`` is the script's name and its verb.
        """
        return self.command(
            name,
            create=f"sh {self.scripts_folder}/{script}",
            delete=None,
            stdin=stdin,
            parent=parent,
            depends_on=[self.scripts, *depends_on],
        )

    def on_delete(
        self,
        name: str,
        script: str,
        stdin: str | None,
        *,
        parent: pulumi.Resource,
        depends_on: Sequence[pulumi.Resource] = (),
    ) -> command.remote.Command:
        """What is done on the host when it is deleted; making it costs no connection.

        ``script`` is the script's name and its verb. Where ``stdin`` is None it stays as it is.
        """
        return self.command(
            name,
            create=None,
            delete=f"sh {self.scripts_folder}/{script}",
            stdin=stdin or "\n",
            parent=parent,
            depends_on=[self.scripts, *depends_on],
            keep_stdin=stdin is None,
        )


@dataclass(frozen=True)
class ConfiguredHost(Host):
    """A host whose engine can make things. ``daemon``: its configuration, None where it stays."""

    daemon: pulumi.Resource | None = field(kw_only=True)

    def after_daemon(self) -> list[pulumi.Resource]:
        return [self.conflicts, *([self.daemon] if self.daemon else [])]


def without_conflicts(
    hosts: Mapping[str, ScriptedHost], conflicts: pulumi.Resource
) -> dict[str, Host]:
    """The hosts, from where ``conflicts`` has taken away what was in the way."""
    return {name: Host(**vars(host), conflicts=conflicts) for name, host in hosts.items()}


def with_daemons(
    hosts: Mapping[str, Host], daemons: Mapping[str, pulumi.Resource]
) -> dict[str, ConfiguredHost]:
    """The hosts, of which ``daemons`` have a new configuration."""
    return {
        name: ConfiguredHost(**vars(host), daemon=daemons.get(name)) for name, host in hosts.items()
    }
