"""The WireGuard keys of hosts: each makes its own, and only the public ones leave them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_command as command

from components.host import Host
from planning import records
from planning.facts import HostFacts
from planning.facts.wireguard import WireGuardKey
from planning.interruption_text import interrupted
from planning.wireguard import public_key


def make(host: Host, network: str, *, parent: pulumi.Resource) -> command.remote.Command:
    """The key of a host for a network; its stdout is the public one."""
    seen = _seen(host, network)
    stdin = records.text(
        "",
        record=host.record(f"wireguard/{network}"),
        intact=seen is not None and seen.state == "intact",
        header={"network": network},
    )
    return host.change(
        f"{network}-key", "wireguard-key.sh", stdin, parent=parent, output_changes=True
    )


def news(host: Host, network: str) -> str | None:
    """A sentence where up puts another key in use than the host has now."""
    seen = _seen(host, network)
    if seen is None or seen.state == "intact":
        return None
    by_hand = ", which was put there by hand," if seen.state == "changed" else ""
    what = f"another WireGuard key of {network}{by_hand} comes into use"
    return interrupted(host.host_name, what, "know it")


def _seen(host: Host, network: str) -> WireGuardKey | None:
    return host.facts.wireguard_keys.get(network) if isinstance(host.facts, HostFacts) else None


def public_keys(
    keys: Mapping[str, command.remote.Command], addresses: Mapping[str, str]
) -> pulumi.Output[dict[str, str]]:
    """Address of a host -> its public key. ``addresses``: of hosts. What a host says is checked."""

    def checked(printed: Sequence[str]) -> dict[str, str]:
        of: dict[str, str] = {}
        for host, text in zip(keys, printed, strict=True):
            try:
                key = public_key(text.strip())
            except ValueError as error:
                raise pulumi.RunError(f"what {host} has for a public key is {error}") from None
            if key in of:
                raise pulumi.RunError(
                    f"{of[key]} and {host} have the same WireGuard key: run `python -m crosshost "
                    f"rotate-keys -s {pulumi.get_stack()}` and this again"
                )
            of[key] = host
        return {addresses[host]: key for key, host in of.items()}

    return pulumi.Output.all(*(key.stdout for key in keys.values())).apply(checked)
