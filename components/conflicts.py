"""What an earlier up made and is in the way of what is wanted now is removed before all else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import pulumi
import pulumi_command as command

from components import conflict_removal
from components.connected_host import ScriptedHost
from components.container.settings import ContainerSettings
from components.dns.component import servers
from components.dns.settings import DnsSettings
from components.host import Host, without_conflicts
from components.networks import STRATEGIES
from components.networks.base import Stack
from planning import conflicts, removal_text
from planning.conflicts import Claim, ControlPlane, Item
from planning.facts import HostFacts


def wanted_items(stack: Stack) -> list[Item]:
    """Everything of Docker's that the stack wants, with what it holds."""
    of_networks = [item for strategy in STRATEGIES for item in strategy.items(stack)]
    containers = {**stack.containers, **servers(stack, stack.section(DnsSettings))}
    return [*of_networks, *(_item(key, one, stack) for key, one in containers.items())]


def _item(key: str, container: ContainerSettings, stack: Stack) -> Item:
    """A container, with the addresses that are planned for it."""
    item = container.item(key)
    planned = {
        Claim("address", network, str(address))
        for network in container.attachments()
        if (address := stack.networks[network].address_on(container.host, item.name)) is not None
    }
    return replace(item, claims=item.claims | planned)


def remove_conflicts(
    hosts: Mapping[str, ScriptedHost],
    wanted: Sequence[Item],
    planes: Mapping[str, ControlPlane],
    max_unavailable: int,
    first: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Host]:
    """The hosts, after one command on the controller that removes what is in the way.

    ``planes``: host -> the control plane of its overlays. ``max_unavailable``: how many daemons may
    be restarted at once, to leave a cluster store. ``first``: ID of what goes, too -> why.
    Where nothing is in the way nothing changes.
    """
    facts = {name: h.facts for name, h in hosts.items() if isinstance(h.facts, HostFacts)}
    stack = pulumi.get_stack()
    removal = conflicts.removal(wanted, facts, stack, planes, first)
    config = next(iter(hosts.values())).ssh_config
    targets = {name: host.ssh_target for name, host in hosts.items()}
    text = removal_text.stamp_line(stack, config, max_unavailable)
    run = f"exec python3 -m {conflict_removal.__name__}"
    resource = command.local.Command(
        "conflicts",
        create=run,
        update=run,
        stdin=text + removal_text.lines(removal, targets, facts),
        add_previous_output_in_env=False,
        logging=command.local.Logging.NONE,
        opts=pulumi.ResourceOptions(
            depends_on=[host.scripts for host in hosts.values()],
            ignore_changes=None if removal else ["stdin"],
        ),
    )
    for sentence in removal_text.sentences(removal, max_unavailable):
        pulumi.log.warn(sentence, resource=resource)
    return without_conflicts(hosts, resource)
