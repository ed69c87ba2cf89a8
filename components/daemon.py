"""The Docker daemon's configuration on one host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pulumi
import pulumi_command as command

from components.host import Host
from planning import daemon_json, records
from planning.facts import HostFacts


@dataclass(frozen=True)
class DaemonConfigArgs:
    """The keys of daemon.json that are ours on this host, with their values."""

    host: Host
    settings: dict[str, Any]


class Store(Protocol):
    """A cluster store that daemons are pointed at (components/consul.py)."""

    leader: command.remote.Command


class DaemonConfig(pulumi.ComponentResource):
    """Our keys in a host's daemon.json, and the daemon running with them.

    All other keys stay. The change is planned from facts, applied by daemon.sh (reload where that
    is enough), put back on failure and undone on delete. The preview shows the file line by line.
    """

    def __init__(
        self,
        name: str,
        args: DaemonConfigArgs,
        opts: pulumi.ResourceOptions | None = None,
        *,
        depends_on: Sequence[pulumi.Resource] = (),
    ) -> None:
        super().__init__(
            "crosshost:daemon:DaemonConfig",
            f"{name}@{args.host.host_name}",
            {"host": args.host.host_name, "settings": args.settings},
            opts,
        )
        self.host = args.host
        stdin = plan(args.settings, args.host)
        self.change = args.host.change(name, "daemon.sh", stdin, parent=self, depends_on=depends_on)
        self._announce(stdin, args.host)
        self.register_outputs({})

    def _announce(self, stdin: str, host: Host) -> None:
        if stdin == host.record("daemon") or not isinstance(host.facts, HostFacts):
            return
        action = records.words(stdin)["action"]
        if action == "reload":
            pulumi.log.info(
                f"{host.host_name}: the Docker daemon will be reloaded; running containers are "
                "not touched",
                resource=self,
            )
        elif action == "restart":
            live = host.facts.engine is not None and host.facts.engine.live_restore
            bounced = 0 if live else host.facts.running
            pulumi.log.warn(
                f"{host.host_name}: the Docker daemon will be restarted, "
                + ("live-restore keeps its containers" if live else f"{bounced} containers bounce"),
                resource=self,
            )


def plan(settings: dict[str, Any], host: Host) -> str:
    """The stdin of daemon.sh: the header's words and the whole new file."""
    facts = host.facts
    if not isinstance(facts, HostFacts) or not daemon_json.readable(facts.daemon_json):
        # Up stops before it comes here (planning/preflight.py); a preview shows what is wanted.
        header = {"base": "unknown", "action": "none", "own": ",".join(sorted(settings))}
        return records.text(
            daemon_json.merged(None, settings), record=None, intact=False, header=header
        )
    record = facts.records.get("daemon")
    ours = (
        frozenset(own.split(","))
        if record and (own := records.words(record).get("own"))
        else frozenset()
    )
    content = daemon_json.merged(
        facts.daemon_json, settings, ours=ours, original=facts.daemon_json_original
    )
    changed = set(daemon_json.changed(facts.daemon_json, content))
    changed |= _not_live(settings, facts)
    store = facts.engine.cluster_store if facts.engine else ""
    header = {
        "base": facts.daemon_json_hash,
        "action": daemon_json.action(
            sorted(changed), had_cluster_store=store not in ("", settings.get("cluster-store"))
        ),
        "own": ",".join(sorted(settings)),
    }
    return records.text(content, record=record, intact=not changed, header=header)


def _not_live(settings: dict[str, Any], facts: HostFacts) -> set[str]:
    """Keys that the file may have but the running daemon has not taken."""
    if facts.engine is None:
        return set()
    live = {
        "cluster-store": facts.engine.cluster_store,
        "cluster-advertise": facts.engine.cluster_advertise,
    }
    return {key for key, value in live.items() if key in settings and settings[key] != value}


def configure_daemons(
    hosts: Mapping[str, Host],
    settings: Mapping[str, dict[str, Any]],
    store: Store | None,
) -> dict[str, DaemonConfig]:
    """A DaemonConfig for each host that ``settings`` has keys for, once the store leads."""
    depends_on = [store.leader] if store else []
    return {
        name: DaemonConfig("daemon", DaemonConfigArgs(hosts[name], keys), depends_on=depends_on)
        for name, keys in settings.items()
        if keys
    }
