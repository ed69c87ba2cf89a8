"""The Docker daemon's configuration on the hosts: daemon.json, drop-in, certificates, turns."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import pulumi
import pulumi_command as command

from components import daemon_certificates
from components.daemon_settings import ApiSettings, DaemonSettings
from components.host import Host
from planning import daemon_plan, daemon_text, records
from planning.daemon_plan import Api
from planning.facts import HostFacts


@dataclass(frozen=True)
class DaemonConfigArgs:
    """The keys of daemon.json that are ours on this host, with their values, and the TCP API.

    ``store_lost``: the daemon's cluster store has lost what it knew of networks. ``access``: what it
    uses its cluster store with, where that asks for something.
    """

    host: Host
    settings: dict[str, object]
    api: ApiSettings | None = None
    store_lost: bool = False
    access: HostAccess | None = None


class Firewall(Protocol):
    """What keeps strangers from engines that meet their peers (components/firewall.py)."""

    @property
    def before(self) -> list[pulumi.Resource]:
        """What must be there before an engine meets its peers."""


class HostAccess(Protocol):
    """What a host uses its cluster store with (components/networks/overlay/consul/access.py)."""

    @property
    def environment(self) -> str | None:
        """Path on the host of a file with variables for dockerd (systemd's EnvironmentFile)."""

    @property
    def change(self) -> command.remote.Command:
        """What puts it there."""


class Store(Protocol):
    """A cluster store that daemons are pointed at (a Consul server). ``leader``: a check that it leads."""

    leader: command.remote.Command

    @property
    def access(self) -> Mapping[str, HostAccess]:
        """Host -> what it uses the store with; empty where the store asks for nothing."""


class DaemonConfig(pulumi.ComponentResource):
    """Our keys in a host's daemon.json, and the daemon running with them.

    All other keys stay. The change is planned from facts, applied by daemon.sh (reload where that
    is enough), put back on failure and undone on delete. The preview shows the file line by line.
    `change` is what must be there before anything needs the daemon: `apply`, and `leave`, which
    does nothing until it is deleted, so that daemons take turns on destroy too.
    """

    def __init__(
        self,
        name: str,
        args: DaemonConfigArgs,
        opts: pulumi.ResourceOptions | None = None,
        *,
        turns: Turns,
        depends_on: Sequence[pulumi.Resource] = (),
    ) -> None:
        host = args.host
        super().__init__(
            "crosshost:daemon:DaemonConfig",
            f"{name}@{host.host_name}",
            {
                "host": host.host_name,
                "settings": args.settings,
                "api": args.api.model_dump(mode="json") if args.api else None,
            },
            opts or pulumi.ResourceOptions(aliases=host.aliases(name)),
        )
        self.host = host
        self.settings = args.settings
        api, certificates = None, None
        if args.api is not None:
            if args.api.tls is not None:
                certificates = args.api.tls.read(host.host_name)
            where = daemon_certificates.folder(host.stack, certificates) if certificates else None
            api = Api(args.api.port, where)
        facts = host.facts if isinstance(host.facts, HostFacts) else None
        self.plan = daemon_plan.plan(
            facts,
            args.settings,
            api,
            host.stack,
            store_lost=args.store_lost,
            environment=args.access.environment if args.access else None,
        )
        before = [*depends_on, *([args.access.change] if args.access else [])]
        if certificates:
            before.append(daemon_certificates.put(host, certificates, parent=self))
        restarts = self.plan.action == "restart" and not self.plan.unchanged
        self.apply = host.change(
            name,
            "daemon.sh",
            self.plan.stdin,
            parent=self,
            depends_on=[*before, *(turns.before() if restarts else ())],
        )
        if restarts:
            turns.take(self.apply)
        stays_up = records.header_fields(self.plan.stdin).get("leave") in ("none", "reload")
        self.change = host.on_delete(
            f"{name}-leave",
            "daemon.sh leave",
            self.plan.undo,
            parent=self,
            depends_on=[self.apply, *(() if stays_up else turns.before_leaving())],
        )
        if not stays_up:
            turns.leave(self.change)
        self._announce(args.api)
        self.register_outputs({})

    def _announce(self, api: ApiSettings | None) -> None:
        name = self.host.host_name
        if api and api.tls is None:
            pulumi.log.warn(
                f"{name}: anyone who reaches the port {api.port} owns the host: its Docker API asks "
                "for no certificate",
                resource=self,
            )
        # The sentence, where it says that containers end and start again.
        self.bounces = ""
        if not isinstance(self.host.facts, HostFacts) or self.plan.unchanged:
            return
        for conflict in self.plan.conflicts:
            pulumi.log.warn(f"{name}: {conflict}", resource=self)
        sentence = daemon_text.describe(self.plan, self.host.facts)
        log = pulumi.log.warn if self.plan.action == "restart" else pulumi.log.info
        log(f"{name}: {sentence}", resource=self)
        if daemon_text.bouncing(sentence):
            self.bounces = f"{name}: {sentence}"


class Turns:
    """At most ``at_once`` of the things that are done one after another happen at a time."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._restarts: list[pulumi.Resource] = []
        self._leaves: list[pulumi.Resource] = []

    def before(self) -> list[pulumi.Resource]:
        """What the next restart waits for."""
        return self._restarts[-self._at_once :][:1] if len(self._restarts) >= self._at_once else []

    def take(self, resource: pulumi.Resource) -> None:
        """A restart that the next ones wait for."""
        self._restarts.append(resource)

    def before_leaving(self) -> list[pulumi.Resource]:
        """What is deleted after the next one that leaves."""
        return self._leaves[-self._at_once :][:1] if len(self._leaves) >= self._at_once else []

    def leave(self, resource: pulumi.Resource) -> None:
        """One that is deleted before those that came before it."""
        self._leaves.append(resource)


def configure_daemons(
    hosts: Mapping[str, Host],
    settings: Mapping[str, dict[str, object]],
    wanted: DaemonSettings | None,
    store: Store | None,
    firewall: Firewall | None,
    store_lost: Collection[str] = (),
) -> dict[str, DaemonConfig]:
    """A DaemonConfig for each host that ``settings`` or ``wanted`` have something for.

    ``settings``: what the networks need. ``store`` leads before any daemon is touched, and
    all of ``firewall`` is there. ``store_lost``: hosts whose cluster store has lost networks.
    """
    wanted = wanted or DaemonSettings()
    turns = Turns(wanted.rollout.max_unavailable)
    daemons: dict[str, DaemonConfig] = {}
    for name, keys in settings.items():
        if keys or wanted.settings or wanted.api:
            daemons[name] = DaemonConfig(
                "daemon",
                DaemonConfigArgs(
                    hosts[name],
                    {**wanted.settings, **keys},
                    wanted.api,
                    name in store_lost,
                    store.access.get(name) if store and keys else None,
                ),
                turns=turns,
                depends_on=[
                    *([store.leader] if store else []),
                    *(firewall.before if firewall and keys else []),
                ],
            )
    return daemons
