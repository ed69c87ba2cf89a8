"""The proof at the end of an up, from inside the containers' network namespaces."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pulumi
import pulumi_command as command

from components.container.component import Container
from components.final_check import FinalCheck
from components.host import ConfiguredHost
from components.images import Images
from components.networks.base import Stack
from components.reachability import run as proof
from components.reachability.request import Carrier, Request, Target
from components.reachability.settings import ProveSettings
from planning.addresses import is_ip, is_ipv4
from planning.facts import Unreachable
from planning.reachability.links import HostLink
from planning.reachability.probes import Endpoint, Promise, Published, plan
from planning.reachability.summary import summary


@dataclass(frozen=True)
class ReachabilityArgs:
    """What a Reachability is made of.

    ``carriers``: resources whose change asks for the proof again, beside containers and networks.
    ``after``: what it waits for.
    """

    settings: ProveSettings
    stack: Stack
    hosts: Mapping[str, ConfiguredHost]
    containers: Mapping[str, Container]
    carriers: Sequence[command.remote.Command | command.local.Command]
    after: Sequence[pulumi.Resource]


class Reachability(pulumi.ComponentResource):
    """Every promise and denial of the networks, tested; a broken one fails the up.

    Output ``rows``: {from, from_host, to, to_host, network, kind, expected, observed, ms, cause} each;
    expected and observed are yes, no or unknown, ms is milliseconds or None: those that an answer took,
    and of the kind "uninterrupted" those that were lost. Output ``summary``: planning/reachability/summary.py.
    """

    def __init__(
        self, name: str, args: ReachabilityArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(
            "crosshost:reachability:Reachability", name, {"when": args.settings.when}, opts
        )
        unseen = any(isinstance(host.facts, Unreachable) for host in args.hosts.values())
        running = [one.container for one in args.containers.values()]
        self.proof = command.local.Command(
            name,
            create=(run := f"exec python3 -m {proof.__name__}"),
            update=run,
            stdin=_request(args),
            add_previous_output_in_env=False,
            logging=command.local.Logging.NONE,
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[*running, *args.carriers, *args.after],
                # What a host that does not answer is like is no reason to show a change.
                ignore_changes=["stdin"] if unseen else None,
            ),
        )
        self.rows: pulumi.Output[list[dict[str, Any]]] = self.proof.stdout.apply(
            lambda text: json.loads(text) if text else []
        )
        self.summary: pulumi.Output[dict[str, Any]] = self.rows.apply(summary)
        self.register_outputs({"summary": self.summary})


def prove(
    settings: ProveSettings,
    stack: Stack,
    hosts: Mapping[str, ConfiguredHost],
    containers: Mapping[str, Container],
    carriers: Iterable[pulumi.Resource],
    last: FinalCheck,
    images: Images,
) -> Reachability | None:
    """The proof of a stack, None where it is not wanted or there is nothing to prove."""
    joined = any(one.args.settings.attachments() for one in containers.values())
    if settings.when == "never" or not joined:
        return None
    commands = [
        one for one in carriers if isinstance(one, (command.remote.Command, command.local.Command))
    ]
    after: list[pulumi.Resource] = list(last.checks.values())
    if settings.image is not None:
        after += [images.pull(host, settings.image) for host in hosts.values()]
    args = ReachabilityArgs(settings, stack, hosts, containers, commands, after)
    return Reachability("reachability", args)


def _request(args: ReachabilityArgs) -> pulumi.Output[str]:
    """The text that asks for the proof; unknown in a preview where a container is made anew."""
    names = list(args.containers)
    settled = pulumi.Output.all(
        pulumi.Output.all(*(one.addresses for one in args.containers.values())),
        pulumi.Output.all(*(one.ipv6_addresses for one in args.containers.values())),
        pulumi.Output.all(*(one.id for one in args.containers.values())),
        pulumi.Output.all(*(one.stdin for one in args.carriers)),
    )

    def text(parts: list[Any]) -> str:
        addresses, addresses6, ids, carriers = parts
        if args.settings.when == "always":
            carriers = [*carriers, datetime.now(UTC).isoformat()]
        digest = sha256(json.dumps([ids, carriers]).encode()).hexdigest()[:16]
        of_both = {
            name: [*one.items(), *other.items()]
            for name, one, other in zip(names, addresses, addresses6, strict=True)
        }
        return request(args, of_both, digest).text

    return settled.apply(text)


def request(
    args: ReachabilityArgs,
    addresses: Mapping[str, Sequence[tuple[str, str]]],
    carriers: str,
) -> Request:
    """``addresses``: container (key of the stack file) -> its networks and addresses, of both families."""
    hosts = {
        name: Target(
            host.ssh_target,
            host.endpoint.address,
            [f"{key} {value}" for key, value in host.ssh_settings.items()],
        )
        for name, host in args.hosts.items()
    }
    any_host = next(iter(args.hosts.values()))
    ends = endpoints(args.containers, addresses)
    carried = {
        name: Carrier(
            network.contract.key,
            tuple(network.contract.ports),
            {way.name: works for way, works in network.contract.reach.items()},
            {way.name: works for way, works in network.ipv6_reach.items()},
        )
        for name, network in args.stack.networks.items()
    }
    probes = plan(
        ends,
        {name: carrier.reach for name, carrier in carried.items()},
        {name: target.address for name, target in hosts.items() if is_ipv4(target.address)},
        published(args.containers),
        promises(args.settings, args.containers),
        reach6={name: carrier.reach6 for name, carrier in carried.items()},
    )
    return Request(
        any_host.ssh_config, any_host.scripts_folder, hosts, probes,
        args.settings.strict, carriers, carried, ends, links(args, hosts),
        args.settings.image or "",
    )  # fmt: skip


def links(args: ReachabilityArgs, hosts: Mapping[str, Target]) -> list[HostLink]:
    """What carries the networks on each host that has them."""
    stack = pulumi.get_stack()
    return [
        network.link_on(name, host, stack=stack, address=hosts[host].address)
        for name, network in args.stack.networks.items()
        for host in network.on(list(hosts))
    ]


def endpoints(
    containers: Mapping[str, Container], addresses: Mapping[str, Sequence[tuple[str, str]]]
) -> list[Endpoint]:
    """Every container on every network of the stack that it joins."""
    return [
        Endpoint(one.docker_name, one.args.settings.host, network, address)
        for key, one in containers.items()
        for network, address in addresses[key]
        if not one.args.ends and network in one.args.settings.attachments() and is_ip(address)
    ]


def published(containers: Mapping[str, Container]) -> list[Published]:
    """The TCP ports that are to be reached from other hosts, or not."""
    found: list[Published] = []
    for one in containers.values():
        address = one.args.host.endpoint.address
        for port in one.args.settings.ports:
            if one.args.ends:
                continue
            if port.protocol != "tcp" or port.published is None or not is_ipv4(address):
                continue
            bound = str(port.host_ip or "0.0.0.0")  # noqa: S104
            everywhere = bound in ("0.0.0.0", address)  # noqa: S104
            if everywhere or bound.startswith("127."):
                found.append(
                    Published(
                        one.docker_name, one.args.settings.host, address,
                        int(port.published), everywhere,
                    )
                )  # fmt: skip
    return found


def promises(settings: ProveSettings, containers: Mapping[str, Container]) -> list[Promise]:
    """The user's own, with Docker's names of the containers."""
    return [
        Promise(
            containers[one.source].docker_name,
            containers[one.to].docker_name,
            one.port or 0,
            one.reach,
        )
        for one in settings.promises
        if one.source in containers and one.to in containers
    ]
