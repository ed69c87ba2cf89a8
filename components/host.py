"""One Docker host, by how far the program is with it: each stage is what the next one needs.

ConnectedHost: its docker provider is there. ScriptedHost: so are the scripts that change it. Host:
nothing is in the way on it any more, so it can be changed. ConfiguredHost: its daemon is as it is to be, so that the engine can make things.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_command as command
import pulumi_docker as docker

from components import scripts
from components.host_identity import HostIdentity
from components.ssh import SshAccess
from planning import records
from planning.facts import HostFacts, Unreachable

# Inputs of a change that come from facts.
_OBSERVED = ["stdin", "triggers"]


class HostComponent(pulumi.ComponentResource):
    """The docker provider of one host and the scripts that its changes run there."""

    def __init__(self, identity: HostIdentity) -> None:
        endpoint, former = identity.endpoint, identity.former
        super().__init__(
            "crosshost:host:Host",
            identity.host_name,
            {"address": endpoint.address, "user": endpoint.user, "port": endpoint.port},
            pulumi.ResourceOptions(aliases=[pulumi.Alias(name=former)] if former else None),
        )


@dataclass(frozen=True)
class ConnectedHost(HostIdentity):
    """A host with a docker provider and the scripts that change it.

    Logical names carry the host's name (``NAME@HOST``), so that what moves to another host is
    deleted here and created there. ``undone_by_scripts``: all that runs a script of ours on the host
    when it is deleted (components/undo.py).
    """

    connection: command.remote.ConnectionArgs
    component: HostComponent
    provider: docker.Provider
    undone_by_scripts: list[pulumi.Resource] = field(default_factory=list)

    def command(
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
        """A command over SSH, as root. ``create``, ``delete``: command lines.

        ``keep_stdin``: in the state it stays what it is.
        """
        sudo = "sudo -n " if self.endpoint.sudo else ""
        made = command.remote.Command(
            f"{name}@{self.host_name}",
            connection=self.connection,
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
            self.undone_by_scripts.append(made)
        return made


@dataclass(frozen=True)
class ScriptedHost(ConnectedHost):
    """A host with the scripts that change it."""

    scripts: command.remote.Command = field(kw_only=True)


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
        generation: str | None = None,
    ) -> command.remote.Command:
        """A change to the host: ``script apply`` with ``stdin``, ``script undo`` on delete.

        ``elsewhere``: other hosts from which it may have moved here, without an undo there.
        ``aliases``: what it was called before.
        ``triggers``: where one of these changes it is undone before it is done again.
        ``generation``: where this changes it is done again first, and what was before is undone at
        the end of the up, after all that waited for it.
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


def connect(
    name: str, access: SshAccess, facts: HostFacts | Unreachable, former: str | None
) -> ScriptedHost:
    """The host of a name. ``former``: what it was called at the last up, where it is another."""
    identity = HostIdentity(
        name,
        former,
        access.endpoints[name],
        facts,
        access.stack,
        access.config_file,
        access.settings(name),
    )
    component = HostComponent(identity)
    provider = docker.Provider(
        f"docker@{name}",
        host=f"ssh://{name}",
        ssh_opts=[
            *("-F", identity.ssh_config),
            *(w for key, value in identity.ssh_settings.items() for w in ("-o", f"{key}={value}")),
        ],
        opts=pulumi.ResourceOptions(parent=component, aliases=identity.aliases("docker")),
    )
    connected = ConnectedHost(
        **vars(identity),
        connection=access.connection(name),
        component=component,
        provider=provider,
    )
    host = ScriptedHost(**vars(connected), scripts=_install(connected))
    component.register_outputs({"engine": host.engine_version})
    return host


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


def _install(host: ConnectedHost) -> command.remote.Command:
    installed = host.record("scripts")
    intact = isinstance(host.facts, HostFacts) and (
        host.facts.scripts_hash == scripts.bundle_hash()
    )
    content = scripts.installer()
    stdin = records.text(
        content,
        record=None if installed is None else f"{installed.strip()}\n{content}",
        intact=intact,
        header={"host": host.host_name},
    )
    return host.command(
        "scripts",
        create=f"sh -s install {host.stack}",
        delete=f"sh -s remove {host.stack}",
        stdin=stdin,
        parent=host.component,
    )
