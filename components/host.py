"""One Docker host: its provider, what facts say of it, and the commands that change it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_command as command
import pulumi_docker as docker

from components import scripts
from components.ssh import Endpoint, SshAccess
from planning import presence, records
from planning.facts import HostFacts, Unreachable
from planning.presence import Mark

# Inputs of a change that come from facts.
_OBSERVED = ["stdin", "triggers"]


@dataclass(frozen=True)
class HostArgs:
    """What a Host is made of. ``former``: the name that it had at the last up, where it is another."""

    access: SshAccess
    facts: HostFacts | Unreachable
    former: str | None = None


class Host(pulumi.ComponentResource):
    """The docker provider of one host and the scripts that its changes run there.

    Logical names carry the host's name (``NAME@HOST``), so that what moves to another host is
    deleted here and created there.
    """

    def __init__(
        self, name: str, args: HostArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        endpoint = args.access.endpoints[name]
        opts = opts or pulumi.ResourceOptions(
            aliases=[pulumi.Alias(name=args.former)] if args.former else None
        )
        super().__init__(
            "crosshost:host:Host",
            name,
            {"address": endpoint.address, "user": endpoint.user, "port": endpoint.port},
            opts,
        )
        self.host_name = name
        self.former = args.former
        self.endpoint: Endpoint = endpoint
        self.facts = args.facts
        self.stack = args.access.stack
        self.ssh_config = args.access.config_file
        self.ssh_settings = args.access.settings(name)
        self.scripts_folder = f"/var/lib/crosshost/{self.stack}/scripts"
        self._connection = args.access.connection(name)
        self.provider = docker.Provider(
            f"docker@{name}",
            host=f"ssh://{name}",
            ssh_opts=[
                *("-F", self.ssh_config),
                *(w for key, value in self.ssh_settings.items() for w in ("-o", f"{key}={value}")),
            ],
            opts=pulumi.ResourceOptions(parent=self, aliases=self.aliases("docker")),
        )
        # What runs a script of ours on the host when it is deleted (components/undo.py).
        self.with_scripts: list[pulumi.Resource] = []
        self.scripts = self._install()
        # What is made by the daemon must wait for it (components/daemon.py).
        self.daemon: pulumi.Resource | None = None
        # What is in the way of anything new goes first (components/conflicts.py).
        self.conflicts: pulumi.Resource | None = None
        self.register_outputs({"engine": self.engine_version})

    @property
    def names(self) -> list[str]:
        """What the host is called, and was called at the last up."""
        return [self.host_name, *([self.former] if self.former else [])]

    def aliases(self, name: str, elsewhere: Iterable[str] = ()) -> list[pulumi.Alias]:
        """The names that a resource NAME@HOST of this host may have had: under the host's former name,
        and on other hosts from which it may have moved here (``elsewhere``: their names).
        """
        former = [self.former] if self.former else []
        return [pulumi.Alias(name=f"{name}@{host}") for host in [*former, *elsewhere]]

    def after_daemon(self) -> list[pulumi.Resource]:
        """What everything that this host's engine makes depends on."""
        return [one for one in (self.conflicts, self.daemon) if one]

    @property
    def engine_version(self) -> str | None:
        """The Docker engine's version, None where facts could not tell."""
        if isinstance(self.facts, HostFacts) and self.facts.engine:
            return self.facts.engine.version
        return None

    @property
    def spoken(self) -> str:
        """The host as scripts on the controller are told of it: NAME, or NAME:sudo."""
        return f"{self.host_name}:sudo" if self.endpoint.sudo else self.host_name

    def request(self, header: str) -> str:
        """The stdin of a program on the controller that asks the host (components/remote.py)."""
        settings = "".join(f"{key} {value}\n" for key, value in self.ssh_settings.items())
        return f"{self.ssh_config} {self.scripts_folder} {self.spoken}\n{settings}\n{header}"

    def shown(self) -> dict[str, Any]:
        """The host's row in the stack's outputs."""
        return {"address": self.endpoint.address, "engine": self.engine_version}

    def record(self, change: str) -> str | None:
        """The stdin of the last run of a change that worked, as the host keeps it."""
        return self.facts.records.get(change) if isinstance(self.facts, HostFacts) else None

    def label_of(self, container: str) -> str | None:
        """The label crosshost.host of a container of the stack on this host; None without one."""
        rows = self.facts.containers if isinstance(self.facts, HostFacts) else None
        found = (c.host for c in rows or [] if (c.name, c.stack) == (container, self.stack))
        return next(found, None) or None

    def mark(self, kind: presence.Kind, name: str) -> Mark:
        """The label crosshost.made of a container or network that this host's engine makes."""
        return presence.mark(self.facts, self.record("present"), kind, name, self.stack)

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
        generation: str | None = None,
    ) -> command.remote.Command:
        """A change to the host: ``script apply`` with ``stdin``, ``script undo`` on delete.

        ``elsewhere``: other hosts from which it may have moved here, without an undo there.
        ``aliases``: what it was called before.
        ``triggers``: where one of these changes it is undone before it is done again.
        ``generation``: where this changes it is done again first, and what was before is undone at
        the end of the up, after all that waited for it.
        """
        return self._command(
            name,
            create=f"sh {self.scripts_folder}/{script} apply",
            delete=f"sh {self.scripts_folder}/{script} undo",
            stdin=stdin,
            parent=parent,
            depends_on=[self.scripts, *([self.conflicts] if self.conflicts else []), *depends_on],
            elsewhere=elsewhere,
            aliases=aliases,
            triggers=[generation] if generation else triggers,
            undo_first=not generation,
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
        return self._command(
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
        return self._command(
            name,
            create=None,
            delete=f"sh {self.scripts_folder}/{script}",
            stdin=stdin or "\n",
            parent=parent,
            depends_on=[self.scripts, *depends_on],
            keep_stdin=stdin is None,
        )

    def _install(self) -> command.remote.Command:
        installed = self.record("scripts")
        intact = isinstance(self.facts, HostFacts) and (
            self.facts.scripts_hash == scripts.bundle_hash()
        )
        content = scripts.installer()
        stdin = records.text(
            content,
            record=None if installed is None else f"{installed.strip()}\n{content}",
            intact=intact,
            header={"host": self.host_name},
        )
        return self._command(
            "scripts",
            create=f"sh -s install {self.stack}",
            delete=f"sh -s remove {self.stack}",
            stdin=stdin,
            parent=self,
        )

    def _command(
        self,
        name: str,
        *,
        create: str | None,
        delete: str | None,
        stdin: pulumi.Input[str],
        parent: pulumi.Resource,
        depends_on: Sequence[pulumi.Resource] = (),
        elsewhere: Sequence[str] = (),
        aliases: Sequence[pulumi.Alias] = (),
        triggers: Sequence[pulumi.Input[str]] = (),
        undo_first: bool = True,
        keep_stdin: bool = False,
    ) -> command.remote.Command:
        sudo = "sudo -n " if self.endpoint.sudo else ""
        made = command.remote.Command(
            f"{name}@{self.host_name}",
            connection=self._connection,
            create=None if create is None else sudo + create,
            delete=None if delete is None else sudo + delete,
            stdin=stdin,
            triggers=list(triggers) or None,
            add_previous_output_in_env=False,
            logging=command.remote.Logging.NONE,
            opts=pulumi.ResourceOptions(
                parent=parent,
                depends_on=list(depends_on),
                aliases=[*self.aliases(name, elsewhere), *aliases],
                delete_before_replace=(bool(triggers) and undo_first) or None,
                # Facts of a host that does not answer are no reason to show a change.
                ignore_changes=_OBSERVED
                if isinstance(self.facts, Unreachable)
                else ["stdin"]
                if keep_stdin
                else None,
            ),
        )
        if delete is not None:
            self.with_scripts.append(made)
        return made
