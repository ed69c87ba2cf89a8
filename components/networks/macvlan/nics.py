"""Modes of the hosts' network interfaces: one resource for each, however many networks need it."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_command as command

from components.host import Host
from planning import records
from planning.facts import HostFacts

# What each macvlan network had of its own before, under which the resource is found again.
_NETWORK = "crosshost:networks:MacvlanNetwork"


class Nics:
    """The NICs that are promiscuous, each once, by host and name.

    ``wanted``: host -> NIC -> the networks that need it -> their parent.
    """

    def __init__(self, wanted: Mapping[str, Mapping[str, Mapping[str, str]]]) -> None:
        self._wanted = wanted
        self._made: dict[tuple[str, str], command.remote.Command] = {}

    def promiscuous(self, host: Host, nic: str) -> command.remote.Command:
        """The NIC of a host in promiscuous mode."""
        place = (host.host_name, nic)
        if place not in self._made:
            self._made[place] = _promiscuous(host, nic, self._wanted[host.host_name][nic])
        return self._made[place]


def physical(parent: str) -> str:
    """The NIC that frames for a macvlan parent come in by: ens33 for its VLAN ens33.20.

    What the NIC lets in, the VLAN gets.
    """
    return parent.partition(".")[0]


def _promiscuous(host: Host, nic: str, parents: Mapping[str, str]) -> command.remote.Command:
    # The version before set the mode on a VLAN's interface: there it stays.
    before = {parent for parent in parents.values() if host.record(f"nic/{parent}") is not None}
    named = before.pop() if len(before) == 1 and nic not in before else nic
    facts = host.facts
    # What could not be read is not taken for drift.
    on = (
        isinstance(facts, HostFacts)
        and "nic" not in facts.unkept
        and ("links" in facts.unread or (named in facts.nics and facts.nics[named].promiscuous))
    )
    stdin = records.text(
        "",
        record=host.record(f"nic/{named}"),
        intact=on,
        header={"nic": named, "promiscuous": "on"},
    )
    aliases = [
        pulumi.Alias(
            name=f"{network}-{parent}@{host.host_name}", parent=pulumi.create_urn(network, _NETWORK)
        )
        for network, parent in parents.items()
    ]
    return host.change(
        f"promiscuous-{nic}", "nic.sh", stdin, parent=host.component, aliases=aliases
    )
