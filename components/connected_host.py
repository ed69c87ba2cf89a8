"""One Docker host with its docker provider, and the scripts that change it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_command as command
import pulumi_docker as docker

from components import install_scripts, scripts
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
        output_changes: bool = False,
    ) -> command.remote.Command:
        """A command over SSH, as root. ``create``, ``delete``: command lines.

        ``keep_stdin``: in the state it stays what it is. ``output_changes``: a preview does not take what
        was printed before for what will be.
        """
        sudo = "sudo -n " if self.endpoint.sudo else ""
        made = command.remote.Command(
            f"{name}@{self.host_name}",
            connection=self.connection,
            create=None if create is None else sudo + create,
            # Said aloud: a preview then knows that its output may be another one.
            update=sudo + create if create is not None and output_changes else None,
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
    """A host with the scripts that change it. ``scripts``: what installs them."""

    scripts: command.local.Command = field(kw_only=True)


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


def _install(host: ConnectedHost) -> command.local.Command:
    """What installs the scripts, by way of the controller: a remote command would keep their text in
    the state, twice for each host, and the engine writes the state at every step.
    """
    removed = host.command(
        "scripts",
        create=None,
        delete=f"sh -s remove {host.stack}",
        stdin=scripts.remover(),
        parent=host.component,
    )
    installed = host.record("scripts")
    content = f"sha256 {scripts.bundle_hash()}\n"
    intact = isinstance(host.facts, HostFacts) and (
        host.facts.scripts_hash == scripts.bundle_hash()
    )
    wanted = records.text(
        content,
        record=None if installed is None else f"{installed.strip()}\n{content}",
        intact=intact,
        header={"host": host.host_name},
    )
    run = f"exec python3 -m {install_scripts.__name__}"
    return command.local.Command(
        f"install-scripts@{host.host_name}",
        create=run,
        update=run,
        stdin=host.request(wanted),
        add_previous_output_in_env=False,
        logging=command.local.Logging.NONE,
        opts=pulumi.ResourceOptions(
            parent=host.component,
            depends_on=[removed],
            aliases=host.aliases("install-scripts"),
            ignore_changes=["stdin"] if isinstance(host.facts, Unreachable) else None,
        ),
    )
