"""Who guards the host's ports."""

from __future__ import annotations

from typing import Self

from planning.facts.base import Facts, Topic
from planning.facts.printed import Printed
from planning.facts.units import active, shown_units


class Firewall(Facts):
    """Who guards the ports. None is "cannot be read"; what the host has not is None, too."""

    ufw: bool | None = None
    """Whether ufw is switched on."""
    firewalld: bool | None = None
    """Whether firewalld runs."""
    iptables: str | None = None
    """What `iptables -S` prints."""
    iptables_legacy: str | None = None
    """What `iptables-legacy -S` prints, where that is another command."""
    nft: str | None = None
    """What `nft -j list ruleset` prints."""


class FirewallTopic(Topic):
    """Who guards the host's ports."""

    firewall: Firewall = Firewall()
    """The host's own rules."""
    guard: str | None = None
    """Whether the rules of components/scripts/firewall.sh are as it made them ("intact", "changed");
    None where it made none.
    """

    @classmethod
    def read(cls, printed: Printed) -> Self:
        return cls(
            firewall=Firewall(
                ufw=printed.flag("ufw"),
                firewalld=active(shown_units(printed), "firewalld.service"),
                iptables=printed.text("iptables"),
                iptables_legacy=printed.text("iptables_legacy"),
                nft=printed.text("nft"),
            ),
            guard={"intact": "intact", "changed": "changed"}.get(printed.one("guard") or ""),
        )
