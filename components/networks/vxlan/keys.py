"""The WireGuard keys of hosts: each makes its own, and only the public ones leave them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_command as command

from components.host import Host
from planning import records
from planning.facts import HostFacts
from planning.wireguard import public_key


def make(host: Host, network: str, *, parent: pulumi.Resource) -> command.remote.Command:
    """The key of a host for a network; its stdout is the public one."""
    facts = host.facts
    seen = facts.wireguard_keys.get(network) if isinstance(facts, HostFacts) else None
    stdin = records.text(
        "",
        record=host.record(f"wireguard/{network}"),
        intact=seen is not None and seen.state == "intact",
        header={"network": network},
    )
    if seen is not None and seen.state == "changed":
        pulumi.log.warn(
            f"{host.host_name}: its WireGuard key for {network} was changed by hand: up tells its peers",
            resource=parent,
        )
    return host.change(
        f"{network}-key", "wireguard-key.sh", stdin, parent=parent, output_changes=True
    )


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
