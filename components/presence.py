"""The last word of an up on each host: all of it is there and runs; and the warning when not."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial

import pulumi
import pulumi_docker as docker

from components.consul import ConsulServer
from components.container import Container
from components.host import Host
from components.networks.base import Network
from planning import presence, records
from planning.facts import HostFacts


def check_presence(
    hosts: Mapping[str, Host],
    networks: Mapping[str, Network],
    containers: Mapping[str, Container],
    consul: ConsulServer | None,
) -> None:
    """One check a host, after everything on it: its containers run, else their last log lines.

    The host keeps the list; a later preview warns of what is no longer there. (The docker plugin
    looks at containers and networks only with --refresh.) Another engine than at the last up is a
    change, so that up checks again.
    """
    for name, host in hosts.items():
        here = {c.docker_name: c.container for c in containers.values() if c.args.host is host}
        made = {
            network_name: one
            for network_name, network in networks.items()
            if (one := network.made_on(name)) is not None
        }
        if here or made:
            store_runs = consul is None or consul.runs
            _warn(host, here, {n for n in made if store_runs or not networks[n].in_store})
            rows: list[pulumi.Input[str]] = [_engine(host)]
            rows += [_row("network", *item) for item in made.items()]
            rows += [_row("container", *item) for item in here.items()]
            host.change(
                "present",
                "present.sh",
                pulumi.Output.concat(*rows).apply(partial(_kept, host.record("present"))),
                parent=host,
                depends_on=[*made.values(), *here.values()],
            )


def _kept(record: str | None, rows: str) -> str:
    return records.text(rows, record=record, intact=True, header={"present": ""})


def _row(kind: str, name: str, resource: docker.Network | docker.Container) -> pulumi.Output[str]:
    return pulumi.Output.concat(kind, " ", resource.id, " ", name, "\n")


def _engine(host: Host) -> str:
    """The row on the engine; where it does not answer, that of the last up."""
    version = host.engine_version or presence.recorded_engine(host.record("present"))
    return f"engine {version}\n" if version else ""


def _warn(host: Host, containers: Collection[str], networks: Collection[str]) -> None:
    record = host.record("present")
    if record is None or not isinstance(host.facts, HostFacts):
        return
    sentences = presence.upgraded(host.host_name, host.facts, record)
    sentences += presence.missing(
        host.host_name, host.facts, record, containers=containers, networks=networks
    )
    for sentence in sentences:
        pulumi.log.warn(sentence, resource=host)
