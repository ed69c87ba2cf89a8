"""Who may reach the ports that the engines of overlays need of each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from typing import Literal

import pulumi
import pulumi_command as command
from pydantic import Field, field_validator

from components.host import Host
from components.networks import STRATEGIES
from components.networks.base import Stack
from planning import guard, records
from planning.facts import HostFacts
from planning.field_types import Subnet
from planning.fleet_facts import FleetFacts
from planning.guard import AccessPlan
from planning.problems import Problem
from planning.sections import NETWORKS
from planning.stack_model import StackModel


class FirewallSettings(StackModel):
    """`crosshost:firewall`: who may reach the ports that the engines of overlays need."""

    mode: Literal["guard", "off"] = Field(
        default="guard",
        description="guard: rules on each host let in the stack's own hosts only; off: none are made",
    )
    allow: list[Subnet] = Field(
        default=[],
        description="Addresses and subnets that count as hosts, e.g. what NAT makes of a host's own",
    )

    @field_validator("mode", mode="before")
    @classmethod
    def off_is_a_word(cls, mode: object) -> object:
        return "off" if mode is False else mode  # as YAML 1.1 reads it

    @classmethod
    def of(cls, stack: Stack) -> FirewallSettings:
        """The section of a stack, with its defaults where the file has none."""
        return stack.section(cls) or cls()


class Firewall(pulumi.ComponentResource):
    """Rules on each host that keep strangers from what its engine tells its peers.

    They are there before a host's engine joins its peers, on all of them, and what a host that
    leaves may do is taken away after it has left: a change makes the new rules beside the old ones,
    which Pulumi undoes at the end, after all that waited for them.
    """

    def __init__(
        self,
        name: str,
        settings: FirewallSettings,
        hosts: Mapping[str, Host],
        planned: AccessPlan,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(
            "crosshost:firewall:Firewall", name, settings.model_dump(mode="json"), opts
        )
        self._news: dict[str, str] = {}
        self.changes = {
            host: self._change(one, content, planned)
            for host, one in hosts.items()
            if (content := guard.lines(host, planned.rules, planned.bridges))
        }
        for sentence in guard.describe(self._news, planned.names):
            pulumi.log.info(sentence, resource=self)
        self.register_outputs({})

    @property
    def before(self) -> list[pulumi.Resource]:
        """What must be there before an engine meets its peers."""
        return list(self.changes.values())

    def _change(self, host: Host, content: str, planned: AccessPlan) -> command.remote.Command:
        facts = host.facts if isinstance(host.facts, HostFacts) else None
        record = host.record(guard.CHANGE)
        if record is not None and not planned.whole:
            content = records.body(record)
        intact = facts is not None and (facts.guard == "intact" or facts.hides("guard"))
        stdin, since = guard.stdin(content, planned.strangers, record=record, intact=intact)
        if facts is not None and stdin != record:
            if record is None or records.body(record) != content:
                self._news[host.host_name] = content
            else:
                pulumi.log.warn(
                    f"{host.host_name}: the rules that keep strangers from its engine's ports are "
                    "gone or were changed: up makes them again",
                    resource=self,
                )
        return host.change(guard.CHANGE, "firewall.sh", stdin, parent=self, generation=since)


def make_firewall(stack: Stack, fleet: FleetFacts, hosts: Mapping[str, Host]) -> Firewall | None:
    """The rules that the networks need, None where they are not wanted or nothing needs them."""
    settings = FirewallSettings.of(stack)
    planned = plan(stack, fleet)
    if settings.mode == "off" or planned is None:
        return None
    return Firewall("firewall", settings, hosts, planned)


def plan(stack: Stack, fleet: FleetFacts) -> AccessPlan | None:
    """Who may reach which ports of the hosts of a settled stack; None where nothing needs any."""
    allow = [str(subnet) for subnet in FirewallSettings.of(stack).allow]
    found = [strategy.access(stack, fleet, allow) for strategy in STRATEGIES]
    needed = [one for one in found if one is not None]
    return reduce(AccessPlan.__add__, needed) if needed else None


def problems(stack: Stack) -> Iterator[Problem]:
    """Networks of a stack file that cannot be without the rules."""
    if FirewallSettings.of(stack).mode == "off":
        for name, network in stack.networks.items():
            if network.no_open_ports is not None:
                yield Problem(
                    (NETWORKS, name),
                    f"with `crosshost:firewall: {{mode: off}}` {network.no_open_ports}: take one of the "
                    "two out",
                )


def refusals(settings: FirewallSettings, host: str, facts: HostFacts) -> Iterator[str]:
    """Sentences why a host cannot guard its ports."""
    unusable = facts.firewall.iptables is None and not facts.hides("iptables")
    if settings.mode == "guard" and facts.uid == 0 and unusable:
        yield (
            f"{host} has no iptables that works, which Docker and the guard of its ports need: "
            "install it, or write `crosshost:firewall: {mode: off}`"
        )
