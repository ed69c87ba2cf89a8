"""The final check of an up on each host: all of it is there and runs; and warnings where it is not."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pulumi
import pulumi_docker as docker

from components.container.component import Container
from components.host import Host
from components.networks.network import Network
from planning import last_up, records
from planning.conflicts import Item, record_fields
from planning.facts import HostFacts


@dataclass(frozen=True)
class FinalCheck:
    """Host -> the check that all of the stack is there and runs: nothing is made after them."""

    checks: Mapping[str, pulumi.Resource]


def check_all_runs(
    hosts: Mapping[str, Host],
    networks: Mapping[str, Network],
    containers: Mapping[str, Container],
    items: Sequence[Item],
) -> FinalCheck:
    """One check a host, after everything on it: its containers run, else their last log lines.

    The host keeps the list; a later preview warns of what is no longer there. (The docker plugin
    looks at containers and networks only with --refresh.) Another engine than at the last up is a
    change, so that up checks again. ``items``: what the stack has, with what it holds.
    """
    checks: dict[str, pulumi.Resource] = {}
    for name, host in hosts.items():
        here = {c.docker_name: c for c in containers.values() if c.args.host.host_name == name}
        made = {
            network_name: one
            for network_name, network in networks.items()
            if (one := network.made_on(name)) is not None
        }
        if here or made:
            _warn(host, here, {n for n in made if not networks[n].hidden})
            rows: list[pulumi.Input[str]] = [_engine(host)]
            holds = {(i.kind, i.name): record_fields(i) for i in items if _may_be_on(i, name)}
            rows += [_row("network", *one, holds) for one in made.items()]
            ends = {c.docker_name for c in containers.values() if c.args.ends}
            rows += [
                _row(
                    "container",
                    name_,
                    one.container,
                    holds,
                    last_up.ENDED_ROW if name_ in ends else "container",
                    one.adopted.row_field,
                )
                for name_, one in here.items()
            ]
            checks[name] = host.change(
                "present",
                "present.sh",
                pulumi.Output.concat(*rows).apply(partial(_kept, host.record("present"))),
                parent=host.component,
                depends_on=[*made.values(), *(one.container for one in here.values())],
            )
    return FinalCheck(checks)


def _kept(record: str | None, rows: str) -> str:
    return records.text(rows, record=record, intact=True, header={"present": ""})


def _row(
    kind: last_up.Kind,
    name: str,
    resource: docker.Network | docker.Container,
    holds: Mapping[tuple[last_up.Kind, str], str],
    word: str = "",
    more: str = "",
) -> pulumi.Output[str]:
    return pulumi.Output.concat(
        word or kind, " ", resource.id, " ", name, holds.get((kind, name), ""), more, "\n"
    )


def _may_be_on(item: Item, host: str) -> bool:
    """Whether the item is on a host; an overlay is on the one that made it."""
    return item.host == host or item.plane is not None


def _engine(host: Host) -> str:
    """The row on the engine; where it does not answer, that of the last up."""
    version = host.engine_version or last_up.recorded_engine(host.record("present"))
    return f"engine {version}\n" if version else ""


def _warn(host: Host, containers: Collection[str], networks: Collection[str]) -> None:
    record = host.record("present")
    if record is None or not isinstance(host.facts, HostFacts):
        return
    sentences = last_up.upgraded(host.host_name, host.facts, record)
    sentences += last_up.missing(
        host.host_name, host.facts, record,
        stack=host.stack, containers=containers, networks=networks,
    )  # fmt: skip
    for sentence in sentences:
        pulumi.log.warn(sentence, resource=host.component)
